// Finds each record's nearest few by an inverted index over words and 4-grams.
#include "intelligence/matching/blocking.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <unordered_map>

#include "base/parallel.hpp"

namespace sinan::matching {
namespace {

constexpr std::size_t kBlock = 256;
constexpr std::size_t kGram = 4;
constexpr double kGramShare = 0.5;          // weight of a 4-gram beside a word's
constexpr std::size_t kMaxVisits = 4000;    // others looked at for one record, through its rarest features first
constexpr std::size_t kQueryFeatures = 64;  // the rarest features of a record that look for others

std::uint64_t hash(std::string_view text, std::uint64_t seed) {
  std::uint64_t h = 0xcbf29ce484222325ULL ^ (seed * 0x9E3779B97F4A7C15ULL);
  for (char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h ^ (h >> 29U);
}

// Words of every kind, and 4-grams of the letters, by which words with a typing error or split differently still meet.
void add_features(Kind kind, const std::string& value, std::vector<std::pair<std::uint64_t, float>>& out) {
  if (value.empty()) return;
  bool text = kind == Kind::kText || kind == Kind::kPerson || kind == Kind::kCompany || kind == Kind::kAddress;
  if (kind == Kind::kNumber) return;
  if (!text) {
    out.emplace_back(hash(value, static_cast<std::uint64_t>(kind)), 1.0F);
    return;
  }
  std::string letters;
  for (const std::string& word : words(value)) {
    out.emplace_back(hash(word, 0), 1.0F);
    letters += word;
  }
  for (std::size_t i = 0; i + kGram <= letters.size(); ++i)
    out.emplace_back(hash(std::string_view(letters).substr(i, kGram), 1), static_cast<float>(kGramShare));
}

struct Index {
  std::vector<Features> rows;                        // unit vectors, by row
  std::vector<std::vector<std::uint32_t>> postings;  // rows by feature
  std::vector<std::vector<float>> weights;           // beside postings
};

Index build(const Records& records, const Normalized& normalized, unsigned threads) {
  std::size_t n = records.size();
  std::vector<std::vector<std::pair<std::uint64_t, float>>> raw(n);
  parallel(n, threads, [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      auto& features = raw[row];
      for (std::size_t f = 0; f < records.fields.size(); ++f) add_features(records.fields[f].kind, normalized.normal[f][row], features);
      std::sort(features.begin(), features.end());
      features.erase(std::unique(features.begin(), features.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
                     features.end());
    }
  });
  std::unordered_map<std::uint64_t, std::uint32_t> ids;
  std::vector<std::uint32_t> counts;
  for (const auto& features : raw) {
    for (const auto& [key, weight] : features) {
      auto [it, fresh] = ids.emplace(key, static_cast<std::uint32_t>(counts.size()));
      if (fresh) counts.push_back(0);
      ++counts[it->second];
    }
  }
  Index index;
  index.rows.resize(n);
  parallel(n, threads, [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      double length = 0;
      Features& features = index.rows[row];
      for (const auto& [key, weight] : raw[row]) {
        std::uint32_t id = ids.find(key)->second;
        if (counts[id] < 2) {
          // Nobody shares it; it only makes the record longer.
          double idf = std::log(1 + static_cast<double>(n));
          length += static_cast<double>(weight * weight) * idf * idf;
          continue;
        }
        double idf = std::log(1 + static_cast<double>(n) / counts[id]);
        features.push_back({id, static_cast<float>(weight * idf)});
        length += static_cast<double>(weight * weight) * idf * idf;
      }
      auto scale = static_cast<float>(length > 0 ? 1 / std::sqrt(length) : 0);
      for (Feature& feature : features) feature.weight *= scale;
      std::sort(features.begin(), features.end(), [](const Feature& a, const Feature& b) { return a.id < b.id; });
    }
  });
  std::size_t most = std::max<std::size_t>(100, n / 50);
  index.postings.resize(counts.size());
  index.weights.resize(counts.size());
  for (std::uint32_t row = 0; row < n; ++row) {
    for (const Feature& feature : index.rows[row]) {
      if (counts[feature.id] > most) continue;
      index.postings[feature.id].push_back(row);
      index.weights[feature.id].push_back(feature.weight);
    }
  }
  return index;
}

struct Near {
  float similarity;
  std::uint32_t row;
  bool operator<(const Near& other) const { return similarity != other.similarity ? similarity > other.similarity : row < other.row; }
};

class Search {
 public:
  Search(const Records& records, const Index& index, const Options& options)
      : records_(records), index_(index), options_(options), sums_(records.size(), 0.0F) {}

  // The nearest rows, best first; features too common for the index still count in the similarity.
  std::vector<Near> nearest(std::uint32_t row) {
    std::vector<Feature> query;
    for (const Feature& feature : index_.rows[row])
      if (!index_.postings[feature.id].empty()) query.push_back(feature);
    std::sort(query.begin(), query.end(),
              [](const Feature& a, const Feature& b) { return a.weight != b.weight ? a.weight > b.weight : a.id < b.id; });
    if (query.size() > kQueryFeatures) query.resize(kQueryFeatures);
    touched_.clear();
    std::size_t visits = 0;
    for (const Feature& feature : query) {
      const auto& rows = index_.postings[feature.id];
      if (visits > 0 && visits + rows.size() > kMaxVisits) continue;
      visits += rows.size();
      const auto& weights = index_.weights[feature.id];
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i] == row || !comparable(row, rows[i])) continue;
        if (sums_[rows[i]] == 0) touched_.push_back(rows[i]);
        sums_[rows[i]] += feature.weight * weights[i];
      }
    }
    std::vector<Near>& found = found_;
    found.clear();
    for (std::uint32_t other : touched_) {
      found.push_back({sums_[other], other});
      sums_[other] = 0;
    }
    std::size_t wide = std::min(found.size(), options_.neighbours * 3);
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(wide), found.end());
    found.resize(wide);
    for (Near& near : found) near.similarity = static_cast<float>(dot(index_.rows[row], index_.rows[near.row]));
    std::sort(found.begin(), found.end());
    return {found.begin(), found.begin() + static_cast<std::ptrdiff_t>(std::min(found.size(), options_.neighbours))};
  }

 private:
  bool comparable(std::uint32_t a, std::uint32_t b) const {
    return options_.relation == Relation::kAny || records_.source.empty() || records_.source[a] != records_.source[b];
  }

  const Records& records_;
  const Index& index_;
  const Options& options_;
  std::vector<float> sums_;
  std::vector<std::uint32_t> touched_;
  std::vector<Near> found_;
};

}  // namespace

void parallel(std::size_t n, unsigned threads, const std::function<void(std::size_t, std::size_t)>& body) {
  in_blocks(n, kBlock, static_cast<int>(threads), nullptr, [&](std::size_t, std::size_t first, std::size_t last) { body(first, last); });
}

Normalized normalize_all(const Records& records, unsigned threads) {
  Normalized out;
  for (std::size_t f = 0; f < records.fields.size(); ++f) {
    auto& column = out.normal.emplace_back(records.size());
    parallel(records.size(), threads, [&](std::size_t first, std::size_t last) {
      for (std::size_t row = first; row < last; ++row) column[row] = normalize(records.fields[f].kind, records.values[f][row]);
    });
  }
  return out;
}

std::vector<Candidate> candidates(const Records& records, const Normalized& normalized, const Options& options) {
  std::size_t n = records.size();
  Index index = build(records, normalized, options.threads);
  std::vector<std::vector<Near>> near(n);
  std::mutex mutex;
  std::vector<std::unique_ptr<Search>> idle;  // each holds a number a record, so they are used again
  parallel(n, options.threads, [&](std::size_t first, std::size_t last) {
    if (options.cancel && options.cancel->cancelled()) return;
    std::unique_ptr<Search> search;
    {
      std::scoped_lock lock(mutex);
      if (!idle.empty()) search = std::move(idle.back()), idle.pop_back();
    }
    if (!search) search = std::make_unique<Search>(records, index, options);
    for (std::size_t row = first; row < last; ++row) near[row] = search->nearest(static_cast<std::uint32_t>(row));
    std::scoped_lock lock(mutex);
    idle.push_back(std::move(search));
  });
  std::vector<Candidate> out;
  for (std::uint32_t row = 0; row < n; ++row) {
    for (std::size_t i = 0; i < near[row].size(); ++i) {
      std::uint32_t other = near[row][i].row;
      bool back = std::any_of(near[other].begin(), near[other].end(), [&](const Near& one) { return one.row == row; });
      if (back && other < row) continue;  // the other one brings it
      bool mutual = i == 0 && !near[other].empty() && near[other].front().row == row;
      out.push_back({std::min(row, other), std::max(row, other), near[row][i].similarity, mutual});
    }
  }
  std::sort(out.begin(), out.end(),
            [](const Candidate& a, const Candidate& b) { return std::tie(a.left, a.right) < std::tie(b.left, b.right); });
  return out;
}

}  // namespace sinan::matching

// Levels of agreement for each kind of value.
#include "intelligence/matching/comparison.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <unordered_map>

namespace sinan::matching {
namespace {

constexpr double kLongWords = 4.5;      // mean words from which a column is compared by its words' weights
constexpr double kCommonShare = 0.005;  // an equal value that more rows than this share says less
constexpr double kCodesShare = 0.3;     // rows with model numbers from which these are compared for themselves

std::int8_t level(double similarity, std::initializer_list<double> bounds) {
  std::int8_t out = 0;
  for (double bound : bounds) out = static_cast<std::int8_t>(out + (similarity >= bound));
  return out;
}

// How often a value occurs decides what agreeing on it is worth.
struct Frequencies {
  std::unordered_map<std::string_view, std::uint32_t> counts;
  double common;

  explicit Frequencies(const std::vector<std::string>& values) : common(std::max(2.5, kCommonShare * static_cast<double>(values.size()))) {
    for (const std::string& value : values)
      if (!value.empty()) ++counts[value];
  }
  bool rare(const std::string& value) const { return counts.find(value)->second <= common; }
};

double short_text_similarity(const std::string& a, const std::string& b) {
  double whole = jaro_winkler(a, b);
  auto left = words(a);
  auto right = words(b);
  if (left.size() < 2 && right.size() < 2) return whole;
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  // Words in another order; words left out.
  double sorted = jaro_winkler(fmt::format("{}", fmt::join(left, " ")), fmt::format("{}", fmt::join(right, " ")));
  std::vector<std::string> shared;
  std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(shared));
  double overlap = static_cast<double>(shared.size()) / static_cast<double>(std::max(left.size(), right.size()));
  return std::max({whole, sorted * 0.99, overlap});
}

Comparator short_text(std::string name, const std::vector<std::string>& values) {
  auto frequencies = std::make_shared<Frequencies>(values);
  return {std::move(name), 6, 1, [&values, frequencies](std::uint32_t left, std::uint32_t right) -> std::int8_t {
            const std::string& a = values[left];
            const std::string& b = values[right];
            if (a.empty() || b.empty()) return kMissingLevel;
            if (a == b) return frequencies->rare(a) ? 5 : 4;
            return level(short_text_similarity(a, b), {0.75, 0.86, 0.93});
          }};
}

// Words of each row with TF-IDF weights, as unit vectors.
struct Weighted {
  std::vector<std::vector<std::pair<std::string, double>>> rows;

  Weighted(const std::vector<std::string>& values, unsigned threads) : rows(values.size()) {
    std::unordered_map<std::string, std::uint32_t> counts;
    parallel(values.size(), threads, [&](std::size_t first, std::size_t last) {
      for (std::size_t row = first; row < last; ++row) {
        auto all = words(values[row]);
        std::sort(all.begin(), all.end());
        all.erase(std::unique(all.begin(), all.end()), all.end());
        for (std::string& word : all) rows[row].emplace_back(std::move(word), 0);
      }
    });
    for (const auto& row : rows)
      for (const auto& [word, weight] : row) ++counts[word];
    auto n = static_cast<double>(values.size());
    parallel(values.size(), threads, [&](std::size_t first, std::size_t last) {
      for (std::size_t row = first; row < last; ++row) {
        double length = 0;
        for (auto& [word, weight] : rows[row]) {
          weight = std::log(1 + n / counts.find(word)->second);
          length += weight * weight;
        }
        for (auto& [word, weight] : rows[row]) weight /= std::sqrt(length);
      }
    });
  }
};

bool nearly(const std::string& a, const std::string& b) {
  constexpr std::size_t kShortest = 4;
  constexpr double kAlike = 0.9;
  return a.size() >= kShortest && b.size() >= kShortest && a[0] == b[0] && jaro_winkler(a, b) >= kAlike;
}

// Soft TF-IDF (Cohen, Ravikumar & Fienberg 2003): words that are nearly equal count by their likeness.
double soft_cosine(const std::vector<std::pair<std::string, double>>& a, const std::vector<std::pair<std::string, double>>& b) {
  double sum = 0;
  std::vector<const std::pair<std::string, double>*> only_a;
  std::vector<const std::pair<std::string, double>*> only_b;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i].first == b[j].first) {
      sum += a[i++].second * b[j++].second;
    } else if (j == b.size() || (i < a.size() && a[i].first < b[j].first)) {
      only_a.push_back(&a[i++]);
    } else {
      only_b.push_back(&b[j++]);
    }
  }
  for (const auto* word : only_a) {
    for (const auto*& other : only_b) {
      if (!other || !nearly(word->first, other->first)) continue;
      sum += word->second * other->second * jaro_winkler(word->first, other->first);
      other = nullptr;
      break;
    }
  }
  return sum;
}

Comparator long_text(std::string name, const std::vector<std::string>& values, unsigned threads) {
  auto weighted = std::make_shared<Weighted>(values, threads);
  return {std::move(name), 8, 2, [&values, weighted](std::uint32_t left, std::uint32_t right) -> std::int8_t {
            if (values[left].empty() || values[right].empty()) return kMissingLevel;
            if (values[left] == values[right]) return 7;
            return level(soft_cosine(weighted->rows[left], weighted->rows[right]), {0.15, 0.3, 0.45, 0.6, 0.75, 0.9});
          }};
}

Comparator exact_or_near(std::string name, const std::vector<std::string>& values) {
  auto frequencies = std::make_shared<Frequencies>(values);
  return {std::move(name), 5, 1, [&values, frequencies](std::uint32_t left, std::uint32_t right) -> std::int8_t {
            const std::string& a = values[left];
            const std::string& b = values[right];
            if (a.empty() || b.empty()) return kMissingLevel;
            if (a == b) return frequencies->rare(a) ? 4 : 3;
            std::size_t distance = edit_distance(characters(a), characters(b));
            return distance <= 1 ? 2 : distance <= 2 ? 1 : 0;
          }};
}

Comparator email(std::string name, const std::vector<std::string>& values) {
  return {std::move(name), 4, 1, [&values](std::uint32_t left, std::uint32_t right) -> std::int8_t {
            const std::string& a = values[left];
            const std::string& b = values[right];
            if (a.empty() || b.empty()) return kMissingLevel;
            if (a == b) return 3;
            std::string local_a = a.substr(0, a.find('@'));
            std::string local_b = b.substr(0, b.find('@'));
            if (local_a == local_b || edit_distance(characters(a), characters(b)) <= 2) return 2;
            return jaro_winkler(local_a, local_b) >= 0.9 ? 1 : 0;
          }};
}

Comparator number(std::string name, const std::vector<std::string>& values) {
  return {std::move(name), 5, 1, [&values](std::uint32_t left, std::uint32_t right) -> std::int8_t {
            if (values[left].empty() || values[right].empty()) return kMissingLevel;
            double a = std::strtod(values[left].c_str(), nullptr);
            double b = std::strtod(values[right].c_str(), nullptr);
            double scale = std::max(std::abs(a), std::abs(b));
            double difference = scale > 0 ? std::abs(a - b) / scale : 0;
            return difference == 0 ? 4 : difference < 0.02 ? 3 : difference < 0.1 ? 2 : difference < 0.3 ? 1 : 0;
          }};
}

// Words that mix letters and digits, or are long numbers, with punctuation inside taken out: "KDL-46XBR4" is kdl46xbr4.
std::vector<std::string> codes_of(std::string_view raw) {
  constexpr std::size_t kShortest = 4;
  std::vector<std::string> out;
  std::string word;
  bool letter = false;
  bool digit = false;
  bool inside = false;  // punctuation between letters or digits
  auto end_word = [&] {
    if (word.size() >= kShortest && digit && (letter || (!inside && word.size() > kShortest))) out.push_back(word);
    word.clear();
    letter = digit = inside = false;
  };
  for (char c : raw) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte)) {
      word += static_cast<char>(std::tolower(byte));
      letter = letter || std::isalpha(byte);
      digit = digit || std::isdigit(byte);
    } else if (c == '-' || c == '.') {
      inside = true;
    } else {
      end_word();
    }
  }
  end_word();
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::int8_t code_level(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return kMissingLevel;
  std::int8_t best = 0;
  for (const std::string& x : a) {
    for (const std::string& y : b) {
      if (x == y) return 3;
      const std::string& shorter = x.size() < y.size() ? x : y;
      const std::string& longer = x.size() < y.size() ? y : x;
      if (longer.starts_with(shorter)) best = std::max<std::int8_t>(best, 2);
      if (best < 1 && shorter.size() > 5 && edit_distance(characters(x), characters(y)) <= 1) best = 1;
    }
  }
  return best;
}

std::optional<Comparator> model_numbers(const Records& records, const std::vector<std::size_t>& long_fields) {
  auto codes = std::make_shared<std::vector<std::vector<std::string>>>(records.size());
  std::size_t with = 0;
  for (std::size_t row = 0; row < records.size(); ++row) {
    for (std::size_t f : long_fields)
      for (std::string& code : codes_of(records.values[f][row])) (*codes)[row].push_back(std::move(code));
    with += !(*codes)[row].empty();
  }
  if (static_cast<double>(with) < kCodesShare * static_cast<double>(records.size())) return std::nullopt;
  return Comparator{"model numbers", 4, 1,
                    [codes](std::uint32_t left, std::uint32_t right) { return code_level((*codes)[left], (*codes)[right]); }};
}

double mean_words(const std::vector<std::string>& values) {
  std::size_t count = 0;
  std::size_t filled = 0;
  for (const std::string& value : values) {
    if (value.empty()) continue;
    ++filled;
    count += words(value).size();
  }
  return filled ? static_cast<double>(count) / static_cast<double>(filled) : 0;
}

}  // namespace

std::vector<Comparator> comparators(const Records& records, const Normalized& normalized, unsigned threads) {
  std::vector<Comparator> out;
  std::vector<std::size_t> long_fields;
  for (std::size_t f = 0; f < records.fields.size(); ++f) {
    const auto& values = normalized.normal[f];
    const std::string& name = records.fields[f].name;
    if (std::all_of(values.begin(), values.end(), [](const std::string& value) { return value.empty(); })) continue;
    switch (records.fields[f].kind) {
      case Kind::kEmail: out.push_back(email(name, values)); break;
      case Kind::kNumber: out.push_back(number(name, values)); break;
      case Kind::kPhone:
      case Kind::kCode:
      case Kind::kDate: out.push_back(exact_or_near(name, values)); break;
      default:
        if (mean_words(values) > kLongWords) {
          out.push_back(long_text(name, values, threads));
          long_fields.push_back(f);
        } else {
          out.push_back(short_text(name, values));
        }
    }
  }
  if (!long_fields.empty())
    if (auto codes = model_numbers(records, long_fields)) out.push_back(std::move(*codes));
  return out;
}

}  // namespace sinan::matching

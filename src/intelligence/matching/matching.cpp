// The way from records to pairs and clusters.
#include "intelligence/matching/matching.hpp"

#include <algorithm>
#include <limits>

#include "intelligence/matching/clustering.hpp"
#include "intelligence/matching/comparison.hpp"
#include "intelligence/matching/fellegi_sunter.hpp"

namespace sinan::matching {
namespace {

constexpr std::size_t kRandomPairs = 20'000;

Status check_shape(const Records& records) {
  if (records.fields.size() != records.values.size()) return fail(ErrorCode::kInvalidInput, "as many columns are needed as fields");
  for (const auto& column : records.values)
    if (column.size() != records.size()) return fail(ErrorCode::kInvalidInput, "all columns must have the same number of rows");
  if (!records.source.empty() && records.source.size() != records.size())
    return fail(ErrorCode::kInvalidInput, "every row needs a source, or none");
  if (records.size() >= std::numeric_limits<std::uint32_t>::max()) return fail(ErrorCode::kLimit, "more than 4,000 million rows");
  return {};
}

// Pairs that are each other's nearest and nearer than half of such pairs are a fair first guess of what matches.
std::vector<double> first_guess(const std::vector<Candidate>& pairs) {
  std::vector<float> mutual;
  for (const Candidate& pair : pairs)
    if (pair.mutual) mutual.push_back(pair.similarity);
  float middle = 0;
  if (!mutual.empty()) {
    auto half = mutual.begin() + static_cast<std::ptrdiff_t>(mutual.size() / 2);
    std::nth_element(mutual.begin(), half, mutual.end());
    middle = *half;
  }
  std::vector<double> out;
  for (const Candidate& pair : pairs) out.push_back(pair.mutual && pair.similarity >= middle ? 0.95 : 0.05);
  return out;
}

LevelTable compare(const std::vector<Comparator>& comparators, const std::vector<Candidate>& pairs, unsigned threads) {
  LevelTable out;
  out.pairs = pairs.size();
  for (const Comparator& comparator : comparators) {
    out.counts.push_back(comparator.levels);
    auto& levels = out.levels.emplace_back(pairs.size());
    parallel(pairs.size(), threads, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) levels[i] = comparator.compare(pairs[i].left, pairs[i].right);
    });
  }
  return out;
}

// Pairs taken at random, the same every time.
std::vector<Candidate> random_pairs(const Records& records, const Options& options, std::size_t wanted) {
  std::vector<Candidate> out;
  auto n = static_cast<std::uint64_t>(records.size());
  std::uint64_t state = 0x9E3779B97F4A7C15ULL;
  auto next = [&] {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state >> 33U) % n);
  };
  for (std::size_t tries = 0; n > 1 && out.size() < wanted && tries < 4 * wanted; ++tries) {
    std::uint32_t a = next();
    std::uint32_t b = next();
    bool across = options.relation == Relation::kAny || records.source.empty() || records.source[a] != records.source[b];
    if (a != b && across) out.push_back({std::min(a, b), std::max(a, b), 0, false});
  }
  return out;
}

double number_of_pairs(const Records& records, const Options& options) {
  auto n = static_cast<double>(records.size());
  double all = n * (n - 1) / 2;
  if (options.relation == Relation::kAny || records.source.empty()) return all;
  std::map<std::uint32_t, double> sizes;
  for (std::uint32_t source : records.source) sizes[source] += 1;
  for (const auto& [source, size] : sizes) all -= size * (size - 1) / 2;
  return all;
}

// Candidates are alike by choice, so that even among strangers learning finds some group that looks more alike than the rest: people of
// one family name. True matches agree in most of what can be compared; a group that does not is none of matches.
bool is_of_matches(const Weights& weights) {
  constexpr double kMostDisagreement = 0.4;
  double disagreement = 0;
  for (const auto& m : weights.m) disagreement += m[0];
  return weights.m.empty() || disagreement / static_cast<double>(weights.m.size()) <= kMostDisagreement;
}

// Weights for when nothing could be learnt: what matches usually show against what pairs taken at random show, with few matches as the
// prior: where they are many, they are learnt from.
Weights usual_weights(const LevelTable& at_random, const Records& records, const Options& options) {
  constexpr double kDisagree = 0.05;
  constexpr double kMatchesPerRecord = 0.01;
  Weights out;
  out.u = level_shares(at_random);
  out.share =
      std::clamp(kMatchesPerRecord * static_cast<double>(records.size()) / std::max(2.0, number_of_pairs(records, options)), 1e-9, 0.5);
  for (const auto& u : out.u) {
    // Each level twice as frequent as the one below it.
    auto& m = out.m.emplace_back(u.size());
    double total = std::exp2(static_cast<double>(u.size())) - 2;
    m[0] = kDisagree;
    for (std::size_t level = 1; level < m.size(); ++level) m[level] = (1 - kDisagree) * std::exp2(static_cast<double>(level)) / total;
  }
  return out;
}

// Where there is more to compare, one field alone proves little: two firms at one address, two people of one name.
void doubt_thin_evidence(const std::vector<Comparator>& comparators, const LevelTable& table, std::vector<double>& probability) {
  constexpr std::size_t kFields = 3;
  constexpr double kDoubtful = 0.4;
  if (table.levels.size() < kFields) return;
  for (std::size_t pair = 0; pair < table.pairs; ++pair) {
    int evidence = 0;
    for (std::size_t f = 0; f < comparators.size(); ++f)
      if (table.levels[f][pair] != kMissingLevel) evidence += comparators[f].evidence;
    if (evidence < 2) probability[pair] = std::min(probability[pair], kDoubtful);
  }
}

// Known pairs take the place of estimated ones.
void add_known(const std::vector<Pair>& known, std::vector<Pair>& pairs, std::vector<float>& order) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> at;
  for (std::size_t i = 0; i < pairs.size(); ++i) at[{pairs[i].left, pairs[i].right}] = i;
  for (const Pair& pair : known) {
    auto [it, fresh] = at.emplace(std::pair(std::min(pair.left, pair.right), std::max(pair.left, pair.right)), pairs.size());
    if (fresh) {
      pairs.push_back({it->first.first, it->first.second, pair.probability});
      order.push_back(1);
    } else {
      pairs[it->second].probability = std::max(pairs[it->second].probability, pair.probability);
    }
  }
}

}  // namespace

Result<Matches> match(const Records& records, const Options& options) {
  SINAN_CHECK(check_shape(records));
  auto stop = [&]() -> Status { return options.cancel ? options.cancel->check() : Status{}; };
  Matches out;
  Normalized normalized = normalize_all(records, options.threads);
  SINAN_CHECK(stop());
  std::vector<Candidate> found = candidates(records, normalized, options);
  SINAN_CHECK(stop());
  auto comparisons = comparators(records, normalized, options.threads);
  LevelTable table = compare(comparisons, found, options.threads);
  SINAN_CHECK(stop());
  Weights weights = learn(table, first_guess(found));
  if (!is_of_matches(weights)) {
    LevelTable at_random = compare(comparisons, random_pairs(records, options, kRandomPairs), options.threads);
    weights = usual_weights(at_random, records, options);
  }
  std::vector<double> probability = probabilities(table, weights);
  doubt_thin_evidence(comparisons, table, probability);

  out.candidates = found.size();
  out.share = weights.share;
  for (std::size_t f = 0; f < comparisons.size(); ++f) out.model.push_back({comparisons[f].name, weights.m[f], weights.u[f]});
  std::vector<Pair> pairs;
  std::vector<float> order;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (probability[i] < options.threshold) continue;
    pairs.push_back({found[i].left, found[i].right, std::min(probability[i], 1 - 1e-9)});
    order.push_back(found[i].similarity);
  }
  add_known(options.known, pairs, order);
  if (options.relation == Relation::kOneToOne && !records.source.empty()) pairs = one_to_one(pairs, order, records.source);
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return std::tie(a.left, a.right) < std::tie(b.left, b.right); });
  out.cluster = cluster(records.size(), pairs);
  out.pairs = std::move(pairs);
  return out;
}

}  // namespace sinan::matching

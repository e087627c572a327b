// Learns Fellegi–Sunter weights by expectation-maximisation.
#include "intelligence/matching/fellegi_sunter.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace sinan::matching {
namespace {

constexpr int kMaxRounds = 200;
constexpr double kStill = 1e-6;
constexpr double kPrior = 2;  // pairs that each field is taken to have shown before: agreement among matches, disagreement among others

// Distinct vectors of levels, with how many pairs show each.
struct Patterns {
  std::vector<std::vector<std::int8_t>> vectors;
  std::vector<double> counts;
  std::vector<std::uint32_t> of_pair;
};

Patterns compress(const LevelTable& table) {
  Patterns out;
  out.of_pair.resize(table.pairs);
  std::map<std::vector<std::int8_t>, std::uint32_t> known;
  std::vector<std::int8_t> one(table.levels.size());
  for (std::size_t pair = 0; pair < table.pairs; ++pair) {
    for (std::size_t f = 0; f < one.size(); ++f) one[f] = table.levels[f][pair];
    auto [it, fresh] = known.emplace(one, static_cast<std::uint32_t>(out.vectors.size()));
    if (fresh) {
      out.vectors.push_back(one);
      out.counts.push_back(0);
    }
    out.counts[it->second] += 1;
    out.of_pair[pair] = it->second;
  }
  return out;
}

double probability(const std::vector<std::int8_t>& levels, const Weights& weights) {
  double odds = std::log(weights.share) - std::log1p(-weights.share);
  for (std::size_t f = 0; f < levels.size(); ++f)
    if (levels[f] >= 0) {
      auto level = static_cast<std::size_t>(levels[f]);
      odds += std::log(weights.m[f][level]) - std::log(weights.u[f][level]);
    }
  return 1 / (1 + std::exp(-odds));
}

// Pools neighbouring levels until m/u does not fall; within a pool both are spread alike, so their sums stay.
void make_monotone(std::vector<double>& m, std::vector<double>& u) {
  struct Pool {
    double m, u;
    std::size_t first, last;
  };
  std::vector<Pool> pools;
  for (std::size_t level = 0; level < m.size(); ++level) {
    pools.push_back({m[level], u[level], level, level});
    while (pools.size() > 1) {
      Pool& last = pools.back();
      Pool& before = pools[pools.size() - 2];
      if (before.m * last.u <= last.m * before.u) break;
      before = {before.m + last.m, before.u + last.u, before.first, last.last};
      pools.pop_back();
    }
  }
  for (const Pool& pool : pools) {
    double total = 0;
    for (std::size_t level = pool.first; level <= pool.last; ++level) total += m[level] + u[level];
    for (std::size_t level = pool.first; level <= pool.last; ++level) {
      double share = (m[level] + u[level]) / total;
      m[level] = pool.m * share;
      u[level] = pool.u * share;
    }
  }
}

Weights maximise(const LevelTable& table, const Patterns& patterns, const std::vector<double>& responsibility) {
  Weights out;
  double matched = 0;
  double all = 0;
  for (std::size_t p = 0; p < patterns.vectors.size(); ++p) {
    matched += patterns.counts[p] * responsibility[p];
    all += patterns.counts[p];
  }
  out.share = std::clamp((matched + 1) / (all + 2), 1e-9, 1 - 1e-9);
  for (std::size_t f = 0; f < table.levels.size(); ++f) {
    auto levels = static_cast<std::size_t>(table.counts[f]);
    std::vector<double> m(levels);
    std::vector<double> u(levels);
    // The prior leans the way a comparison is meant: 1, 2, 3 … upward for matches, downward for others.
    double steps = static_cast<double>(levels * (levels + 1)) / 2;
    for (std::size_t level = 0; level < levels; ++level) {
      m[level] = kPrior * static_cast<double>(level + 1) / steps;
      u[level] = kPrior * static_cast<double>(levels - level) / steps;
    }
    for (std::size_t p = 0; p < patterns.vectors.size(); ++p) {
      std::int8_t level = patterns.vectors[p][f];
      if (level < 0) continue;
      m[static_cast<std::size_t>(level)] += patterns.counts[p] * responsibility[p];
      u[static_cast<std::size_t>(level)] += patterns.counts[p] * (1 - responsibility[p]);
    }
    double sum_m = 0;
    double sum_u = 0;
    for (std::size_t level = 0; level < levels; ++level) sum_m += m[level], sum_u += u[level];
    for (std::size_t level = 0; level < levels; ++level) m[level] /= sum_m, u[level] /= sum_u;
    make_monotone(m, u);
    out.m.push_back(std::move(m));
    out.u.push_back(std::move(u));
  }
  return out;
}

}  // namespace

Weights learn(const LevelTable& table, std::span<const double> start) {
  Patterns patterns = compress(table);
  std::vector<double> responsibility(patterns.vectors.size());
  for (std::size_t pair = 0; pair < table.pairs; ++pair) responsibility[patterns.of_pair[pair]] += start[pair];
  for (std::size_t p = 0; p < responsibility.size(); ++p) responsibility[p] /= patterns.counts[p];
  Weights weights;
  for (int round = 1; round <= kMaxRounds; ++round) {
    weights = maximise(table, patterns, responsibility);
    weights.rounds = round;
    double moved = 0;
    for (std::size_t p = 0; p < responsibility.size(); ++p) {
      double next = probability(patterns.vectors[p], weights);
      moved = std::max(moved, std::abs(next - responsibility[p]));
      responsibility[p] = next;
    }
    if (moved < kStill) break;
  }
  return weights;
}

std::vector<std::vector<double>> level_shares(const LevelTable& table) {
  constexpr double kUnseen = 0.5;
  std::vector<std::vector<double>> out;
  for (std::size_t f = 0; f < table.levels.size(); ++f) {
    auto levels = static_cast<std::size_t>(table.counts[f]);
    auto& shares = out.emplace_back(levels, kUnseen / static_cast<double>(levels));
    double total = kUnseen;
    for (std::int8_t level : table.levels[f])
      if (level >= 0) shares[static_cast<std::size_t>(level)] += 1, total += 1;
    for (double& share : shares) share /= total;
  }
  return out;
}

std::vector<double> probabilities(const LevelTable& table, const Weights& weights) {
  std::vector<double> out(table.pairs);
  std::vector<std::int8_t> one(table.levels.size());
  for (std::size_t pair = 0; pair < table.pairs; ++pair) {
    for (std::size_t f = 0; f < one.size(); ++f) one[f] = table.levels[f][pair];
    out[pair] = probability(one, weights);
  }
  return out;
}

}  // namespace sinan::matching

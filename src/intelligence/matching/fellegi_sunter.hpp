// Fellegi–Sunter record linkage with weights learnt by expectation-maximisation, without labelled pairs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinan::matching {

// Levels of all pairs, field after field: levels[f][pair], -1 where a value is missing. `counts[f]` is the number of levels of field f.
struct LevelTable {
  std::vector<std::vector<std::int8_t>> levels;
  std::vector<int> counts;
  std::size_t pairs = 0;
};

struct Weights {
  std::vector<std::vector<double>> m;  // m[f][level]: how often pairs that match show it
  std::vector<std::vector<double>> u;  // … pairs that do not
  double share = 0;                    // of pairs that match
  int rounds = 0;
};

// Learns from `start`, first guesses of each pair's probability. Fields count as independent given the truth; a missing value says nothing.
// In every round m/u is made to grow with the level (pool adjacent violators), so that more agreement never counts against a match. Stops
// when no probability moves by more than 1e-6, or after 200 rounds. Equal vectors of levels are worked out once.
Weights learn(const LevelTable& table, std::span<const double> start);

// How often each level occurs in `table`, with half a pair spread over the levels of each field: what pairs taken at random show.
std::vector<std::vector<double>> level_shares(const LevelTable& table);

// The probability of each pair under the weights.
std::vector<double> probabilities(const LevelTable& table, const Weights& weights);

}  // namespace sinan::matching

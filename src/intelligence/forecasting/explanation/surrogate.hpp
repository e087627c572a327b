// A surrogate: one small decision tree that imitates what all trees together say, so that people can see the rules (Craven & Shavlik 1996).
#pragma once

#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/learning/boosting.hpp"

namespace sinan::forecasting {

struct Surrogate {
  struct Node {
    std::string feature;     // empty: a leaf
    std::string driver;      // that it tells of; empty: the series' own history
    double threshold = 0;    // a feature at or below it goes left,
    std::vector<int> codes;  // or one of these codes of the driver
    int left = -1, right = -1;
    double score = 0;     // the mean of what the trees say there, on the scale of TreeStep::score
    double share = 0;     // of all rows, 0 … 1
    bool chosen = false;  // the explained series goes through it, at its first step
  };
  std::vector<Node> nodes;  // the root first
  std::size_t rows = 0;     // forecasts that it was learnt from
  double fidelity = 0;      // share of the variance of what the trees say that it has too (R²), on as many forecasts that it has not seen
};

// Forecasts that a tree is learnt from, and judged on, at least.
inline constexpr std::size_t kLeastImitated = 100;

// Of the trees of regular demand, on what they say of all series that have a share of them, from the newest origin and, as if it were then,
// from one horizon before; at most 10 leaves. Nothing where they have no part in series i, or have forecast less than kLeastImitated
// periods. O(series · horizon · trees), sampled to some ten thousand forecasts.
Result<std::optional<Surrogate>> imitate(const Panel& panel, const Options& options, const Forecasts& forecasts, std::size_t i);

}  // namespace sinan::forecasting

// What a regression that series share adds to the median of each series' own models: as far as that made its errors at earlier origins
// smaller, in quarters, none where it gains less than 1 %, and at most half.
#pragma once

#include <map>
#include <optional>

#include "intelligence/forecasting/pool/pooled_regression.hpp"
#include "intelligence/forecasting/run.hpp"

namespace sinan::forecasting {

// By season, 1: none.
struct Pooled {
  PooledRegression early;  // from what came before each series' oldest origin: its errors there can be judged
  PooledRegression all;
  float share = 0;  // in the forecasts of series with that season
};
using PooledBySeason = std::map<int, Pooled>;

// The pooled regressions of the seasons in use, and their shares.
Result<PooledBySeason> learn_pooled(const Run& run, const CancelToken* cancel);
// Mixes them into the medians, and into the errors at earlier origins.
Status blend_pooled(Run& run, const PooledBySeason& pooled, const CancelToken* cancel);

// All that is learnt, as numbers, and back; nothing where they are no such numbers.
std::vector<float> numbers_of(const PooledBySeason& pooled);
std::optional<PooledBySeason> pooled_from(std::span<const float> numbers);

}  // namespace sinan::forecasting

// Cleaning a series and taking its season out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinan::forecasting {

// Replaces missing values (NaN) by the mean of the nearest values of the same phase before and after, or by interpolation when there are
// none; a lost-sales value (`lost[i]` not 0) becomes at least what it would be if it were missing. Leading missing values are dropped.
// `season` 1: plain interpolation.
std::vector<double> cleaned(std::span<const double> y, std::span<const std::uint8_t> lost, int season);

// Whether the autocorrelation at lag m is significant at 90 %, as in the M4 competition's Naive 2: |r_m| > 1.645·sqrt((1 + 2Σr_i²)/n), with
// at least three whole seasons.
bool is_seasonal(std::span<const double> y, int season);
// Autocorrelation at a lag; 0 for constants.
double autocorrelation(std::span<const double> y, int lag);

// Classical decomposition by centred moving averages. Needs two whole seasons.
struct Seasonality {
  int season = 1;               // 1: none
  bool multiplicative = false;  // when all values are positive
  std::vector<double> indices;  // by phase, phase 0 at the first value; mean 1 or 0

  double adjust(double value, std::size_t t) const;   // takes the season out
  double restore(double value, std::size_t t) const;  // puts it back
};
Seasonality decompose(std::span<const double> y, int season);

}  // namespace sinan::forecasting

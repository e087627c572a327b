// Exponential smoothing with additive errors, fitted on a grid of parameters that runs in SIMD lanes.
#pragma once

#include <span>

namespace sinan::forecasting {

// level(t+1) = level + phi·trend + alpha·error; trend(t+1) = phi·trend + beta·error (Hyndman et al. 2008, table 2.2, beta as beta*·alpha).
struct SmoothingState {
  double alpha = 0;
  double beta = 0;
  double phi = 0;
  double level = 0;
  double trend = 0;
  double sse = 0;  // one step ahead, over all values but the first
};

enum class Trend { kNone, kAdditive, kDamped };

// The parameters with the least one-step squared error: a coarse grid, then a finer one around its best. Linear in y.size().
SmoothingState fit_smoothing(std::span<const double> y, Trend trend);

// One pass with given parameters.
SmoothingState run_smoothing(std::span<const double> y, double alpha, double beta, double phi, double level, double trend);

}  // namespace sinan::forecasting

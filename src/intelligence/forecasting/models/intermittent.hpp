// Croston's decomposition of intermittent demand into sizes and intervals, which several models share.
#pragma once

#include <span>

namespace sinan::forecasting {

struct CrostonState {
  double size = 0;      // smoothed size of a demand
  double interval = 1;  // smoothed periods between demands
};

// Croston (1972), sizes and intervals smoothed with the same `alpha`, started at the first demand and the mean interval.
// Values that are not positive count as no demand.
CrostonState run_croston(std::span<const double> y, double alpha);

// The alpha of 0.05, 0.1, 0.15, 0.2, 0.3 with the least one-step squared error of size·factor/interval.
double best_croston_alpha(std::span<const double> y, double bias_of_alpha);

}  // namespace sinan::forecasting

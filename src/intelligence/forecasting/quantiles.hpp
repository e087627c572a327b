// Quantiles of forecasts: pooled standardised errors for series with a level, empirical windows for intermittent ones.
#pragma once

#include "intelligence/forecasting/combination.hpp"

namespace sinan::forecasting {

// The distribution of standardised errors of one class of series, and how errors grow with the step.
struct ErrorPool {
  std::vector<double> growth;    // by step: root mean square of errors / scale
  std::vector<double> standard;  // sorted errors / (scale × own factor × growth)
  double mean_absolute = 0;      // of errors / (scale × growth): what own factors are relative to

  // Quantile of the standardised errors; the normal distribution fills in where the pool is small, and beyond its ends.
  double quantile(double level) const;
};

// `sums`: of errors summed from the first step on. Series that brought no errors are passed over. Deterministic in the set of fits.
ErrorPool pool_errors(const std::vector<const SeriesFit*>& fits, int horizon, bool sums);

// How much larger a series' own errors are than its scale tells, drawn towards 1 when there are few.
double own_factor(const SeriesFit& fit, const ErrorPool& pool, bool sums);

// Quantiles of demand in one period (`window` 1) or summed over a window, from the windows that there were; gamma when there are too few.
std::vector<double> empirical_quantiles(std::span<const double> y, int window, const std::vector<double>& levels);

// The standard normal quantile function (Acklam's rational approximation, relative error below 1.2e-9).
double normal_quantile(double level);

}  // namespace sinan::forecasting

// The pool's combination for one series: weights from errors at rolling origins, and those errors themselves.
#pragma once

#include "intelligence/forecasting/demand_class.hpp"

namespace sinan::forecasting {

// What is known of one series after its point forecast. Errors are actual − forecast.
struct SeriesFit {
  DemandClass demand_class = DemandClass::kShort;
  int season = 1;
  std::string_view model = "naive";
  std::vector<double> point;   // horizon values
  double scale = 0;            // size of one-step errors; 0 for constants
  bool non_negative = false;   // no value below zero in the history
  int steps = 0;               // steps of each origin in `errors`
  std::vector<double> errors;  // origin by origin, in the units of the series
};

// `y` is cleaned; `season` 1 for none. Fills everything but the quantiles.
SeriesFit fit_series(std::span<const double> y, int season, const Options& options);

}  // namespace sinan::forecasting

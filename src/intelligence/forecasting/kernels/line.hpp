// The straight line of least squares through a series.
#pragma once

#include <cstddef>
#include <span>

namespace sinan::forecasting {

struct Line {
  float intercept = 0;  // at t = 0, the first value
  float slope = 0;
};

inline Line fit_line(std::span<const float> y) {
  double n = static_cast<double>(y.size());
  double sum = 0;
  double moment = 0;
  for (std::size_t t = 0; t < y.size(); ++t) {
    sum += y[t];
    moment += y[t] * (static_cast<double>(t) - (n - 1) / 2);
  }
  double slope = y.size() < 2 ? 0 : moment / (n * (n * n - 1) / 12);
  return {static_cast<float>(sum / n - slope * (n - 1) / 2), static_cast<float>(slope)};
}

}  // namespace sinan::forecasting

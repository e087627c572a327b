// The corrected Akaike criterion (Hurvich & Tsai 1989): which of several fits of one history explains it with fewest parameters.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace sinan::forecasting {

// Of a fit with normal errors to n values: `loss` is the sum of squared errors, k counts the parameters, first states and variance among
// them. Infinite where n is too small to tell.
inline double aicc(double loss, double n, double k) {
  if (n - k - 1 <= 0) return std::numeric_limits<double>::infinity();
  return n * std::log(std::max(loss / n, 1e-12)) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

}  // namespace sinan::forecasting

// The logarithm of the gamma function, for several threads at once: std::lgamma writes a sign that all of them share.
#pragma once

#include <cmath>

namespace sinan {

// `x` above zero.
inline double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

}  // namespace sinan

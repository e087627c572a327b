#include "intelligence/forecasting/kernels/incomplete_beta.hpp"

#include <algorithm>
#include <cmath>

#include "base/log_gamma.hpp"

namespace sinan::forecasting {
namespace {

double log_beta_fraction(double a, double b, double x, double precision) {
  constexpr double kTiny = 1e-300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double product = d;
  for (int m = 1; m <= 2'000; ++m) {
    auto turn = [&](double term) {
      d = 1 + term * d;
      c = 1 + term / c;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      if (std::abs(c) < kTiny) c = kTiny;
      product *= d * c;
      return d * c;
    };
    turn(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    if (std::abs(turn(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))) - 1) < precision) break;
  }
  return std::log(product);
}

}  // namespace

double log_incomplete_beta(double a, double b, double x, double precision) {
  if (x <= 0) return -INFINITY;
  if (x >= 1) return 0;
  const double front = a * std::log(x) + b * std::log1p(-x) + log_gamma(a + b) - log_gamma(a) - log_gamma(b);
  if (x < (a + 1) / (a + b + 2)) return front - std::log(a) + log_beta_fraction(a, b, x, precision);
  return std::log1p(-std::min(1.0, std::exp(front - std::log(b) + log_beta_fraction(b, a, 1 - x, precision))));
}

}  // namespace sinan::forecasting

#include "intelligence/forecasting/evaluation/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "base/log_gamma.hpp"

namespace sinan::forecasting {
namespace {

// The continued fraction of the incomplete beta function, by the modified method of Lentz (Thompson & Barnett 1986).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  auto away = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away(1 - (a + b) * x / (a + 1));
  double out = d;
  for (int m = 1; m <= 500; ++m) {
    for (double term : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 / away(1 + term * d);
      c = away(1 + term / c);
      out *= c * d;
    }
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return out;
}

// The regularised incomplete beta function I_x(a, b).
double beta_share(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x));
  return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

}  // namespace

double student_t_upper(double t, double degrees) {
  double half = beta_share(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2;
  return t >= 0 ? half : 1 - half;
}

Comparison compare_losses(std::span<const double> first, std::span<const double> second) {
  Comparison out;
  std::vector<double> d;
  for (std::size_t t = 0; t < std::min(first.size(), second.size()); ++t) {
    if (!std::isfinite(first[t]) || !std::isfinite(second[t])) continue;
    d.push_back(first[t] - second[t]);
    out.first += first[t];
    out.second += second[t];
  }
  out.periods = d.size();
  if (d.empty()) return out;
  const auto n = static_cast<double>(d.size());
  out.first /= n;
  out.second /= n;
  if (d.size() < 3) return out;
  const double mean = out.first - out.second;
  const auto frequencies = static_cast<std::size_t>(std::floor(std::cbrt(n) + 1e-9));
  double variance = 0;
  for (std::size_t j = 1; j <= frequencies; ++j) {
    double cosine = 0;
    double sine = 0;
    for (std::size_t t = 0; t < d.size(); ++t) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(j * t % d.size()) / n;
      cosine += (d[t] - mean) * std::cos(angle);
      sine += (d[t] - mean) * std::sin(angle);
    }
    variance += (cosine * cosine + sine * sine) / n / static_cast<double>(frequencies);
  }
  const double size = std::max(std::abs(out.first), std::abs(out.second));
  if (!(variance > 1e-24 * size * size)) {
    out.statistic = mean == 0 ? 0 : std::copysign(std::numeric_limits<double>::max(), mean);
    out.p = mean > 1e-12 * size ? 0 : 1;
    return out;
  }
  out.statistic = mean / std::sqrt(variance / n);
  out.p = student_t_upper(out.statistic, 2 * static_cast<double>(frequencies));
  return out;
}

}  // namespace sinan::forecasting

#include "intelligence/forecasting/evaluation/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "intelligence/forecasting/kernels/incomplete_beta.hpp"

namespace sinan::forecasting {

double student_t_upper(double t, double degrees) {
  double half = std::exp(log_incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t), 1e-15)) / 2;
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

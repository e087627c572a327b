#include "intelligence/forecasting/quantiles.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::forecasting {
namespace {

constexpr double kPriorErrors = 12;   // own errors count fully beyond a multiple of this
constexpr double kNormalErrors = 40;  // standard errors that the normal distribution is worth

// Calls each(step, error) for all errors of a fit, summed along the steps if asked for.
template <typename Each>
void for_errors(const SeriesFit& fit, bool sums, const Each& each) {
  if (fit.steps == 0) return;
  auto steps = static_cast<std::size_t>(fit.steps);
  for (std::size_t from = 0; from + steps <= fit.errors.size(); from += steps) {
    double sum = 0;
    for (std::size_t h = 0; h < steps; ++h) {
      sum += fit.errors[from + h];
      each(h, sums ? sum : fit.errors[from + h]);
    }
  }
}

double sorted_quantile(const std::vector<double>& sorted, double level) {
  double at = level * static_cast<double>(sorted.size()) - 0.5;
  if (at <= 0) return sorted.front();
  auto below = static_cast<std::size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  double share = at - static_cast<double>(below);
  return sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

// Regular growth where a step has too few errors of its own, and never less than at the step before.
void complete_growth(std::vector<double>& growth, const std::vector<double>& counts, bool sums) {
  double last = sums ? 1 : 1;
  double last_step = 1;
  for (std::size_t h = 0; h < growth.size(); ++h) {
    double step = static_cast<double>(h + 1);
    if (counts[h] >= 3 && growth[h] > 0) {
      growth[h] = std::max(growth[h], last);
      last_step = step;
    } else {
      growth[h] = last * (sums ? step / last_step : std::sqrt(step / last_step));
      continue;
    }
    last = growth[h];
  }
}

// Wilson & Hilferty (1931): a gamma quantile from a normal one.
double gamma_quantile(double mean, double variance, double level) {
  if (mean <= 0) return 0;
  if (variance <= 0) return mean;
  double shape = mean * mean / variance;
  double inner = 1 - 1 / (9 * shape) + normal_quantile(level) / (3 * std::sqrt(shape));
  return inner > 0 ? mean * inner * inner * inner : 0;
}

}  // namespace

double normal_quantile(double p) {
  // Acklam (2003).
  static constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                 1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
                                 -1.328068155288572e+01};
  static constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                 -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00};
  if (p < 0.02425) {
    double q = std::sqrt(-2 * std::log(p));
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) / ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
  }
  if (p > 1 - 0.02425) return -normal_quantile(1 - p);
  double q = p - 0.5;
  double r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

double ErrorPool::quantile(double level) const {
  double normal = normal_quantile(level);
  if (standard.empty()) return normal;
  double count = static_cast<double>(standard.size());
  double edge = std::clamp(level, 1 / (count + 1), count / (count + 1));
  double own = sorted_quantile(standard, edge);
  // Beyond the ends of the pool the tail goes on as a normal one would.
  if (edge != level && normal_quantile(edge) != 0) own *= std::max(1.0, normal / normal_quantile(edge));
  double weight = count / (count + kNormalErrors);
  return weight * own + (1 - weight) * normal;
}

ErrorPool pool_errors(const std::vector<const SeriesFit*>& fits, int horizon, bool sums) {
  ErrorPool pool;
  pool.growth.assign(static_cast<std::size_t>(horizon), 0);
  std::vector<double> counts(pool.growth.size(), 0);
  // Medians of squares would be sturdier, means are what the tails need; each series counts once per error.
  for (const SeriesFit* fit : fits)
    if (fit->scale > 0)
      for_errors(*fit, sums, [&](std::size_t h, double error) {
        double standard = std::min(std::abs(error) / fit->scale, 50.0);
        pool.growth[h] += standard * standard;
        counts[h] += 1;
      });
  for (std::size_t h = 0; h < counts.size(); ++h)
    if (counts[h] > 0) pool.growth[h] = std::sqrt(pool.growth[h] / counts[h]);
  complete_growth(pool.growth, counts, sums);

  std::vector<double> absolute;
  for (const SeriesFit* fit : fits)
    if (fit->scale > 0)
      for_errors(*fit, sums, [&](std::size_t h, double error) { absolute.push_back(std::abs(error) / fit->scale / pool.growth[h]); });
  std::sort(absolute.begin(), absolute.end());
  for (double value : absolute) pool.mean_absolute += value / static_cast<double>(absolute.size());
  for (const SeriesFit* fit : fits) {
    if (!(fit->scale > 0)) continue;
    double factor = own_factor(*fit, pool, sums);
    for_errors(*fit, sums, [&](std::size_t h, double error) { pool.standard.push_back(error / fit->scale / pool.growth[h] / factor); });
  }
  std::sort(pool.standard.begin(), pool.standard.end());
  return pool;
}

double own_factor(const SeriesFit& fit, const ErrorPool& pool, bool sums) {
  if (!(fit.scale > 0) || !(pool.mean_absolute > 0)) return 1;
  double sum = 0;
  double count = 0;
  for_errors(fit, sums, [&](std::size_t h, double error) {
    sum += std::abs(error) / fit.scale / pool.growth[h];
    count += 1;
  });
  // Errors of overlapping origins and neighbouring steps tell the same story: they count as fewer.
  double independent = count / 3;
  double own = count > 0 ? sum / count : 0;
  return (independent * own + kPriorErrors * pool.mean_absolute) / ((independent + kPriorErrors) * pool.mean_absolute);
}

std::vector<double> empirical_quantiles(std::span<const double> y, int window, const std::vector<double>& levels) {
  auto w = static_cast<std::size_t>(window);
  std::vector<double> sums;
  double sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    sum += y[i];
    if (i >= w) sum -= y[i - w];
    if (i + 1 >= w) sums.push_back(std::max(sum, 0.0));
  }
  double mean = 0;
  double squares = 0;
  for (double value : y) mean += value / static_cast<double>(y.size());
  for (double value : y) squares += (value - mean) * (value - mean) / static_cast<double>(std::max<std::size_t>(1, y.size() - 1));
  double count = static_cast<double>(sums.size());
  std::sort(sums.begin(), sums.end());
  std::vector<double> out;
  for (double level : levels) {
    double gamma = gamma_quantile(mean * window, squares * window, level);
    if (sums.size() < 8) {
      out.push_back(gamma);
      continue;
    }
    // Lower empirical quantile; what lies beyond the greatest window seen is left to the gamma distribution.
    auto at = static_cast<std::size_t>(std::min(count - 1, std::floor(level * count)));
    out.push_back(level > count / (count + 1) ? std::max(sums.back(), gamma) : sums[at]);
  }
  return out;
}

}  // namespace sinan::forecasting

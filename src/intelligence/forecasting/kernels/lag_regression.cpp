#include "intelligence/forecasting/kernels/lag_regression.hpp"

#include <algorithm>
#include <vector>

#include "intelligence/forecasting/kernels/lag_products.hpp"
#include "intelligence/forecasting/kernels/regression.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kRidge = 0.1;

bool enough(std::size_t length, const Lags& lags) { return length >= lags.longest() + 3 * lags.count + 20; }

}  // namespace

void Lags::add(std::size_t lag) {
  const auto end = at.begin() + static_cast<std::ptrdiff_t>(count);
  const auto place = std::lower_bound(at.begin(), end, lag);
  if (place != end && *place == lag) return;
  std::copy_backward(place, end, end + 1);
  *place = lag;
  ++count;
}

Lags near_lags(int season) {
  std::size_t m = static_cast<std::size_t>(season);
  Lags lags;
  for (std::size_t lag : {std::size_t{1}, std::size_t{2}, std::size_t{3}, m, m + 1, 2 * m}) lags.add(lag);
  return lags;
}

bool fit_lags(std::span<const float> y, const Lags& lags, std::span<float> coefficients) {
  if (!enough(y.size(), lags)) return false;
  static thread_local LagProducts products;
  static thread_local Regression regression;
  static thread_local std::vector<float> around_mean;
  double sum = 0;
  for (float value : y) sum += value;
  float mean = static_cast<float>(sum / static_cast<double>(y.size()));
  around_mean.resize(y.size());
  for (std::size_t t = 0; t < y.size(); ++t) around_mean[t] = y[t] - mean;
  regression.reset(lags.count + 1);
  products.add(around_mean, lags.longest(), y.size(), lags.all(), 0, 1, regression);
  regression.solve(kRidge);
  regression.coefficients(lags.count + 1, coefficients);
  float of_mean = 1;
  for (std::size_t k = 0; k < lags.count; ++k) of_mean -= coefficients[k + 1];
  coefficients[0] += mean * of_mean;
  return true;
}

void predict_lags(std::span<const float> y, const Lags& lags, std::span<const float> coefficients, std::span<float> out) {
  static thread_local std::vector<float> path;
  path.resize(lags.longest() + out.size());
  std::ranges::copy(y.last(lags.longest()), path.begin());
  for (std::size_t k = 0; k < out.size(); ++k) {
    std::size_t t = lags.longest() + k;
    float next = coefficients[0];
    for (std::size_t i = 0; i < lags.count; ++i) next += coefficients[i + 1] * path[t - lags.at[i]];
    out[k] = path[t] = std::clamp(next, -kLagLimit, kLagLimit);
  }
}

}  // namespace sinan::forecasting

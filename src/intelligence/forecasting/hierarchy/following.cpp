#include "intelligence/forecasting/hierarchy/following.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sinan::forecasting {
namespace {

constexpr double kMostGrowth = 2;  // of quantiles in proportion; beyond, they are moved

}  // namespace

std::vector<bool> non_negative(const Panel& panel) {
  std::vector<bool> out(panel.size());
  for (std::size_t i = 0; i < panel.size(); ++i) out[i] = std::ranges::none_of(panel.series(i), [](double v) { return v < 0; });
  return out;
}

Following::Following(Forecasts& forecasts, std::vector<bool> non_negative)
    : forecasts_(forecasts),
      horizon_(static_cast<std::size_t>(forecasts.horizon)),
      levels_(forecasts.quantile_levels.size()),
      non_negative_(std::move(non_negative)) {}

void Following::set(std::size_t i, std::size_t h, double mean) {
  const std::size_t at = i * horizon_ + h;
  const double before = std::exchange(forecasts_.mean[at], mean);
  move(i, before, mean, forecasts_.median[at]);
  for (std::size_t q = 0; q < levels_; ++q) move(i, before, mean, forecasts_.quantiles[at * levels_ + q]);
}

void Following::add_up(std::size_t i) {
  if (forecasts_.sum_mean.empty()) return;
  double total = 0;
  for (std::size_t h = 0; h < horizon_; ++h) {
    const std::size_t at = i * horizon_ + h;
    total += forecasts_.mean[at];
    const double before = std::exchange(forecasts_.sum_mean[at], total);
    for (std::size_t q = 0; q < levels_; ++q) move(i, before, total, forecasts_.sums[at * levels_ + q]);
  }
}

void Following::move(std::size_t i, double before, double after, double& value) const {
  const bool in_proportion = non_negative_[i] && before > 0;
  if (in_proportion && after <= before * kMostGrowth) {
    value *= after / before;  // zero stays zero: no remainder of rounding is added
    return;
  }
  // A mean near zero that becomes many times as large says nothing of how far its quantiles go.
  const double factor = in_proportion ? kMostGrowth : 1;
  value = value * factor + (after - before * factor);
  if (non_negative_[i]) value = std::max(0.0, value);
}

}  // namespace sinan::forecasting

#include "intelligence/forecasting/run.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

namespace sinan::forecasting {

Run::Run(const Panel& the_panel, const Options& how, std::span<const int> known_seasons)
    : panel(the_panel),
      options(how),
      seasons(known_seasons),
      horizon(static_cast<std::size_t>(how.horizon)),
      order(the_panel.size()),
      facts(the_panel.size()),
      past(the_panel, static_cast<std::size_t>(how.origins), horizon, how.seed) {
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(panel.keys[i]); });
  const std::size_t n = panel.size();
  const std::size_t cells = n * horizon * options.quantiles.size();
  out.horizon = options.horizon;
  out.quantile_levels = options.quantiles;
  out.median.assign(n * horizon, 0);
  out.mean.assign(n * horizon, 0);
  out.variance.assign(n, 0);
  out.quantiles.assign(cells, 0);
  if (options.cumulative) {
    out.sum_mean.assign(n * horizon, 0);
    out.sums.assign(cells, 0);
  }
  out.classes.assign(n, DemandClass::kDead);
  out.seasons.assign(n, 1);
  out.models.assign(n, "zero");
  out.pooled_shares.assign(n, 0);
  if (options.clock) out.nanoseconds.assign(n, 0);
  if (options.drivers && !options.drivers->empty()) {
    out.tree_shares.assign(n, 0);
    out.driver_effect.assign(n * horizon, 0);
  }
}

void Run::clean_first(std::size_t i, Cleaned& cleaned) {
  clean(panel.series(i), panel.lost_of(i), facts[i].asked, cleaned);
  if (!options.drivers || !options.drivers->tells_of_series()) facts[i].bursts = forget_bursts(panel.series(i), facts[i].asked, cleaned);
}

void Run::clean_again(std::size_t i, Cleaned& cleaned) const {
  clean(panel.series(i), panel.lost_of(i), facts[i].asked, cleaned);
  if (facts[i].bursts) forget_bursts(panel.series(i), facts[i].asked, cleaned);
}

void Run::blend_errors(std::size_t i, float share, std::span<const float> theirs) {
  past.blend(theirs, i, share);
  facts[i].own = mean_size(past.of(i));
}

void Run::make_room_for_widths() {
  past.keep_widths();
  down.assign(panel.size() * horizon, 0);
  up.assign(panel.size() * horizon, 0);
}

void Run::note_pooled(std::size_t i, float share) {
  out.pooled_shares[i] = share;
  out.models[i] += " + pooled_regression";
}

void Run::mix(std::size_t i, float share, std::span<const double> values) {
  for (std::size_t k = 0; k < horizon; ++k) {
    double& median = out.median[i * horizon + k];
    median += share * (values[k] - median);
    if (facts[i].non_negative) median = std::max(0.0, median);
  }
}

float mean_size(std::span<const float> errors) {
  double size = 0;
  std::size_t known = 0;
  for (float e : errors)
    if (std::isfinite(e)) size += std::abs(e), ++known;
  return known ? static_cast<float>(size / static_cast<double>(known)) : -1;
}

}  // namespace sinan::forecasting

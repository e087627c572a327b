#include "intelligence/forecasting/spread.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace sinan::forecasting {
namespace {

constexpr double kNormalDeviation = 1.2533;  // standard deviation to mean size, of normal errors

// Errors grow with time: series whose steps are of about the same length, as their seasons tell, learn together.
constexpr std::array<int, 4> kSeasonsFrom = {2, 7, 12, 24};
constexpr std::size_t kAlike = Run::kGroups * (kSeasonsFrom.size() + 1);  // and as many of which drivers say how far they err
constexpr std::size_t kShapes = 2 * kAlike;
std::size_t shape_of(const Run& run, std::size_t i) {
  const auto bucket = std::ranges::count_if(kSeasonsFrom, [&](int from) { return run.facts[i].asked >= from; });
  return static_cast<std::size_t>(bucket) * Run::kGroups + run.group_of(i) + (run.facts[i].widths() ? kAlike : 0);
}

// What a series got wrong; of one outside the sample no errors.
OwnErrors own_errors(const Run& run, std::size_t i) {
  const Facts& facts = run.facts[i];
  OwnErrors out{.errors = {}, .down = {}, .up = {}, .reach = facts.reach, .noise = facts.widths() ? 1 : facts.noise};
  if (!run.past.sampled(i)) return out;
  out.errors = run.past.of(i);
  if (facts.widths()) out.down = run.past.down(i), out.up = run.past.up(i);
  return out;
}

// Periods at the end of a series of which demand is not known.
std::size_t unknown_end(const Panel& panel, std::size_t i) {
  const std::span<const double> values = panel.series(i);
  const std::span<const std::uint8_t> lost = panel.lost_of(i);
  std::size_t known = values.size();
  while (known > 0 && (!std::isfinite(values[known - 1]) || (!lost.empty() && lost[known - 1]))) --known;
  return values.size() - known;
}

// How wide its errors lie ahead, in units of the panel, as drivers say; or all alike.
struct Ahead {
  double down = 1, up = 1;
};
Ahead ahead(const Run& run, std::size_t i, std::size_t k, std::size_t silent) {
  // The last known value is further away by what is not known at the end.
  const double further = silent == 0 ? 1 : Intervals::usual_growth(k + silent) / Intervals::usual_growth(k);
  if (!run.facts[i].widths()) return {further, further};
  return {further * run.down[i * run.horizon + k], further * run.up[i * run.horizon + k]};
}

void spread_one(Run& run, const Intervals& shapes, std::size_t i) {
  const Facts& facts = run.facts[i];
  Forecasts& out = run.out;
  const std::size_t group = shape_of(run, i);
  const std::vector<double>& levels = run.options.quantiles;
  const bool cumulative = run.options.cumulative;
  // Of a series outside the sample only the mean size of its errors is known, as if it were the error at every step; with widths nothing
  // is.
  std::vector<float> flat;
  OwnErrors own = own_errors(run, i);
  if (!run.past.sampled(i) && facts.own >= 0 && !facts.widths()) {
    flat.assign(run.past.stride(), facts.own);
    own.errors = flat;
  }
  const double scale = shapes.scale(group, own) * (facts.widths() ? 1 : facts.unit);
  const std::size_t silent = unknown_end(run.panel, i);
  WidthOfSums sums;
  double total = 0;
  auto bounded = [&](double v) { return facts.non_negative ? std::max(0.0, v) : v; };
  for (std::size_t k = 0; k < run.horizon; ++k) {
    const std::size_t step = i * run.horizon + k;
    const double median = out.median[step];
    const Ahead width = ahead(run, i, k, silent);
    sums.add(width.down, width.up);
    out.mean[step] = bounded(median + scale * shapes.mean_offset(group, k, width.down, width.up));
    total += out.mean[step];
    if (cumulative) out.sum_mean[step] = total;
    double previous = -std::numeric_limits<double>::infinity();
    double previous_total = previous;
    for (std::size_t q = 0; q < levels.size(); ++q) {
      const std::size_t at = step * levels.size() + q;
      const bool below = levels[q] < 0.5;
      const double there = scale * (below ? width.down : width.up);
      previous = out.quantiles[at] = std::max(previous, bounded(median + there * shapes.offset(group, k, levels[q])));
      if (!cumulative) continue;
      const double of_sum = scale * (below ? sums.down() : sums.up());
      previous_total = out.sums[at] = std::max(previous_total, bounded(total + of_sum * shapes.total_offset(group, k, levels[q])));
    }
  }
  double size = scale * (sums.down() + sums.up()) / 2;
  if (facts.own >= 0 && !facts.widths()) size = facts.own * facts.unit;
  out.variance[i] = (kNormalDeviation * size) * (kNormalDeviation * size);
}

}  // namespace

Intervals learn_shapes(const Run& run) {
  Intervals out(kShapes, run.past.origins(), run.horizon);
  for (std::size_t i = 0; i < run.panel.size(); ++i) {
    if (!run.facts[i].regular || !run.past.sampled(i)) continue;
    out.add(shape_of(run, i), own_errors(run, i));
  }
  out.finish(run.options.cumulative);
  return out;
}

void spread(Run& run, const Intervals& shapes) {
  for (std::size_t i = 0; i < run.panel.size(); ++i)
    if (run.facts[i].regular) spread_one(run, shapes, i);
  if (!run.out.widths) return;
  for (const Facts& facts : run.facts) run.out.widths_used.push_back(facts.widths());
}

}  // namespace sinan::forecasting

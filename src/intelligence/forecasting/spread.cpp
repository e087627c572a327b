#include "intelligence/forecasting/spread.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sinan::forecasting {
namespace {

constexpr double kNormalDeviation = 1.2533;  // standard deviation to mean size, of normal errors

// Errors grow with time: series whose steps are of about the same length, as their seasons tell, learn together.
constexpr std::array<int, 4> kSeasonsFrom = {2, 7, 12, 24};
constexpr std::size_t kShapes = Run::kGroups * (kSeasonsFrom.size() + 1);
std::size_t shape_of(const Run& run, std::size_t i) {
  const auto bucket = std::ranges::count_if(kSeasonsFrom, [&](int from) { return run.facts[i].asked >= from; });
  return static_cast<std::size_t>(bucket) * Run::kGroups + run.group_of(i);
}

void spread_one(Run& run, const Intervals& shapes, std::size_t i) {
  const Facts& facts = run.facts[i];
  Forecasts& out = run.out;
  const std::size_t group = shape_of(run, i);
  const std::vector<double>& levels = run.options.quantiles;
  const bool cumulative = run.options.cumulative;
  // Of a series outside the sample only the mean size of its errors is known: as if it were the error at every step.
  std::vector<float> flat;
  std::span<const float> errors;
  if (run.past.sampled(i)) {
    errors = run.past.of(i);
  } else if (facts.own >= 0) {
    flat.assign(run.past.stride(), facts.own);
    errors = flat;
  }
  const double scale = shapes.scale(group, errors, facts.reach, facts.noise) * facts.unit;
  const double deviation = kNormalDeviation * (facts.own >= 0 ? facts.own * facts.unit : scale);
  out.variance[i] = deviation * deviation;
  double total = 0;
  auto bounded = [&](double v) { return facts.non_negative ? std::max(0.0, v) : v; };
  for (std::size_t k = 0; k < run.horizon; ++k) {
    const std::size_t step = i * run.horizon + k;
    const double median = out.median[step];
    out.mean[step] = bounded(median + scale * shapes.mean_offset(group, k));
    total += out.mean[step];
    if (cumulative) out.sum_mean[step] = total;
    double previous = -std::numeric_limits<double>::infinity();
    double previous_total = previous;
    for (std::size_t q = 0; q < levels.size(); ++q) {
      const std::size_t at = step * levels.size() + q;
      previous = out.quantiles[at] = std::max(previous, bounded(median + scale * shapes.offset(group, k, levels[q])));
      if (cumulative)
        previous_total = out.sums[at] = std::max(previous_total, bounded(total + scale * shapes.total_offset(group, k, levels[q])));
    }
  }
}

}  // namespace

Intervals learn_shapes(const Run& run) {
  Intervals out(kShapes, run.past.origins(), run.horizon);
  for (std::size_t i = 0; i < run.panel.size(); ++i) {
    if (!run.facts[i].regular || !run.past.sampled(i)) continue;
    out.add(shape_of(run, i), run.past.of(i), run.facts[i].reach, run.facts[i].noise);
  }
  out.finish(run.options.cumulative);
  return out;
}

void spread(Run& run, const Intervals& shapes) {
  for (std::size_t i = 0; i < run.panel.size(); ++i)
    if (run.facts[i].regular) spread_one(run, shapes, i);
}

}  // namespace sinan::forecasting

#include "intelligence/forecasting/clean.hpp"

#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/live/bursts.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kBurstRate = 1e-3;  // of alarms per period; less than kSure asks for
constexpr double kSure = 0.995;      // confidence

// What a gap at `t` most likely held: the mean of the same phase one and two seasons away, else of the nearest ones, else a line between
// the nearest known values.
double guess(std::span<const double> values, std::span<const std::uint8_t> lost, std::size_t t, std::size_t season) {
  auto known = [&](std::size_t at) { return std::isfinite(values[at]) && (lost.empty() || !lost[at]); };
  if (season > 1) {
    double sum = 0;
    int count = 0;
    for (std::size_t away = season; away <= t && (away <= 2 * season || count == 0); away += season)
      if (known(t - away)) sum += values[t - away], ++count;
    for (std::size_t at = t + season; at < values.size() && count == 0; at += season)
      if (known(at)) sum += values[at], ++count;
    if (count > 0) return sum / count;
  }
  std::size_t before = t;
  while (before > 0 && !known(before)) --before;
  std::size_t after = t;
  while (after + 1 < values.size() && !known(after)) ++after;
  bool has_before = known(before);
  bool has_after = known(after);
  if (has_before && has_after)
    return values[before] + (values[after] - values[before]) * static_cast<double>(t - before) / static_cast<double>(after - before);
  if (has_before) return values[before];
  return has_after ? values[after] : 0;
}

}  // namespace

DemandClass classify(std::span<const float> y, int season, bool non_negative) {
  std::size_t demands = 0;
  std::size_t last = 0;
  std::size_t longest_gap = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t t = 0; t < y.size(); ++t) {
    if (y[t] == 0) continue;
    if (demands > 0) longest_gap = std::max(longest_gap, t - last);
    ++demands;
    last = t;
    sum += y[t];
    squares += static_cast<double>(y[t]) * y[t];
  }
  if (demands == 0) return DemandClass::kDead;
  std::size_t silent = y.size() - 1 - last;
  double probability = (static_cast<double>(demands) - 0.5) / static_cast<double>(last + 1);
  bool unlikely = std::pow(1 - probability, static_cast<double>(silent)) < 1e-4;
  if (non_negative && unlikely && silent >= 12 && silent > longest_gap * 3 / 2 && silent >= 2 * static_cast<std::size_t>(season))
    return DemandClass::kDead;
  if (y.size() < 6) return DemandClass::kShort;
  double n = static_cast<double>(demands);
  double mean = sum / n;
  double variation = mean == 0 ? 1 : (squares / n - mean * mean) / (mean * mean);
  bool rare = non_negative && static_cast<double>(y.size()) / n >= 1.32;
  if (rare) return variation >= 0.49 ? DemandClass::kLumpy : DemandClass::kIntermittent;
  return variation >= 0.49 ? DemandClass::kErratic : DemandClass::kSmooth;
}

void clean(std::span<const double> values, std::span<const std::uint8_t> lost, int season, Cleaned& out) {
  if (values.size() > kMaxLength) {
    if (!lost.empty()) lost = lost.last(kMaxLength);
    values = values.last(kMaxLength);
  }
  out.positive = true;
  out.non_negative = true;
  double size = 0;
  std::size_t count = 0;
  for (double v : values) {
    if (!std::isfinite(v)) continue;
    size += std::abs(v);
    ++count;
    out.positive = out.positive && v > 0;
    out.non_negative = out.non_negative && v >= 0;
  }
  out.scale = size > 0 ? size / static_cast<double>(count) : 1;
  std::size_t first = 0;
  while (first < values.size() && (!std::isfinite(values[first]) || (out.non_negative && values[first] == 0))) ++first;
  if (first == values.size()) first = 0;
  out.y.clear();
  out.guessed.clear();
  for (std::size_t t = first; t < values.size(); ++t) {
    bool gap = !std::isfinite(values[t]);
    bool sold_out = !gap && !lost.empty() && lost[t];
    double v = values[t];
    if (gap) v = guess(values, lost, t, static_cast<std::size_t>(season));
    if (sold_out) v = std::max(v, guess(values, lost, t, static_cast<std::size_t>(season)));
    out.y.push_back(static_cast<float>(v / out.scale));
    if (gap || sold_out) out.guessed.resize(out.y.size(), 0), out.guessed.back() = 1;
  }
  if (!out.guessed.empty()) out.guessed.resize(out.y.size(), 0);
  out.demand_class = classify(out.y, std::max(season, 1), out.non_negative);
}

bool forget_bursts(std::span<const double> values, int season, Cleaned& out) {
  if (!out.non_negative || out.demand_class > DemandClass::kErratic) return false;
  values = values.last(out.y.size());
  static thread_local std::vector<double> expected;
  expected.resize(values.size());
  const BurstOptions options{.season = season, .periods_per_year = 1, .false_alarms_per_year = kBurstRate};
  bool any = false;
  for (const Burst& burst : find_bursts(values, {}, options, expected)) {
    const std::size_t length = burst.end - burst.begin;
    if ((burst.running && length > 1) || burst.confidence < kSure || length >= kLastingBurst) continue;
    for (std::size_t t = burst.begin; t < burst.end; ++t)
      if (values[t] > expected[t]) any = true, out.y[t] = static_cast<float>(expected[t] / out.scale);
  }
  return any;
}

}  // namespace sinan::forecasting

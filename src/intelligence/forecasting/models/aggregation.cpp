// Demand with many zeros, forecast on longer periods: sums over some periods are smoothed, the forecast is spread evenly over them.
#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/kernels/smoothing.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

// The mean time from one demand to the next, the first counted from the start; 1 without any demand. Rounded, as periods.
std::size_t mean_interval(std::span<const float> y) {
  std::size_t demands = 0;
  std::size_t last = 0;
  for (std::size_t t = 0; t < y.size(); ++t)
    if (y[t] != 0) ++demands, last = t + 1;
  if (demands == 0) return 1;
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(static_cast<double>(last) / static_cast<double>(demands))));
}

// The rate per period that sums over `periods` have after exponential smoothing; the oldest values that fill no sum are left out.
float smoothed_rate(std::span<const float> y, std::size_t periods, Scratch& scratch) {
  const std::size_t count = y.size() / periods;
  std::span<float> sums = scratch.floats(0, count);
  std::span<const float> used = y.last(count * periods);
  for (std::size_t i = 0; i < count; ++i) {
    sums[i] = 0;
    for (float value : used.subspan(i * periods, periods)) sums[i] += value;
  }
  return last_level(sums, fit_level(sums)) / static_cast<float>(periods);
}

void predict_adida(const History& history, const Parameters&, Scratch& scratch, std::span<float> out) {
  std::ranges::fill(out, smoothed_rate(history.y, std::min(mean_interval(history.y), history.y.size()), scratch));
}

void predict_imapa(const History& history, const Parameters&, Scratch& scratch, std::span<float> out) {
  const std::size_t most = std::min(mean_interval(history.y), history.y.size());
  float sum = 0;
  for (std::size_t periods = 1; periods <= most; ++periods) sum += smoothed_rate(history.y, periods, scratch);
  std::ranges::fill(out, sum / static_cast<float>(most));
}

}  // namespace

ModelInfo adida() {
  return {.name = "adida",
          .summary = "Smoothed sums over the mean interval between demands (Nikolopoulos et al. 2011)",
          .intermittent = true,
          .predict = predict_adida};
}

ModelInfo imapa() {
  return {.name = "imapa",
          .summary = "The mean of smoothed sums over 1 … the mean interval between demands (Petropoulos & Kourentzes 2015)",
          .intermittent = true,
          .predict = predict_imapa};
}

}  // namespace sinan::forecasting

// Croston's method and its relatives: the size of demand and the time between demands, smoothed apart.
#include <algorithm>
#include <limits>

#include "intelligence/forecasting/kernels/lanes.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

struct Rate {
  float alpha = 0.1F;
  float value = 0;
};

// Size and interval are updated when there is demand; both start at the first demand. The rate before it is zero.
Rate croston_rate(std::span<const float> y, float alpha) {
  float size = 0;
  float interval = 1;
  float gap = 1;
  bool started = false;
  for (float value : y) {
    if (value != 0) {
      size = started ? size + alpha * (value - size) : value;
      interval = started ? interval + alpha * (gap - interval) : gap;
      started = true;
      gap = 1;
    } else {
      ++gap;
    }
  }
  return {alpha, started ? size / interval : 0};
}

constexpr float kAlpha = 0.1F;

// Teunter, Syntetos & Babai (2011): the probability of demand is updated every period, so that the rate of a dying item falls.
// Sizes by 0.1; the probability's constant is the one of eight with the least squared error of the rate.
float tsb_rate(std::span<const float> y) {
  const Lanes beta{0.01F, 0.02F, 0.04F, 0.06F, 0.1F, 0.15F, 0.2F, 0.3F};
  float demands = 0;
  float sum = 0;
  for (float value : y) {
    demands += value != 0 ? 1 : 0;
    sum += value;
  }
  if (demands == 0) return 0;
  float size = sum / demands;
  Lanes probability = Lanes{} + demands / static_cast<float>(y.size());
  Lanes loss = Lanes{};
  for (float value : y) {
    Lanes error = value - probability * size;
    loss += error * error;
    probability += beta * ((value != 0 ? 1.0F : 0.0F) - probability);
    if (value != 0) size += kAlpha * (value - size);
  }
  return probability[smallest(loss)] * size;
}

}  // namespace

ModelInfo croston() {
  return {.name = "croston",
          .summary = "Sizes and intervals of demand, smoothed (Croston 1972)",
          .intermittent = true,
          .predict = [](const History& history, const Parameters&, Scratch&, std::span<float> out) {
            std::ranges::fill(out, croston_rate(history.y, kAlpha).value);
          }};
}

ModelInfo croston_sba() {
  return {.name = "croston_sba",
          .summary = "Croston without its bias (Syntetos & Boylan 2005): times 1 − α/2",
          .intermittent = true,
          .predict = [](const History& history, const Parameters&, Scratch&, std::span<float> out) {
            Rate rate = croston_rate(history.y, kAlpha);
            std::ranges::fill(out, rate.value * (1 - rate.alpha / 2));
          }};
}

ModelInfo tsb() {
  return {.name = "tsb",
          .summary = "Sizes and probability of demand, smoothed (Teunter, Syntetos & Babai 2011)",
          .intermittent = true,
          .predict = [](const History& history, const Parameters&, Scratch&, std::span<float> out) {
            std::ranges::fill(out, tsb_rate(history.y));
          }};
}

}  // namespace sinan::forecasting

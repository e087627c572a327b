// Demand with many zeros, as it was: sums over a lead time are distributed as those of consecutive periods of the recent past were.
#include <algorithm>

#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

// Two years of months, or two seasons, and at least two lead times.
std::size_t window(std::size_t season, std::size_t lead) { return std::max({std::size_t{24}, 2 * season, 2 * lead}); }

void predict(const History& history, const Parameters&, Scratch&, std::span<float> out) {
  const std::size_t count = std::min(history.y.size(), window(static_cast<std::size_t>(history.season), 1));
  float sum = 0;
  for (float value : history.y.last(count)) sum += value;
  std::ranges::fill(out, sum / static_cast<float>(count));
}

}  // namespace

ModelInfo empirical() {
  return {.name = "empirical",
          .summary = "Sums over the lead time as those of consecutive recent periods (Porras & Dekker 2008)",
          .intermittent = true,
          .predict = predict,
          .window = window};
}

}  // namespace sinan::forecasting

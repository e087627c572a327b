// The last value, for ever; and the value of the same period one season ago.
#include <algorithm>

#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

ModelInfo naive() {
  return {.name = "naive",
          .summary = "The last value; on the seasonally adjusted series this is Naive 2 of the M competitions",
          .predict = [](const History& history, const Parameters&, Scratch&, std::span<float> out) {
            std::ranges::fill(out, history.y.back());
          }};
}

ModelInfo seasonal_naive() {
  return {.name = "seasonal_naive",
          .summary = "The value one season ago",
          .input = Input::kOriginal,
          .predict = [](const History& history, const Parameters&, Scratch&, std::span<float> out) {
            std::size_t season = static_cast<std::size_t>(history.season);
            std::size_t first = history.y.size() - season;
            for (std::size_t k = 0; k < out.size(); ++k) out[k] = history.y[first + k % season];
          }};
}

}  // namespace sinan::forecasting

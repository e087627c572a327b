// Simple exponential smoothing.
#include <algorithm>

#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/smoothing.hpp"

namespace sinan::forecasting {

ModelInfo ses() {
  return {.name = "ses",
          .summary = "Simple exponential smoothing (Brown 1959)",
          .minimum_length = 2,
          .routes = kOnlyNamed,
          .fit =
              [](const History& history, Scratch&, Parameters& out) {
                Level level = fit_level(history.y);
                out[0] = level.alpha;
                out[1] = level.first;
                return true;
              },
          .predict = [](const History& history, const Parameters& p, Scratch&,
                        std::span<float> out) { std::ranges::fill(out, last_level(history.y, {p[0], p[1]})); }};
}

}  // namespace sinan::forecasting

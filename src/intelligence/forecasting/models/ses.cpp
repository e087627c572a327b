// Simple exponential smoothing.
#include <algorithm>

#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/smoothing.hpp"

namespace sinan::forecasting {

ModelInfo ses() {
  return {"ses", "Simple exponential smoothing (Brown 1959)",
          2,     false,
          false, [](const History& history, Scratch&, std::span<float> out) { std::ranges::fill(out, smooth_level(history.y).level); }};
}

}  // namespace sinan::forecasting

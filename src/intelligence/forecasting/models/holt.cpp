// Holt's linear trend.
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/smoothing.hpp"

namespace sinan::forecasting {

ModelInfo holt() {
  return {"holt",
          "Exponential smoothing with a linear trend (Holt 1957)",
          4,
          false,
          false,
          [](const History& history, Scratch&, std::span<float> out) {
            Trend trend = smooth_trend(history.y, false);
            for (std::size_t k = 0; k < out.size(); ++k) out[k] = trend.level + static_cast<float>(k + 1) * trend.slope;
          }};
}

}  // namespace sinan::forecasting

// A trend that fades.
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/smoothing.hpp"

namespace sinan::forecasting {

ModelInfo damped_trend() {
  return {"damped_trend",
          "Exponential smoothing with a damped trend (Gardner & McKenzie 1985)",
          5,
          false,
          false,
          [](const History& history, Scratch&, std::span<float> out) {
            Trend trend = smooth_trend(history.y, true);
            float weight = 0;
            float power = 1;
            for (float& value : out) {
              power *= trend.phi;
              weight += power;
              value = trend.level + weight * trend.slope;
            }
          }};
}

}  // namespace sinan::forecasting

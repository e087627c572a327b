// Damped trend (Gardner & McKenzie 1985): a slope that fades with the horizon.
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/models/smoothing.hpp"

namespace sinan::forecasting {

ModelInfo damped_trend() {
  return {"damped_trend", "Exponential smoothing with damped trend (Gardner & McKenzie 1985)", 6, false,
          [](std::span<const double> y, std::span<double> out) {
            SmoothingState state = fit_smoothing(y, Trend::kDamped);
            double fade = 1;
            double reach = 0;
            for (double& value : out) {
              fade *= state.phi;
              reach += fade;
              value = state.level + reach * state.trend;
            }
          }};
}

}  // namespace sinan::forecasting

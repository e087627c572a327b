// Holt's linear trend (Holt 1957): level and slope follow the data.
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/models/smoothing.hpp"

namespace sinan::forecasting {

ModelInfo holt() {
  return {"holt", "Exponential smoothing with linear trend (Holt 1957)", 6, false, [](std::span<const double> y, std::span<double> out) {
            SmoothingState state = fit_smoothing(y, Trend::kAdditive);
            for (std::size_t h = 0; h < out.size(); ++h) out[h] = state.level + static_cast<double>(h + 1) * state.trend;
          }};
}

}  // namespace sinan::forecasting

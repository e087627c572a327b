// Simple exponential smoothing (Brown 1959): a level that follows the data.
#include <algorithm>

#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/models/smoothing.hpp"

namespace sinan::forecasting {

ModelInfo ses() {
  return {"ses", "Simple exponential smoothing (Brown 1959)", 3, false, [](std::span<const double> y, std::span<double> out) {
            std::fill(out.begin(), out.end(), fit_smoothing(y, Trend::kNone).level);
          }};
}

}  // namespace sinan::forecasting

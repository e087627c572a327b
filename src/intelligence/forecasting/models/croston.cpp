// Croston's method (Croston 1972): smoothed size over smoothed interval.
#include <algorithm>

#include "intelligence/forecasting/models/intermittent.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

ModelInfo croston() {
  return {"croston", "Smoothed demand size over smoothed interval (Croston 1972)", 4, true,
          [](std::span<const double> y, std::span<double> out) {
            CrostonState state = run_croston(y, best_croston_alpha(y, 0));
            std::fill(out.begin(), out.end(), state.size / state.interval);
          }};
}

}  // namespace sinan::forecasting

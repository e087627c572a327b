// The Syntetos-Boylan approximation (2005): Croston's method with its bias taken out by 1 − alpha/2.
#include <algorithm>

#include "intelligence/forecasting/models/intermittent.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

ModelInfo croston_sba() {
  return {"croston_sba", "Croston's method without its bias (Syntetos & Boylan 2005)", 4, true,
          [](std::span<const double> y, std::span<double> out) {
            double alpha = best_croston_alpha(y, 0.5);
            CrostonState state = run_croston(y, alpha);
            std::fill(out.begin(), out.end(), (1 - alpha / 2) * state.size / state.interval);
          }};
}

}  // namespace sinan::forecasting

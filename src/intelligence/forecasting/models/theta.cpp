// The theta method that won M3.
#include <cmath>

#include "intelligence/forecasting/line.hpp"
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/smoothing.hpp"

namespace sinan::forecasting {

// Hyndman & Billah (2003): SES with drift of half the slope: ŷ(n+k) = l + b/2 · (k − 1 + 1/α − (1−α)ⁿ/α).
ModelInfo theta() {
  return {"theta",
          "The theta method (Assimakopoulos & Nikolopoulos 2000)",
          4,
          false,
          false,
          [](const History& history, Scratch&, std::span<float> out) {
            Level level = smooth_level(history.y);
            float drift = fit_line(history.y).slope / 2;
            float n = static_cast<float>(history.y.size());
            float constant = (1 - std::pow(1 - level.alpha, n)) / level.alpha;
            for (std::size_t k = 0; k < out.size(); ++k) out[k] = level.level + drift * (static_cast<float>(k) + constant);
          }};
}

}  // namespace sinan::forecasting

// The value of the same period one season ago.
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

ModelInfo seasonal_naive() {
  return {"seasonal_naive", "The value one season ago", 0, true, false, [](const History& history, Scratch&, std::span<float> out) {
            std::size_t season = static_cast<std::size_t>(history.season);
            std::size_t first = history.y.size() - season;
            for (std::size_t k = 0; k < out.size(); ++k) out[k] = history.y[first + k % season];
          }};
}

}  // namespace sinan::forecasting

// The last value, for ever.
#include <algorithm>

#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

ModelInfo naive() {
  return {"naive", "The last value; on the seasonally adjusted series this is Naive 2 of the M competitions",
          1,       false,
          false,   [](const History& history, Scratch&, std::span<float> out) { std::ranges::fill(out, history.y.back()); }};
}

}  // namespace sinan::forecasting

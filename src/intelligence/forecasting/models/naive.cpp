// Naive: the last value goes on. With the season taken out and put back, this is Naive 2 of the M competitions.
#include <algorithm>

#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

ModelInfo naive() {
  return {"naive", "The last value goes on", 1, false,
          [](std::span<const double> y, std::span<double> out) { std::fill(out.begin(), out.end(), y.back()); }};
}

}  // namespace sinan::forecasting

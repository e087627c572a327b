// Holt-Winters with damped trend, shared by its additive and multiplicative form.
#pragma once

#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

// Error-correction form (Hyndman et al. 2008, table 2.1): ETS(A,Ad,A), or ETS(A,Ad,M). The seasonal states start at the indices of the
// classical decomposition, level and slope at the line through the first two seasons without them; α, β, γ, φ by a grid, then once more
// around the best.
void forecast_holt_winters(const History& history, bool multiplicative, Scratch& scratch, std::span<float> out);

}  // namespace sinan::forecasting

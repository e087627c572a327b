// Teunter, Syntetos & Babai (2011): smoothed size times smoothed probability of demand; the probability falls while nothing is asked for,
// so that items that die go to zero.
#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

struct TsbState {
  double size = 0;
  double probability = 0;
  double sse = 0;
};

TsbState run_tsb(std::span<const double> y, double alpha, double beta) {
  TsbState state;
  double demands = 0;
  for (double value : y)
    if (value > 0) {
      if (demands == 0) state.size = value;
      demands += 1;
    }
  state.probability = demands / static_cast<double>(y.size());
  for (double value : y) {
    double error = value - state.size * state.probability;
    state.sse += error * error;
    if (value > 0) {
      state.size += alpha * (value - state.size);
      state.probability += beta * (1 - state.probability);
    } else {
      state.probability -= beta * state.probability;
    }
  }
  return state;
}

void tsb_forecast(std::span<const double> y, std::span<double> out) {
  TsbState found;
  found.sse = INFINITY;
  for (double alpha : {0.1, 0.2, 0.3})
    for (double beta : {0.02, 0.05, 0.1, 0.2}) {
      TsbState state = run_tsb(y, alpha, beta);
      if (state.sse < found.sse) found = state;
    }
  std::fill(out.begin(), out.end(), found.size * found.probability);
}

}  // namespace

ModelInfo tsb() {
  return {"tsb", "Smoothed size times smoothed probability of demand (Teunter, Syntetos & Babai 2011)", 4, true, tsb_forecast};
}

}  // namespace sinan::forecasting

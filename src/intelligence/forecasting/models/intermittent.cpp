#include "intelligence/forecasting/models/intermittent.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::forecasting {
namespace {

// Calls `each` with the forecast before every value; returns the last state.
template <typename Each>
CrostonState walk(std::span<const double> y, double alpha, const Each& each) {
  std::size_t demands = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (y[i] > 0) {
      ++demands;
      last = i;
    }
  CrostonState state;
  if (demands == 0) {
    state.size = 0;
    return state;
  }
  state.interval = static_cast<double>(last + 1) / static_cast<double>(demands);
  bool started = false;
  double since = 1;
  for (double value : y) {
    if (started) each(value, state);
    if (value > 0) {
      if (!started)
        state.size = value;
      else {
        state.size += alpha * (value - state.size);
        state.interval += alpha * (since - state.interval);
      }
      started = true;
      since = 1;
    } else {
      since += 1;
    }
  }
  return state;
}

}  // namespace

CrostonState run_croston(std::span<const double> y, double alpha) {
  return walk(y, alpha, [](double, const CrostonState&) {});
}

double best_croston_alpha(std::span<const double> y, double bias_of_alpha) {
  double found = 0.1;
  double least = INFINITY;
  for (double alpha : {0.05, 0.1, 0.15, 0.2, 0.3}) {
    double sse = 0;
    double factor = 1 - bias_of_alpha * alpha;
    walk(y, alpha, [&](double value, const CrostonState& state) {
      double error = value - factor * state.size / state.interval;
      sse += error * error;
    });
    if (sse < least) {
      least = sse;
      found = alpha;
    }
  }
  return found;
}

}  // namespace sinan::forecasting

// The theta method (Assimakopoulos & Nikolopoulos 2000) as simple exponential smoothing with a drift of half the linear trend
// (Hyndman & Billah 2003, equation 7).
#include <cmath>

#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/models/smoothing.hpp"

namespace sinan::forecasting {
namespace {

double slope_of(std::span<const double> y) {
  double n = static_cast<double>(y.size());
  double mean_t = (n - 1) / 2;
  double mean_y = 0;
  for (double value : y) mean_y += value / n;
  double up = 0;
  double down = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    double t = static_cast<double>(i) - mean_t;
    up += t * (y[i] - mean_y);
    down += t * t;
  }
  return down > 0 ? up / down : 0;
}

void theta_forecast(std::span<const double> y, std::span<double> out) {
  SmoothingState state = fit_smoothing(y, Trend::kNone);
  double drift = slope_of(y) / 2;
  double n = static_cast<double>(y.size());
  double settled = (1 - std::pow(1 - state.alpha, n)) / state.alpha;
  for (std::size_t h = 0; h < out.size(); ++h) out[h] = state.level + drift * (static_cast<double>(h) + settled);
}

}  // namespace

ModelInfo theta() { return {"theta", "The theta method (Assimakopoulos & Nikolopoulos 2000)", 4, false, theta_forecast}; }

}  // namespace sinan::forecasting

// Exponential smoothing whose trend is chosen by information.
#include <algorithm>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/smoothing.hpp"

namespace sinan::forecasting {
namespace {

// Corrected Akaike criterion of a fit with normal errors and k parameters, first states and variance among them.
double aicc(double loss, std::size_t count, double k) {
  double n = static_cast<double>(count);
  if (n - k - 1 <= 0) return std::numeric_limits<double>::infinity();
  return n * std::log(std::max(loss / n, 1e-12)) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

bool fit(const History& history, Scratch&, Parameters& out) {
  std::size_t n = history.y.size();
  Level level = fit_level(history.y);
  Trend best{level.alpha, 0, 1, level.first, 0, level.loss};
  double least = aicc(level.loss, n, 3);
  auto consider = [&](const Trend& trend, double k) {
    double value = aicc(trend.loss, n, k);
    if (value < least) best = trend, least = value;
  };
  consider(fit_trend(history.y, false), 5);
  consider(fit_trend(history.y, true), 6);
  out[0] = best.alpha;
  out[1] = best.beta;
  out[2] = best.phi;
  out[3] = best.level;
  out[4] = best.slope;
  return true;
}

void predict(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  extend_trend(last_trend(history.y, {p[0], p[1], p[2], p[3], p[4]}), out);
}

}  // namespace

ModelInfo ets() {
  return {.name = "ets",
          .summary = "Exponential smoothing without, with a linear or with a damped trend, by AICc (Hyndman et al. 2002)",
          .minimum_length = 3,
          .routes = kUnseasonal,
          .fit = fit,
          .predict = predict};
}

}  // namespace sinan::forecasting

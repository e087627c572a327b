// The theta method that won M3, on the values and on their logarithms.
#include <cmath>

#include "intelligence/forecasting/line.hpp"
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/smoothing.hpp"

namespace sinan::forecasting {
namespace {

bool fit(const History& history, Scratch&, Parameters& out) {
  Level level = fit_level(history.y);
  out[0] = level.alpha;
  out[1] = level.first;
  return true;
}

// Hyndman & Billah (2003): SES with drift of half the slope: ŷ(n+k) = l + b/2 · (k − 1 + 1/α − (1−α)ⁿ/α).
void predict(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  float alpha = p[0];
  float level = last_level(history.y, {alpha, p[1]});
  float drift = fit_line(history.y).slope / 2;
  float constant = (1 - std::pow(1 - alpha, static_cast<float>(history.y.size()))) / alpha;
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = level + drift * (static_cast<float>(k) + constant);
}

}  // namespace

ModelInfo theta() {
  return {.name = "theta",
          .summary = "The theta method (Assimakopoulos & Nikolopoulos 2000)",
          .minimum_length = 4,
          .fit = fit,
          .predict = predict};
}

ModelInfo theta_log() {
  return {.name = "theta_log",
          .summary = "The theta method on logarithms: drift in percent",
          .minimum_length = 4,
          .input = Input::kLogAdjusted,
          .routes = kUnseasonal | kShortSeason | kWeek | kLongSeason,
          .fit = fit,
          .predict = predict};
}

}  // namespace sinan::forecasting

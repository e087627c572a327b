// Exponential smoothing with a trend: straight, damped, and damped on logarithms.
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/smoothing.hpp"

namespace sinan::forecasting {
namespace {

template <bool kDamped>
bool fit(const History& history, Scratch&, Parameters& out) {
  Trend trend = fit_trend(history.y, kDamped);
  out[0] = trend.alpha;
  out[1] = trend.beta;
  out[2] = trend.phi;
  out[3] = trend.level;
  out[4] = trend.slope;
  return true;
}

void predict(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  extend_trend(last_trend(history.y, {p[0], p[1], p[2], p[3], p[4]}), out);
}

}  // namespace

ModelInfo holt() {
  return {.name = "holt",
          .summary = "Exponential smoothing with a linear trend (Holt 1957)",
          .minimum_length = 4,
          .routes = kOnlyNamed,
          .fit = fit<false>,
          .predict = predict};
}

ModelInfo damped_trend() {
  return {.name = "damped_trend",
          .summary = "Exponential smoothing with a damped trend (Gardner & McKenzie 1985)",
          .minimum_length = 5,
          .routes = kOnlyNamed,
          .fit = fit<true>,
          .predict = predict};
}

ModelInfo damped_trend_log() {
  return {.name = "damped_trend_log",
          .summary = "Damped trend of the logarithms: growth in percent that fades",
          .minimum_length = 5,
          .input = Input::kLogAdjusted,
          .routes = kUnseasonal | kShortSeason | kWeek,
          .fit = fit<true>,
          .predict = predict};
}

}  // namespace sinan::forecasting

// Exponential smoothing without a season: level alone, a straight or a damped trend, one of the three by information, damped on logarithms.
#include "intelligence/forecasting/kernels/aicc.hpp"
#include "intelligence/forecasting/kernels/smoothing.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

// A level alone is a trend whose slope is and stays zero.
Trend without_slope(const Level& level) { return {level.alpha, 0, 1, level.first, 0, level.loss}; }

bool keep(const Trend& trend, Parameters& out) {
  out[0] = trend.alpha;
  out[1] = trend.beta;
  out[2] = trend.phi;
  out[3] = trend.level;
  out[4] = trend.slope;
  return true;
}

bool fit_ses(const History& history, Scratch&, Parameters& out) { return keep(without_slope(fit_level(history.y)), out); }

template <bool kDamped>
bool fit(const History& history, Scratch&, Parameters& out) {
  return keep(fit_trend(history.y, kDamped), out);
}

bool fit_best(const History& history, Scratch&, Parameters& out) {
  const double n = static_cast<double>(history.y.size());
  Trend best = without_slope(fit_level(history.y));
  double least = aicc(best.loss, n, 3);
  auto consider = [&](const Trend& trend, double k) {
    double value = aicc(trend.loss, n, k);
    if (value < least) best = trend, least = value;
  };
  consider(fit_trend(history.y, false), 5);
  consider(fit_trend(history.y, true), 6);
  return keep(best, out);
}

void predict(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  extend_trend(last_trend(history.y, {p[0], p[1], p[2], p[3], p[4]}), out);
}

}  // namespace

ModelInfo ses() {
  return {.name = "ses", .summary = "Simple exponential smoothing (Brown 1959)", .minimum_length = 2, .fit = fit_ses, .predict = predict};
}

ModelInfo holt() {
  return {.name = "holt",
          .summary = "Exponential smoothing with a linear trend (Holt 1957)",
          .minimum_length = 4,
          .fit = fit<false>,
          .predict = predict};
}

ModelInfo damped_trend() {
  return {.name = "damped_trend",
          .summary = "Exponential smoothing with a damped trend (Gardner & McKenzie 1985)",
          .minimum_length = 5,
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

ModelInfo ets() {
  return {.name = "ets",
          .summary = "Exponential smoothing without, with a linear or with a damped trend, by AICc (Hyndman et al. 2002)",
          .minimum_length = 3,
          .routes = kUnseasonal,
          .fit = fit_best,
          .predict = predict};
}

}  // namespace sinan::forecasting

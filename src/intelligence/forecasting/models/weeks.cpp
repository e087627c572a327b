// Hours by the same hour of the weeks before: where people's weeks repeat themselves, nothing that looks at days alone comes near. All work
// on logarithms where every value has one.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/kernels/lag_regression.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

std::size_t week_of(const History& history) { return static_cast<std::size_t>(history.longer); }

std::span<const float> week_values(const History& history, Scratch& scratch) {
  if (!history.positive) return history.y;
  std::span<float> out = scratch.floats(1, history.y.size());
  std::ranges::transform(history.y, out.begin(), [](float v) { return std::log(v); });
  return out;
}

void restore(const History& history, std::span<float> out) {
  for (float& value : out)
    value = history.positive ? std::exp(std::min(value, std::log(kLagLimit))) : std::clamp(value, -kLagLimit, kLagLimit);
}

// --- autoregression on differences from week to week -------------------------------------------------------------------------------------

std::span<const float> differences(std::span<const float> values, std::size_t week, Scratch& scratch) {
  std::span<float> out = scratch.floats(0, values.size() - week);
  for (std::size_t t = 0; t < out.size(); ++t) out[t] = values[t + week] - values[t];
  return out;
}

bool fit_differences(const History& history, Scratch& scratch, Parameters& p) {
  if (history.longer == 0) return false;
  const std::span<const float> values = week_values(history, scratch);
  return fit_lags(differences(values, week_of(history), scratch), near_lags(history.season), p);
}

void predict_differences(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  const std::span<const float> values = week_values(history, scratch);
  const std::size_t week = week_of(history);
  predict_lags(differences(values, week, scratch), near_lags(history.season), p, out);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] += k < week ? values[values.size() - week + k] : out[k - week];
  restore(history, out);
}

// --- smoothing of each period of the week ------------------------------------------------------------------------------------------------

constexpr std::array<float, 4> kSmoothing{0.15F, 0.3F, 0.5F, 0.8F};
constexpr float kUsualSmoothing = 0.4F;

// The smoothed week behind the values, its first period that of the first value; and what each value from the second week on differed from
// it, before it was smoothed in.
struct Week {
  std::span<float> level;
  std::span<float> errors;
};

Week smooth(std::span<const float> values, std::size_t week, float smoothing, Scratch& scratch) {
  Week out{scratch.floats(2, week), scratch.floats(0, values.size() - week)};
  std::ranges::copy(values.first(week), out.level.begin());
  std::size_t phase = 0;
  for (std::size_t t = week; t < values.size(); ++t) {
    const float error = out.errors[t - week] = values[t] - out.level[phase];
    out.level[phase] += smoothing * error;
    phase = phase + 1 == week ? 0 : phase + 1;
  }
  return out;
}

// p[0]: the smoothing under which weeks told the next one best, from the third on; the usual one where there is none.
bool fit_smoothing(const History& history, Scratch& scratch, Parameters& p) {
  if (history.longer == 0) return false;
  const std::span<const float> values = week_values(history, scratch);
  const std::size_t week = week_of(history);
  p[0] = kUsualSmoothing;
  if (values.size() < 3 * week) return true;
  double least = std::numeric_limits<double>::infinity();
  for (float smoothing : kSmoothing) {
    double squares = 0;
    for (float error : smooth(values, week, smoothing, scratch).errors.subspan(week)) squares += error * error;
    if (squares < least) least = squares, p[0] = smoothing;
  }
  return true;
}

void predict_smoothing(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  const std::size_t week = week_of(history);
  const Week smoothed = smooth(week_values(history, scratch), week, p[0], scratch);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = smoothed.level[(history.y.size() + k) % week];
  restore(history, out);
}

Lags error_lags(const History& history) {
  const auto day = static_cast<std::size_t>(history.season);
  Lags lags;
  for (std::size_t lag : {std::size_t{1}, std::size_t{2}, std::size_t{3}, day, day + 1}) lags.add(lag);
  return lags;
}

// Errors are drawn to none, not to what they were on average: that is smoothed in already.
bool fit_smoothing_errors(const History& history, Scratch& scratch, Parameters& p) {
  if (history.longer == 0) return false;
  const Week smoothed = smooth(week_values(history, scratch), week_of(history), kUsualSmoothing, scratch);
  if (!fit_lags(smoothed.errors, error_lags(history), p)) return false;
  p[0] = 0;
  return true;
}

void predict_smoothing_errors(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  const std::size_t week = week_of(history);
  const Week smoothed = smooth(week_values(history, scratch), week, kUsualSmoothing, scratch);
  predict_lags(smoothed.errors, error_lags(history), p, out);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] += smoothed.level[(history.y.size() + k) % week];
  restore(history, out);
}

}  // namespace

ModelInfo week_autoregression() {
  return {.name = "week_autoregression",
          .summary = "Autoregression on differences from week to week",
          .minimum_length = 40,
          .input = Input::kOriginal,
          .routes = kDayInWeek,
          .fit = fit_differences,
          .predict = predict_differences};
}

ModelInfo week_smoothing() {
  return {.name = "week_smoothing",
          .summary = "Exponential smoothing of each period of the week",
          .minimum_length = 40,
          .input = Input::kOriginal,
          .routes = kDayInWeek,
          .fit = fit_smoothing,
          .predict = predict_smoothing};
}

ModelInfo week_smoothing_autoregression() {
  return {.name = "week_smoothing_autoregression",
          .summary = "Exponential smoothing of each period of the week with autoregressive errors (after Taylor 2003)",
          .minimum_length = 40,
          .input = Input::kOriginal,
          .routes = kDayInWeek,
          .fit = fit_smoothing_errors,
          .predict = predict_smoothing_errors};
}

}  // namespace sinan::forecasting

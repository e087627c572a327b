// Regressions of a series on its own past.
#include <algorithm>
#include <array>
#include <limits>

#include "intelligence/forecasting/kernels/aicc.hpp"
#include "intelligence/forecasting/kernels/lag_products.hpp"
#include "intelligence/forecasting/kernels/lag_regression.hpp"
#include "intelligence/forecasting/kernels/regression.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kMostOrder = 4;

// --- autoregression on differences -----------------------------------------------------------------------------------------------------

// Orders 0 … 4 on the same rows; one factorisation tells the errors and coefficients of all. p[0]: order, then constant and coefficients.
bool fit_differences(const History& history, Scratch& scratch, Parameters& p) {
  static constexpr std::array<std::size_t, kMostOrder> kLags{1, 2, 3, 4};
  static thread_local LagProducts products;
  static thread_local Regression regression;
  std::span<const float> y = history.y;
  std::span<float> differences = scratch.floats(0, y.size() - 1);
  for (std::size_t t = 0; t < differences.size(); ++t) differences[t] = y[t + 1] - y[t];
  std::size_t most = std::min(kMostOrder, differences.size() / 3);
  regression.reset(most + 1);
  products.add(differences, most, differences.size(), std::span(kLags).first(most), 0, 1, regression);
  regression.solve(0);
  double least = std::numeric_limits<double>::infinity();
  std::size_t order = 0;
  for (std::size_t k = 0; k <= most; ++k) {
    double value = aicc(regression.loss(k + 1), static_cast<double>(regression.rows()), static_cast<double>(k) + 2);
    if (value < least) least = value, order = k;
  }
  p[0] = static_cast<float>(order);
  regression.coefficients(order + 1, std::span(p).subspan(1));
  return true;
}

void predict_differences(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  std::span<const float> y = history.y;
  std::size_t order = std::min(static_cast<std::size_t>(p[0]), y.size() - 1);
  std::array<float, kMostOrder> last{};
  for (std::size_t k = 0; k < order; ++k) last[k] = y[y.size() - 1 - k] - y[y.size() - 2 - k];
  float level = y.back();
  for (float& value : out) {
    float next = p[1];
    for (std::size_t k = 0; k < order; ++k) next += p[2 + k] * last[k];
    for (std::size_t k = kMostOrder - 1; k > 0; --k) last[k] = last[k - 1];
    last[0] = next;
    level = std::clamp(level + next, -kLagLimit, kLagLimit);
    value = level;
  }
}

// --- regression on lags ----------------------------------------------------------------------------------------------------------------

bool fit_near(const History& history, Scratch&, Parameters& p) { return fit_lags(history.y, near_lags(history.season), p); }

void predict_near(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  predict_lags(history.y, near_lags(history.season), p, out);
}

Lags week_lags(const History& history) {
  Lags lags = near_lags(history.season);
  lags.add(static_cast<std::size_t>(history.longer));
  lags.add(static_cast<std::size_t>(history.longer) + 1);
  return lags;
}

bool fit_week(const History& history, Scratch&, Parameters& p) { return history.longer > 0 && fit_lags(history.y, week_lags(history), p); }

void predict_week(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  predict_lags(history.y, week_lags(history), p, out);
}

// --- seasonal autoregression -----------------------------------------------------------------------------------------------------------

Lags season_lags(const History& history) {
  std::size_t m = static_cast<std::size_t>(history.season);
  if (history.season >= 24) return near_lags(history.season);
  Lags lags;
  lags.add(1);
  lags.add(m);
  return lags;
}

std::span<float> seasonal_differences(const History& history, Scratch& scratch) {
  std::size_t m = static_cast<std::size_t>(history.season);
  std::span<float> out = scratch.floats(0, history.y.size() - m);
  for (std::size_t t = 0; t < out.size(); ++t) out[t] = history.y[t + m] - history.y[t];
  return out;
}

bool fit_seasonal(const History& history, Scratch& scratch, Parameters& p) {
  return fit_lags(seasonal_differences(history, scratch), season_lags(history), p);
}

void predict_seasonal(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  std::span<const float> y = history.y;
  std::size_t m = static_cast<std::size_t>(history.season);
  predict_lags(seasonal_differences(history, scratch), season_lags(history), p, out);
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = std::clamp(out[k] + (k < m ? y[y.size() - m + k] : out[k - m]), -kLagLimit, kLagLimit);
}

// --- long lag regression ---------------------------------------------------------------------------------------------------------------

// Every hour of the last day, and the same hour two days, six days and a week ago.
Lags day_lags(const History& history, bool with_longer) {
  std::size_t m = static_cast<std::size_t>(history.season);
  std::size_t longer = static_cast<std::size_t>(history.longer);
  Lags lags;
  for (std::size_t lag = 1; lag <= std::min<std::size_t>(m + 2, 37); ++lag) lags.add(lag);
  if (m > 35) lags.add(m), lags.add(m + 1);
  lags.add(2 * m);
  if (with_longer)
    for (std::size_t lag : {longer - m, longer - 1, longer, longer + 1, longer + m}) lags.add(lag);
  return lags;
}

// The last parameter says whether the longer season was there to learn from.
bool fit_day(const History& history, Scratch&, Parameters& p) {
  p.back() = history.longer > 0 ? 1 : 0;
  return fit_lags(history.y, day_lags(history, history.longer > 0), p);
}

void predict_day(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  predict_lags(history.y, day_lags(history, p.back() == 1), p, out);
}

}  // namespace

ModelInfo autoregression() {
  return {.name = "autoregression",
          .summary = "Autoregression on differences, order by AICc",
          .minimum_length = 9,
          .routes = kUnseasonal | kShortSeason | kDay | kDayInWeek | kLongSeason,
          .fit = fit_differences,
          .predict = predict_differences};
}

ModelInfo seasonal_autoregression() {
  return {.name = "seasonal_autoregression",
          .summary = "Autoregression on seasonal differences",
          .minimum_length = 8,
          .input = Input::kOriginal,
          .routes = kShortSeason | kWeek | kDay | kDayInWeek,
          .fit = fit_seasonal,
          .predict = predict_seasonal};
}

ModelInfo lag_regression() {
  return {.name = "lag_regression",
          .summary = "Regression of the adjusted level on the last periods and on those one season ago",
          .minimum_length = 40,
          .routes = kShortSeason | kWeek | kDay | kDayInWeek | kLongSeason,
          .fit = fit_near,
          .predict = predict_near};
}

ModelInfo week_lag_regression() {
  return {.name = "week_lag_regression",
          .summary = "Regression of the adjusted level on the last periods, and on those of a day and of a week ago",
          .minimum_length = 40,
          .routes = kDayInWeek,
          .fit = fit_week,
          .predict = predict_week};
}

ModelInfo long_lag_regression() {
  return {.name = "long_lag_regression",
          .summary = "Regression on every period of the last season and the same ones of the seasons before",
          .minimum_length = 40,
          .input = Input::kOriginal,
          .routes = kDay | kDayInWeek,
          .fit = fit_day,
          .predict = predict_day};
}

}  // namespace sinan::forecasting

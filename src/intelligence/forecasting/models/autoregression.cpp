// Regressions of a series on its own past.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/kernels/aicc.hpp"
#include "intelligence/forecasting/kernels/lag_products.hpp"
#include "intelligence/forecasting/kernels/regression.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kMostOrder = 4;
constexpr double kRidge = 0.1;
constexpr float kLimit = 20;  // in mean sizes of the series: a forecast beyond has run away

Regression& workspace() {
  static thread_local Regression regression;
  return regression;
}

LagProducts& products() {
  static thread_local LagProducts products;
  return products;
}

// --- autoregression on differences -----------------------------------------------------------------------------------------------------

// Orders 0 … 4 on the same rows; one factorisation tells the errors and coefficients of all. p[0]: order, then constant and coefficients.
bool fit_differences(const History& history, Scratch& scratch, Parameters& p) {
  static constexpr std::array<std::size_t, kMostOrder> kLags{1, 2, 3, 4};
  std::span<const float> y = history.y;
  std::span<float> differences = scratch.floats(0, y.size() - 1);
  for (std::size_t t = 0; t < differences.size(); ++t) differences[t] = y[t + 1] - y[t];
  std::size_t most = std::min(kMostOrder, differences.size() / 3);
  Regression& regression = workspace();
  regression.reset(most + 1);
  products().add(differences, most, differences.size(), std::span(kLags).first(most), 0, 1, regression);
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
    level = std::clamp(level + next, -kLimit, kLimit);
    value = level;
  }
}

// --- regression on lags ----------------------------------------------------------------------------------------------------------------

// In increasing order, each once.
struct Lags {
  std::array<std::size_t, 46> at{};
  std::size_t count = 0;
  std::size_t longest() const { return at[count - 1]; }
  std::span<const std::size_t> all() const { return std::span(at).first(count); }
  void add(std::size_t lag) {
    const auto end = at.begin() + static_cast<std::ptrdiff_t>(count);
    const auto place = std::lower_bound(at.begin(), end, lag);
    if (place != end && *place == lag) return;
    std::copy_backward(place, end, end + 1);
    *place = lag;
    ++count;
  }
};

bool enough(std::size_t length, const Lags& lags) { return length >= lags.longest() + 3 * lags.count + 20; }

// Constant and coefficients into p; false if there are too few rows.
bool fit_lags(std::span<const float> y, const Lags& lags, Scratch& scratch, Parameters& p) {
  if (!enough(y.size(), lags)) return false;
  double sum = 0;
  for (float value : y) sum += value;
  float mean = static_cast<float>(sum / static_cast<double>(y.size()));
  std::span<float> around_mean = scratch.floats(5, y.size());
  for (std::size_t t = 0; t < y.size(); ++t) around_mean[t] = y[t] - mean;
  Regression& regression = workspace();
  regression.reset(lags.count + 1);
  products().add(around_mean, lags.longest(), y.size(), lags.all(), 0, 1, regression);
  regression.solve(kRidge);
  regression.coefficients(lags.count + 1, p);
  float of_mean = 1;
  for (std::size_t k = 0; k < lags.count; ++k) of_mean -= p[k + 1];
  p[0] += mean * of_mean;
  return true;
}

void predict_lags(std::span<const float> y, const Lags& lags, const Parameters& p, Scratch& scratch, std::span<float> out) {
  std::span<float> path = scratch.floats(5, lags.longest() + out.size());
  std::ranges::copy(y.last(lags.longest()), path.begin());
  for (std::size_t k = 0; k < out.size(); ++k) {
    std::size_t t = lags.longest() + k;
    float next = p[0];
    for (std::size_t i = 0; i < lags.count; ++i) next += p[i + 1] * path[t - lags.at[i]];
    out[k] = path[t] = std::clamp(next, -kLimit, kLimit);
  }
}

// The recent past, and the same period one season ago.
Lags near_lags(int season) {
  std::size_t m = static_cast<std::size_t>(season);
  Lags lags;
  for (std::size_t lag : {std::size_t{1}, std::size_t{2}, std::size_t{3}, m, m + 1, 2 * m}) lags.add(lag);
  return lags;
}

bool fit_near(const History& history, Scratch& scratch, Parameters& p) {
  return fit_lags(history.y, near_lags(history.season), scratch, p);
}

void predict_near(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  predict_lags(history.y, near_lags(history.season), p, scratch, out);
}

Lags week_lags(const History& history) {
  Lags lags = near_lags(history.season);
  lags.add(static_cast<std::size_t>(history.longer));
  lags.add(static_cast<std::size_t>(history.longer) + 1);
  return lags;
}

bool fit_week(const History& history, Scratch& scratch, Parameters& p) {
  return history.longer > 0 && fit_lags(history.y, week_lags(history), scratch, p);
}

void predict_week(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  predict_lags(history.y, week_lags(history), p, scratch, out);
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
  return fit_lags(seasonal_differences(history, scratch), season_lags(history), scratch, p);
}

void predict_seasonal(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  std::span<const float> y = history.y;
  std::size_t m = static_cast<std::size_t>(history.season);
  predict_lags(seasonal_differences(history, scratch), season_lags(history), p, scratch, out);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = std::clamp(out[k] + (k < m ? y[y.size() - m + k] : out[k - m]), -kLimit, kLimit);
}

// --- autoregression on differences from week to week -------------------------------------------------------------------------------------

// Of logarithms where all values have one.
std::span<const float> week_values(const History& history, Scratch& scratch) {
  if (!history.positive) return history.y;
  std::span<float> out = scratch.floats(1, history.y.size());
  std::ranges::transform(history.y, out.begin(), [](float v) { return std::log(v); });
  return out;
}

std::span<const float> week_differences(std::span<const float> values, std::size_t week, Scratch& scratch) {
  std::span<float> out = scratch.floats(0, values.size() - week);
  for (std::size_t t = 0; t < out.size(); ++t) out[t] = values[t + week] - values[t];
  return out;
}

bool fit_week_differences(const History& history, Scratch& scratch, Parameters& p) {
  if (history.longer == 0) return false;
  const std::span<const float> values = week_values(history, scratch);
  return fit_lags(week_differences(values, static_cast<std::size_t>(history.longer), scratch), near_lags(history.season), scratch, p);
}

void predict_week_differences(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  const std::span<const float> values = week_values(history, scratch);
  const auto week = static_cast<std::size_t>(history.longer);
  predict_lags(week_differences(values, week, scratch), near_lags(history.season), p, scratch, out);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] += k < week ? values[values.size() - week + k] : out[k - week];
  for (float& value : out) value = history.positive ? std::exp(std::min(value, std::log(kLimit))) : std::clamp(value, -kLimit, kLimit);
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
bool fit_day(const History& history, Scratch& scratch, Parameters& p) {
  p.back() = history.longer > 0 ? 1 : 0;
  return fit_lags(history.y, day_lags(history, history.longer > 0), scratch, p);
}

void predict_day(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  predict_lags(history.y, day_lags(history, p.back() == 1), p, scratch, out);
}

}  // namespace

ModelInfo autoregression() {
  return {.name = "autoregression",
          .summary = "Autoregression on differences, order by AICc",
          .minimum_length = 9,
          .routes = kUnseasonal | kShortSeason | kDay | kLongSeason,
          .fit = fit_differences,
          .predict = predict_differences};
}

ModelInfo seasonal_autoregression() {
  return {.name = "seasonal_autoregression",
          .summary = "Autoregression on seasonal differences",
          .minimum_length = 8,
          .input = Input::kOriginal,
          .routes = kShortSeason | kWeek | kDay,
          .fit = fit_seasonal,
          .predict = predict_seasonal};
}

ModelInfo week_autoregression() {
  return {.name = "week_autoregression",
          .summary = "Autoregression on differences from week to week",
          .minimum_length = 40,
          .input = Input::kOriginal,
          .routes = kDay,
          .fit = fit_week_differences,
          .predict = predict_week_differences};
}

ModelInfo lag_regression() {
  return {.name = "lag_regression",
          .summary = "Regression of the adjusted level on the last periods and on those one season ago",
          .minimum_length = 40,
          .routes = kShortSeason | kWeek | kDay | kLongSeason,
          .fit = fit_near,
          .predict = predict_near};
}

ModelInfo week_lag_regression() {
  return {.name = "week_lag_regression",
          .summary = "Regression of the adjusted level on the last periods, and on those of a day and of a week ago",
          .minimum_length = 40,
          .routes = kDay,
          .fit = fit_week,
          .predict = predict_week};
}

ModelInfo long_lag_regression() {
  return {.name = "long_lag_regression",
          .summary = "Regression on every period of the last season and the same ones of the seasons before",
          .minimum_length = 40,
          .input = Input::kOriginal,
          .routes = kDay,
          .fit = fit_day,
          .predict = predict_day};
}

}  // namespace sinan::forecasting

// Card: the calibrated average of a regression in levels (rho) and one in changes (delta), after Doornik, Castle & Hendry (2020), "Card
// forecasts for M4". Ours differs in its parts: both regress on the recent past and on sines of the season, as many as AICc allows.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "intelligence/forecasting/kernels/aicc.hpp"
#include "intelligence/forecasting/kernels/regression.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kMostHarmonics = 8;
constexpr std::size_t kMostColumns = 1 + 3 + 2 * kMostHarmonics;
constexpr float kBeyond = 3;  // a forecast this many times the history's range beyond it has run away

// A regression of w on its last `lags` values and on the first `harmonics` of the season.
struct Model {
  std::size_t lags = 0;
  std::size_t harmonics = 0;
  std::array<float, kMostColumns> weights{};
  std::size_t columns() const { return 1 + lags + 2 * harmonics; }
};

using Row = std::array<float, kMostColumns>;

// Phase t of the season, as cosines and sines in pairs.
class Harmonics {
 public:
  Harmonics(std::size_t season, std::span<float> memory) : season_(season), circle_(memory) {
    for (std::size_t p = 0; p < season; ++p) {
      double angle = 2 * std::numbers::pi * static_cast<double>(p) / static_cast<double>(season);
      circle_[2 * p] = static_cast<float>(std::cos(angle));
      circle_[2 * p + 1] = static_cast<float>(std::sin(angle));
    }
  }
  std::size_t season() const { return season_; }
  std::size_t most() const { return std::min(kMostHarmonics, (season_ - 1) / 2); }
  void write(std::size_t t, std::span<float> out) const {
    for (std::size_t k = 1; 2 * k <= out.size(); ++k) {
      std::size_t p = k * t % season_;
      out[2 * k - 2] = circle_[2 * p];
      out[2 * k - 1] = circle_[2 * p + 1];
    }
  }

 private:
  std::size_t season_;
  std::span<float> circle_;
};

Regression& workspace() {
  static thread_local Regression regression;
  return regression;
}

void fill_row(std::span<const float> before, std::size_t lags, std::size_t t, const Harmonics& waves, std::span<float> row) {
  row[0] = 1;
  for (std::size_t k = 1; k <= lags; ++k) row[k] = before[before.size() - k];
  waves.write(t, row.subspan(1 + lags));
}

// Adds the rows of w to the regression. Sines are the same wherever the phase is: what they meet is summed by phase first.
void add_rows(std::span<const float> w, std::size_t lags, std::size_t first, const Harmonics& waves, std::size_t columns,
              Regression& regression) {
  const std::size_t values = lags + 1;  // of a row: the value, and those before it
  const std::size_t season = waves.season();
  static thread_local std::vector<double> sums, counts, products;
  sums.assign(season * values, 0);
  counts.assign(season, 0);
  products.assign((columns + 1) * (columns + 1), 0);
  auto at = [&](std::size_t i, std::size_t j) -> double& { return products[i * (columns + 1) + j]; };
  auto place = [](std::size_t k) { return k == 0 ? 0 : k + 1; };  // of the value k periods before; the constant has 1
  std::size_t phase = (first + lags) % season;
  for (std::size_t t = lags; t < w.size(); ++t, phase = phase + 1 == season ? 0 : phase + 1) {
    counts[phase] += 1;
    for (std::size_t k = 0; k < values; ++k) {
      const double value = w[t - k];
      sums[phase * values + k] += value;
      for (std::size_t i = 0; i <= k; ++i) at(place(i), place(k)) += value * w[t - i];
    }
  }
  Row row{};
  const std::size_t begin = 1 + values;  // of the sines
  const std::span<float> sines = std::span(row).first(columns + 1 - begin);
  for (std::size_t p = 0; p < season; ++p) {
    if (counts[p] == 0) continue;
    waves.write(p, sines);
    at(1, 1) += counts[p];
    at(0, 1) += sums[p * values];
    for (std::size_t k = 1; k < values; ++k) at(1, place(k)) += sums[p * values + k];
    for (std::size_t j = 0; j < sines.size(); ++j) {
      at(1, begin + j) += counts[p] * sines[j];
      for (std::size_t k = 0; k < values; ++k) at(place(k), begin + j) += sums[p * values + k] * sines[j];
      for (std::size_t i = 0; i <= j; ++i) at(begin + i, begin + j) += counts[p] * sines[i] * sines[j];
    }
  }
  regression.add(w.size() - lags, products);
}

// One factorisation tells the loss of every number of harmonics. `first` is the phase of w[0].
Model learn(std::span<const float> w, std::size_t lags, std::size_t first, const Harmonics& waves) {
  Regression& regression = workspace();
  std::size_t most = waves.most();
  while (most > 0 && w.size() < lags + 2 * (1 + lags + 2 * most)) --most;
  const std::size_t columns = 1 + lags + 2 * most;
  regression.reset(columns);
  add_rows(w, lags, first, waves, columns, regression);
  regression.solve(0);
  Model model{lags};
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k <= most; ++k) {
    const std::size_t used = 1 + lags + 2 * k;
    double value = aicc(regression.loss(used), static_cast<double>(regression.rows()), static_cast<double>(used) + 1);
    if (value < least) least = value, model.harmonics = k;
  }
  regression.coefficients(model.columns(), model.weights);
  return model;
}

// w goes on for `steps` values behind its first `known`.
void continue_with(const Model& model, std::span<float> w, std::size_t known, std::size_t first, const Harmonics& waves) {
  Row row{};
  for (std::size_t t = known; t < w.size(); ++t) {
    fill_row(w.first(t), model.lags, first + t, waves, std::span(row).first(model.columns()));
    float next = 0;
    for (std::size_t i = 0; i < model.columns(); ++i) next += model.weights[i] * row[i];
    w[t] = next;
  }
}

// Calibration: the average is taken as if it had happened, the whole is explained by the period before and the one a season before, and
// what that explanation says of the forecast periods is the forecast.
void calibrate(std::span<const float> path, std::size_t season, std::span<float> out) {
  Regression& regression = workspace();
  regression.reset(3);
  const std::size_t known = path.size() - out.size();
  std::array<float, 3> row{1, 0, 0};
  for (std::size_t t = season; t < path.size(); ++t) {
    row[1] = path[t - 1];
    row[2] = path[t - season];
    regression.add(row, path[t]);
  }
  regression.solve(1e-3);
  std::array<float, 3> weights{};
  regression.coefficients(3, weights);
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = weights[0] + weights[1] * path[known + k - 1] + weights[2] * path[known + k - season];
}

constexpr std::size_t kLevelLags = 3;
constexpr std::size_t kChangeLags = 2;

void forecast(const History& history, const Parameters&, Scratch& scratch, std::span<float> out) {
  const std::size_t n = history.y.size();
  const std::size_t season = static_cast<std::size_t>(history.season);
  std::span<float> path = scratch.floats(0, n + out.size());
  std::ranges::copy(history.y, path.begin());
  const bool on_logs = history.positive && std::ranges::min(history.y) > 0;
  if (on_logs)
    for (float& value : path.first(n)) value = std::log(value);
  auto [least, most] = std::ranges::minmax(path.first(n));
  const Harmonics waves(season, scratch.floats(1, 2 * season));
  continue_with(learn(path.first(n), kLevelLags, 0, waves), path, n, 0, waves);
  std::span<float> changes = scratch.floats(2, n + out.size() - 1);
  for (std::size_t t = 0; t + 1 < n; ++t) changes[t] = path[t + 1] - path[t];
  continue_with(learn(changes.first(n - 1), kChangeLags, 1, waves), changes, n - 1, 1, waves);
  float level = path[n - 1];
  const float beyond = kBeyond * (most - least);
  for (std::size_t k = 0; k < out.size(); ++k) {
    level += changes[n - 1 + k];
    path[n + k] = std::clamp((path[n + k] + level) / 2, least - beyond, most + beyond);
  }
  if (n >= season + 30)
    calibrate(path, season, out);
  else
    std::ranges::copy(path.last(out.size()), out.begin());
  if (on_logs)
    for (float& value : out) value = std::exp(std::clamp(value, least - beyond, most + beyond));
}

}  // namespace

ModelInfo card() {
  return {.name = "card",
          .summary = "Calibrated average of a regression in levels and one in changes (after Doornik, Castle & Hendry 2020)",
          .minimum_length = 24,
          .input = Input::kOriginal,
          .routes = kLongSeason,
          .predict = forecast};
}

}  // namespace sinan::forecasting

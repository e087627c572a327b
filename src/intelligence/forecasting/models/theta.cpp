// The theta method that won M3, on the values and on their logarithms.
#include <algorithm>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/kernels/line.hpp"
#include "intelligence/forecasting/kernels/smoothing.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

constexpr float kLargestLog = 5;  // e⁵ mean sizes: a forecast beyond has run away

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

// --- on values that Box and Cox's (1964) power makes even -------------------------------------------------------------------------------

float transform(float value, float lambda) { return lambda == 0 ? std::log(value) : (std::pow(value, lambda) - 1) / lambda; }

// What is below the transform's range comes back as zero.
float restore(float value, float lambda) {
  if (lambda == 0) return std::exp(std::min(value, kLargestLog));
  float base = lambda * value + 1;
  return base <= 0 ? 0 : std::pow(base, 1 / lambda);
}

// Guerrero (1993): the power for which the spread of short pieces grows least with their mean: of s / m^(1 − λ) the smallest coefficient of
// variation, λ among 0, 0.1 … 1. Pieces are as long as a season, of two values at least.
float even_power(std::span<const float> y, std::size_t season) {
  const std::size_t length = std::max<std::size_t>(2, season);
  const std::size_t pieces = y.size() / length;
  if (pieces < 2) return 1;
  float best = 1;
  double least = std::numeric_limits<double>::infinity();
  for (int tenth = 10; tenth >= 0; --tenth) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < pieces; ++i) {
      std::span<const float> piece = y.subspan(y.size() - (pieces - i) * length, length);
      double mean = 0;
      for (float value : piece) mean += value / static_cast<double>(length);
      double variance = 0;
      for (float value : piece) variance += (value - mean) * (value - mean) / static_cast<double>(length - 1);
      double ratio = std::sqrt(variance) / std::pow(mean, 1 - tenth / 10.0);
      sum += ratio;
      squares += ratio * ratio;
    }
    const double n = static_cast<double>(pieces);
    const double mean = sum / n;
    if (mean <= 0) return 1;
    const double variation = std::sqrt(std::max(squares / n - mean * mean, 0.0)) / mean;
    if (variation < least) least = variation, best = static_cast<float>(tenth) / 10;
  }
  return best;
}

bool fit_even(const History& history, Scratch& scratch, Parameters& out) {
  if (!history.positive || std::ranges::min(history.y) <= 0) return false;
  float lambda = even_power(history.y, static_cast<std::size_t>(history.season));
  std::span<float> even = scratch.floats(0, history.y.size());
  for (std::size_t t = 0; t < even.size(); ++t) even[t] = transform(history.y[t], lambda);
  History transformed = history;
  transformed.y = even;
  out[2] = lambda;
  return fit(transformed, scratch, out);
}

void predict_even(const History& history, const Parameters& p, Scratch& scratch, std::span<float> out) {
  std::span<float> even = scratch.floats(0, history.y.size());
  for (std::size_t t = 0; t < even.size(); ++t) even[t] = transform(history.y[t], p[2]);
  History transformed = history;
  transformed.y = even;
  predict(transformed, p, scratch, out);
  for (float& value : out) value = restore(value, p[2]);
}

}  // namespace

ModelInfo box_cox_theta() {
  return {.name = "box_cox_theta",
          .summary = "The theta method on Box-Cox transformed values, the power by Guerrero (1993)",
          .minimum_length = 4,
          .fit = fit_even,
          .predict = predict_even};
}

ModelInfo theta() {
  return {.name = "theta",
          .summary = "The theta method (Assimakopoulos & Nikolopoulos 2000)",
          .minimum_length = 4,
          .routes = kUnseasonal | kShortSeason | kWeek | kDay | kLongSeason,
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

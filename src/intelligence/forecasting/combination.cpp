#include "intelligence/forecasting/combination.hpp"

#include <algorithm>
#include <cmath>

#include "intelligence/forecasting/decomposition.hpp"
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/models/smoothing.hpp"

namespace sinan::forecasting {
namespace {

// Models whose error is more than this times the least are left out.
constexpr double kWorst = 1.5;

bool is_intermittent(DemandClass c) { return c == DemandClass::kIntermittent || c == DemandClass::kLumpy; }

std::vector<const ModelInfo*> candidates(DemandClass demand_class, std::size_t length) {
  std::vector<const ModelInfo*> out;
  for (const ModelInfo& model : models())
    if (model.intermittent == is_intermittent(demand_class) && static_cast<std::size_t>(model.min_length) <= length) out.push_back(&model);
  if (out.empty()) out.push_back(&models().front());
  return out;
}

// Forecasts of every candidate from the first `length` values, season taken out and put back: [candidate][step].
std::vector<std::vector<double>> forecasts_of(std::span<const double> y, int season, const std::vector<const ModelInfo*>& pool, int steps) {
  Seasonality seasonality = decompose(y, season);
  std::vector<double> adjusted(y.size());
  for (std::size_t t = 0; t < y.size(); ++t) adjusted[t] = seasonality.adjust(y[t], t);
  std::vector<std::vector<double>> out(pool.size(), std::vector<double>(static_cast<std::size_t>(steps)));
  for (std::size_t j = 0; j < pool.size(); ++j) {
    pool[j]->forecast(adjusted, out[j]);
    for (std::size_t h = 0; h < out[j].size(); ++h) out[j][h] = seasonality.restore(out[j][h], y.size() + h);
  }
  return out;
}

struct Origins {
  int steps = 0;
  std::vector<std::size_t> lengths;  // of the training parts
};

// Origins near the end, a part of the horizon apart, as long as enough is left to learn from.
Origins choose_origins(std::size_t length, int season, const Options& options) {
  Origins out;
  auto n = static_cast<int>(length);
  int least = std::max({6, season > 1 ? 2 * season + 2 : 0, n / 4});
  out.steps = std::min(options.horizon, std::max(1, (n - least + 1) / 2));
  if (out.steps + least > n) out.steps = std::max(0, n - least);
  if (out.steps == 0) return out;
  int apart = std::max(1, (out.steps + 2) / 3);
  for (int k = 0; k < options.origins; ++k) {
    int train = n - out.steps - k * apart;
    if (train < least) break;
    out.lengths.push_back(static_cast<std::size_t>(train));
  }
  return out;
}

std::vector<double> weights_of(const std::vector<double>& absolute_errors) {
  double least = *std::min_element(absolute_errors.begin(), absolute_errors.end());
  std::vector<double> weights(absolute_errors.size());
  double sum = 0;
  for (std::size_t j = 0; j < weights.size(); ++j) {
    double error = absolute_errors[j];
    weights[j] = error <= kWorst * least ? 1 / (error * error + 1e-300) : 0;
    if (least == 0) weights[j] = error == 0 ? 1 : 0;
    sum += weights[j];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

std::vector<double> combined(const std::vector<std::vector<double>>& forecasts, const std::vector<double>& weights) {
  std::vector<double> out(forecasts.front().size(), 0);
  for (std::size_t j = 0; j < forecasts.size(); ++j)
    for (std::size_t h = 0; h < out.size(); ++h) out[h] += weights[j] * forecasts[j][h];
  return out;
}

// Errors do not come near the truth's own scale when a series is constant; then there is nothing to be unsure of.
double error_scale(std::span<const double> y, int season) {
  if (y.size() < 3) return 0;
  Seasonality seasonality = decompose(y, season);
  std::vector<double> adjusted(y.size());
  for (std::size_t t = 0; t < y.size(); ++t) adjusted[t] = seasonality.adjust(y[t], t);
  double sse = fit_smoothing(adjusted, Trend::kNone).sse;
  return std::sqrt(sse / static_cast<double>(y.size()));
}

}  // namespace

SeriesFit fit_series(std::span<const double> y, int season, const Options& options) {
  SeriesFit out;
  out.demand_class = classify(y, season);
  bool intermittent = is_intermittent(out.demand_class);
  // The few sales of an intermittent series do not tell a season.
  out.season = intermittent ? 1 : season;
  out.non_negative = std::all_of(y.begin(), y.end(), [](double value) { return value >= 0; });
  auto horizon = static_cast<std::size_t>(options.horizon);
  if (out.demand_class == DemandClass::kDead) {
    out.point.assign(horizon, 0);
    out.model = "empirical";
    return out;
  }
  auto pool = candidates(out.demand_class, y.size());
  Origins origins = choose_origins(y.size(), out.season, options);
  std::vector<std::vector<std::vector<double>>> tried;
  std::vector<double> absolute(pool.size(), 0);
  for (std::size_t length : origins.lengths) {
    auto& forecasts = tried.emplace_back(forecasts_of(y.first(length), out.season, pool, origins.steps));
    for (std::size_t j = 0; j < pool.size(); ++j)
      for (std::size_t h = 0; h < forecasts[j].size(); ++h) absolute[j] += std::abs(y[length + h] - forecasts[j][h]);
  }
  std::vector<double> weights =
      tried.empty() ? std::vector<double>(pool.size(), 1.0 / static_cast<double>(pool.size())) : weights_of(absolute);
  out.model = pool[static_cast<std::size_t>(std::max_element(weights.begin(), weights.end()) - weights.begin())]->name;
  out.point = combined(forecasts_of(y, out.season, pool, options.horizon), weights);
  out.scale = error_scale(y, out.season);
  out.steps = origins.steps;
  for (std::size_t k = 0; k < tried.size(); ++k) {
    auto forecast = combined(tried[k], weights);
    for (std::size_t h = 0; h < forecast.size(); ++h) out.errors.push_back(y[origins.lengths[k] + h] - forecast[h]);
  }
  if (out.non_negative)
    for (double& value : out.point) value = std::max(value, 0.0);
  return out;
}

}  // namespace sinan::forecasting

#include "intelligence/forecasting/decomposition.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::forecasting {
namespace {

// The nearest usable value at distances step, 2·step, … in one direction; NaN if none.
double nearest_usable(std::span<const double> y, std::span<const std::uint8_t> usable, std::ptrdiff_t from, std::ptrdiff_t step) {
  for (std::ptrdiff_t i = from + step; i >= 0 && i < static_cast<std::ptrdiff_t>(y.size()); i += step)
    if (usable[static_cast<std::size_t>(i)]) return y[static_cast<std::size_t>(i)];
  return NAN;
}

double filled_value(std::span<const double> y, std::span<const std::uint8_t> usable, std::size_t at, int season) {
  auto from = static_cast<std::ptrdiff_t>(at);
  for (std::ptrdiff_t step : {static_cast<std::ptrdiff_t>(season), std::ptrdiff_t{1}}) {
    double before = nearest_usable(y, usable, from, -step);
    double after = nearest_usable(y, usable, from, step);
    if (!std::isnan(before) && !std::isnan(after)) return (before + after) / 2;
    if (!std::isnan(before)) return before;
    if (!std::isnan(after)) return after;
  }
  return 0;
}

}  // namespace

std::vector<double> cleaned(std::span<const double> y, std::span<const std::uint8_t> lost, int season) {
  std::size_t first = 0;
  while (first < y.size() && std::isnan(y[first])) ++first;
  y = y.subspan(first);
  if (!lost.empty()) lost = lost.subspan(first);
  std::vector<std::uint8_t> usable(y.size());
  bool all = true;
  for (std::size_t i = 0; i < y.size(); ++i) {
    usable[i] = !std::isnan(y[i]) && (lost.empty() || !lost[i]);
    all = all && usable[i];
  }
  std::vector<double> out(y.begin(), y.end());
  if (all) return out;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (usable[i]) continue;
    double value = filled_value(y, usable, i, season);
    out[i] = std::isnan(y[i]) ? value : std::max(y[i], value);
  }
  return out;
}

double autocorrelation(std::span<const double> y, int lag) {
  if (lag <= 0 || static_cast<std::size_t>(lag) >= y.size()) return 0;
  double mean = 0;
  for (double value : y) mean += value;
  mean /= static_cast<double>(y.size());
  double up = 0;
  double down = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    down += (y[i] - mean) * (y[i] - mean);
    if (i >= static_cast<std::size_t>(lag)) up += (y[i] - mean) * (y[i - static_cast<std::size_t>(lag)] - mean);
  }
  return down > 0 ? up / down : 0;
}

bool is_seasonal(std::span<const double> y, int season) {
  if (season < 2 || y.size() < 3 * static_cast<std::size_t>(season)) return false;
  double sum = 0;
  for (int lag = 1; lag < season; ++lag) {
    double r = autocorrelation(y, lag);
    sum += r * r;
  }
  double limit = 1.645 * std::sqrt((1 + 2 * sum) / static_cast<double>(y.size()));
  return std::abs(autocorrelation(y, season)) > limit;
}

double Seasonality::adjust(double value, std::size_t t) const {
  if (season < 2) return value;
  double index = indices[t % static_cast<std::size_t>(season)];
  return multiplicative ? value / index : value - index;
}

double Seasonality::restore(double value, std::size_t t) const {
  if (season < 2) return value;
  double index = indices[t % static_cast<std::size_t>(season)];
  return multiplicative ? value * index : value + index;
}

Seasonality decompose(std::span<const double> y, int season) {
  Seasonality out;
  auto m = static_cast<std::size_t>(season);
  if (season < 2 || y.size() < 2 * m) return out;
  out.season = season;
  out.multiplicative = *std::min_element(y.begin(), y.end()) > 0;
  // Moving average over one season, centred: for an even season the two ends count half.
  std::size_t half = m / 2;
  std::vector<double> sums(m, 0);
  std::vector<double> counts(m, 0);
  double window = 0;
  for (std::size_t i = 0; i < 2 * half + 1; ++i) window += y[i];
  for (std::size_t t = half; t + half < y.size(); ++t) {
    double total = m % 2 == 0 ? window - (y[t - half] + y[t + half]) / 2 : window;
    double trend = total / static_cast<double>(m);
    double ratio = out.multiplicative ? y[t] / trend : y[t] - trend;
    sums[t % m] += ratio;
    counts[t % m] += 1;
    if (t + half + 1 < y.size()) window += y[t + half + 1] - y[t - half];
  }
  double mean = 0;
  out.indices.resize(m);
  for (std::size_t phase = 0; phase < m; ++phase) {
    out.indices[phase] = counts[phase] > 0 ? sums[phase] / counts[phase] : (out.multiplicative ? 1 : 0);
    mean += out.indices[phase] / static_cast<double>(m);
  }
  for (double& index : out.indices) {
    index = out.multiplicative ? index / mean : index - mean;
    // An index near zero would blow up what is divided by it.
    if (out.multiplicative) index = std::max(index, 0.05);
  }
  return out;
}

}  // namespace sinan::forecasting

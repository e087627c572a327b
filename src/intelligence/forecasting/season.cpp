#include "intelligence/forecasting/season.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "intelligence/forecasting/line.hpp"

namespace sinan::forecasting {
namespace {

// Sum of products at a lag, of the series without its line. Four sums, so that the loop is not one chain.
double product_at(std::span<const float> d, std::size_t lag) {
  std::array<float, 8> sums{};
  std::size_t count = d.size() - lag;
  std::size_t t = 0;
  for (; t + 8 <= count; t += 8)
    for (std::size_t i = 0; i < 8; ++i) sums[i] += d[t + i] * d[t + i + lag];
  double sum = 0;
  for (; t < count; ++t) sum += static_cast<double>(d[t]) * d[t + lag];
  for (float part : sums) sum += part;
  return sum;
}

}  // namespace

double season_strength(std::span<const float> y, int season) {
  std::size_t m = static_cast<std::size_t>(season);
  if (season < 2 || y.size() < 3 * m) return -1;
  static thread_local std::vector<float> without_line;
  without_line.resize(y.size());
  Line line = fit_line(y);
  for (std::size_t t = 0; t < y.size(); ++t) without_line[t] = y[t] - line.intercept - line.slope * static_cast<float>(t);
  double variance = product_at(without_line, 0);
  if (variance <= 1e-10 * static_cast<double>(y.size())) return -1;
  double squares = 0;
  for (std::size_t lag = 1; lag < m; ++lag) {
    double r = product_at(without_line, lag) / variance;
    squares += r * r;
  }
  double at_season = product_at(without_line, m) / variance;
  return at_season - 1.645 * std::sqrt((1 + 2 * squares) / static_cast<double>(y.size()));
}

bool has_season(std::span<const float> y, int season) { return season_strength(y, season) > 0; }

void season_indices(std::span<const float> y, int season, SeasonKind kind, std::span<float> indices) {
  std::size_t m = static_cast<std::size_t>(season);
  std::size_t half = m / 2;
  static thread_local std::vector<double> sums;
  static thread_local std::vector<std::uint32_t> counts;
  sums.assign(m, 0);
  counts.assign(m, 0);
  double window = 0;
  for (std::size_t t = 0; t < m; ++t) window += y[t];
  for (std::size_t t = half; t + half < y.size(); ++t) {
    // An even season's average is centred by halving both ends.
    double average = m % 2 == 1 ? window : window + (y[t + half] - y[t - half]) / 2.0;
    average /= static_cast<double>(m);
    if (kind == SeasonKind::kMultiplicative && average > 1e-6) {
      sums[t % m] += y[t] / average;
      ++counts[t % m];
    } else if (kind == SeasonKind::kAdditive) {
      sums[t % m] += y[t] - average;
      ++counts[t % m];
    }
    std::size_t leaves = t - half;
    std::size_t enters = leaves + m;
    if (enters < y.size()) window += static_cast<double>(y[enters]) - y[leaves];
  }
  double neutral = kind == SeasonKind::kMultiplicative ? 1 : 0;
  double total = 0;
  for (std::size_t p = 0; p < m; ++p) {
    sums[p] = counts[p] ? sums[p] / counts[p] : neutral;
    if (kind == SeasonKind::kMultiplicative) sums[p] = std::max(sums[p], 0.01);
    total += sums[p];
  }
  total /= static_cast<double>(m);
  for (std::size_t p = 0; p < m; ++p)
    indices[p] = static_cast<float>(kind == SeasonKind::kMultiplicative ? sums[p] / total : sums[p] - total);
}

void remove_season(std::span<const float> y, std::span<const float> indices, SeasonKind kind, std::span<float> out) {
  std::size_t m = indices.size();
  std::size_t p = 0;
  for (std::size_t t = 0; t < y.size(); ++t) {
    if (kind == SeasonKind::kNone)
      out[t] = y[t];
    else
      out[t] = kind == SeasonKind::kMultiplicative ? y[t] / indices[p] : y[t] - indices[p];
    if (++p == m) p = 0;
  }
}

void restore_season(std::span<float> forecast, std::size_t first, std::span<const float> indices, SeasonKind kind) {
  if (kind == SeasonKind::kNone) return;
  std::size_t m = indices.size();
  for (std::size_t k = 0; k < forecast.size(); ++k) {
    float index = indices[(first + k) % m];
    forecast[k] = kind == SeasonKind::kMultiplicative ? forecast[k] * index : forecast[k] + index;
  }
}

}  // namespace sinan::forecasting

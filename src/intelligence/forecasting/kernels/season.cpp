#include "intelligence/forecasting/kernels/season.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/series.hpp"
#include "intelligence/forecasting/kernels/lanes.hpp"
#include "intelligence/forecasting/kernels/line.hpp"

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

double season_strength(std::span<const float> y, int season, double limit) {
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
  return at_season - limit * std::sqrt((1 + 2 * squares) / static_cast<double>(y.size()));
}

int find_season(std::span<const float> y, std::span<const int> candidates) {
  constexpr double kLimitOfChanges = 2;
  static thread_local std::vector<float> changes;
  changes.clear();
  for (std::size_t t = 1; t < y.size(); ++t) changes.push_back(y[t] - y[t - 1]);
  int best = 1;
  double most = 0;
  for (int candidate : candidates) {
    const double strength = std::max(season_strength(y, candidate), season_strength(changes, candidate, kLimitOfChanges));
    if (strength > most) best = candidate, most = strength;
  }
  return best;
}

std::size_t least_length(std::size_t season) { return season < 24 ? 2 * season + 1 : (8 * season + 4) / 5; }

namespace {

// Weights of a season against the one after it, of which each series gets its own.
constexpr Lanes kFades{0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.75F, 0.9F, 1.0F};
constexpr std::size_t kUsualFade = 4;
constexpr float kPatience = 0.02F;  // seasons for which the usual one is held against the others
constexpr double kLeastIndex = 0.02;

// What is known of each phase.
struct Phases {
  std::vector<double> mean, weight, squares, weights_squared;
  void reset(std::size_t m) {
    for (std::vector<double>* v : {&mean, &weight, &squares, &weights_squared}) v->assign(m, 0);
  }
  void add(std::size_t p, double value, double w) {
    mean[p] += w * value;
    weight[p] += w;
    squares[p] += w * value * value;
    weights_squared[p] += w * w;
  }
  std::size_t size() const { return mean.size(); }
  // How many equally weighted values would tell as much.
  double effective(std::size_t p) const { return weights_squared[p] > 0 ? weight[p] * weight[p] / weights_squared[p] : 0; }
  // Turns sums into means; returns the variance of a single value around its phase's mean.
  double finish(double neutral) {
    double variance = 0;
    double phases = 0;
    for (std::size_t p = 0; p < size(); ++p) {
      if (weight[p] == 0) {
        mean[p] = neutral;
        continue;
      }
      mean[p] /= weight[p];
      double n = effective(p);
      if (n < 1.01) continue;
      variance += std::max(squares[p] / weight[p] - mean[p] * mean[p], 0.0) / (1 - 1 / n);
      ++phases;
    }
    return phases > 0 ? variance / phases : 0;
  }
};

// The share of a deviation from something surer that is kept, from the mean square of the deviations and that of their noise.
double kept(double squares, double noise) { return squares > 0 ? std::max(0.0, 1 - noise / squares) : 0; }

// For each fade the squared errors with which the phases so far foretold the next value of the same phase; values that are not finite do
// not count. `sums` and `weights` hold m × 8 floats. Returns the number of errors.
SINAN_LANES std::size_t fade_losses(std::span<const float> values, std::size_t first, std::size_t m, std::span<float> sums,
                                    std::span<float> weights, Lanes& loss) {
  loss = Lanes{};
  std::size_t count = 0;
  std::size_t p = first % m;
  for (std::size_t t = 0; t < values.size(); ++t, p = p + 1 == m ? 0 : p + 1) {
    if (!std::isfinite(values[t])) continue;
    Lanes sum;
    Lanes weight;
    load(&sums[p * kLanes], sum);
    load(&weights[p * kLanes], weight);
    if (weight[0] > 0) {
      Lanes error = values[t] - sum / weight;
      loss += error * error;
      ++count;
    }
    store(&sums[p * kLanes], kFades * sum + values[t]);
    store(&weights[p * kLanes], kFades * weight + 1);
  }
  return count;
}

// The fade of this series: of those the one with the least errors, but the usual one unless it is clearly beaten.
double find_fade(std::span<const float> values, std::size_t first, std::size_t m) {
  static thread_local std::vector<float> sums, weights;
  sums.assign(m * kLanes, 0);
  weights.assign(m * kLanes, 0);
  Lanes loss;
  std::size_t count = fade_losses(values, first, m, sums, weights, loss);
  if (count == 0) return kFades[kUsualFade];
  float handicap = 1 + kPatience * static_cast<float>(m) / static_cast<float>(count);
  std::size_t best = smallest(loss);
  return kFades[loss[best] * handicap < loss[kUsualFade] ? best : kUsualFade];
}

// What the i-th of the 2 × reach + 1 phases around one counts for.
double nearness(std::size_t i, std::size_t reach) { return static_cast<double>(reach + 1 - (i > reach ? i - reach : reach - i)); }

// Phases averaged with their neighbours within `reach`, near ones counting more; with `shorter` only what differs from that season's
// phases. Returns the sum of 1 / effective number of values.
double smooth_phases(const Phases& phases, std::size_t reach, std::span<const double> shorter, std::vector<double>& out) {
  const std::size_t m = phases.size();
  auto base = [&](std::size_t p) { return shorter.empty() ? 0.0 : shorter[p % shorter.size()]; };
  double noise = 0;
  for (std::size_t p = 0; p < m; ++p) {
    double sum = 0;
    double weight = 0;
    double squares = 0;
    for (std::size_t i = 0; i <= 2 * reach; ++i) {
      std::size_t at = (p + m + i - reach) % m;
      double near = nearness(i, reach);
      double w = near * phases.effective(at);
      sum += w * (phases.mean[at] - base(at));
      weight += w;
      squares += w * near;
    }
    out[p] = weight > 0 ? base(p) + sum / weight : phases.mean[p];
    noise += weight > 0 ? squares / (weight * weight) : 2;
  }
  return noise;
}

// Where the window lies whole around a value: value i + window / 2 without the average of `window` values around it. `sums`: of the values
// before each.
SINAN_LANES void remove_average(const float* y, const double* sums, std::size_t count, std::size_t window, bool multiplicative,
                                float* out) {
  const double share = 1 / static_cast<double>(window);
  const std::size_t end = window % 2 == 0 ? window : 0;  // an even window is centred by halving both ends
  for (std::size_t i = 0; i < count; ++i) {
    const double average = (sums[i + window] - sums[i] + (static_cast<double>(y[i + end]) - y[i]) / 2) * share;
    const double value = y[i + window / 2];
    out[i] = static_cast<float>(!multiplicative ? value - average : average > 1e-6 ? value / average : kMissing);
  }
}

// y without its base, a moving average that at the ends is the one of the nearest whole window, from the first value that has one; NaN
// where a ratio to it would mean nothing. Returns the first.
std::size_t remove_base(std::span<const float> y, std::size_t m, bool multiplicative, std::vector<float>& out) {
  static thread_local std::vector<double> sums;
  sums.resize(y.size() + 1);
  double sum = 0;
  for (std::size_t t = 0; t < y.size(); ++t) {
    sums[t] = sum;
    sum += y[t];
  }
  sums[y.size()] = sum;
  const std::size_t half = m / 2;
  const bool to_the_ends = m >= 24 || y.size() < 3 * m;
  const std::size_t first = to_the_ends ? 0 : half;
  const std::size_t whole = y.size() - 2 * half;  // values with all of the window around them
  out.resize(to_the_ends ? y.size() : whole);
  remove_average(y.data(), sums.data(), whole, m, multiplicative, &out[half - first]);
  if (!to_the_ends) return first;
  auto remove = [&](std::size_t t, std::size_t from) {
    const double average = (sums[from + m] - sums[from]) / static_cast<double>(m);
    out[t] = static_cast<float>(!multiplicative ? y[t] - average : average > 1e-6 ? y[t] / average : kMissing);
  };
  for (std::size_t t = 0; t < half; ++t) remove(t, 0);
  for (std::size_t t = half + whole; t < y.size(); ++t) remove(t, y.size() - m);
  return first;
}

void collect(std::span<const float> values, std::size_t first, const Periods& periods, Phases& phases, Phases& shorter) {
  const std::size_t m = periods.length();
  phases.reset(m);
  shorter.reset(periods.season);
  const double step = std::pow(find_fade(values, first, m), 1.0 / static_cast<double>(m));
  double w = 1;
  std::size_t p = (first + values.size()) % m;
  std::size_t q = (first + values.size()) % periods.season;
  for (std::size_t i = values.size(); i-- > 0; w *= step) {
    p = p == 0 ? m - 1 : p - 1;
    q = q == 0 ? periods.season - 1 : q - 1;
    if (!std::isfinite(values[i])) continue;
    phases.add(p, values[i], w);
    if (periods.longer) shorter.add(q, values[i], w);
  }
}

// Means of neighbouring phases err alike where the values they come from wander. How many times the noise of a smoothed phase is, for that,
// what it would be if values were independent: by the autocorrelation of what the phases leave over.
double correlated(std::span<const float> values, std::size_t first, const Phases& phases, std::size_t reach) {
  static thread_local std::vector<float> left;
  left.resize(values.size());
  std::size_t p = first % phases.size();
  for (std::size_t t = 0; t < values.size(); ++t, p = p + 1 == phases.size() ? 0 : p + 1)
    left[t] = std::isfinite(values[t]) ? values[t] - static_cast<float>(phases.mean[p]) : 0;
  const double variance = product_at(left, 0);
  if (variance <= 0) return 1;
  double with = 0;
  double without = 0;
  for (std::size_t i = 0; i <= 2 * reach; ++i) without += nearness(i, reach) * nearness(i, reach);
  for (std::size_t lag = 1; lag <= 2 * reach; ++lag) {
    double pairs = 0;
    for (std::size_t i = lag; i <= 2 * reach; ++i) pairs += nearness(i, reach) * nearness(i - lag, reach);
    with += 2 * pairs * product_at(left, lag) / variance;
  }
  return std::max(1.0, 1 + with / without);
}

// Mean squares of the three parts of each phase, from sure to unsure: coarse − middle, smooth − coarse, itself − smooth.
struct Parts {
  double coarse = 0, smooth = 0, fine = 0;
};

}  // namespace

void season_indices(std::span<const float> y, const Periods& periods, SeasonKind kind, std::span<float> indices) {
  const bool multiplicative = kind == SeasonKind::kMultiplicative;
  const double neutral = multiplicative ? 1 : 0;
  const std::size_t m = periods.length();
  const bool is_long = m >= 24;
  static thread_local Phases phases, shorter;
  static thread_local std::vector<double> smooth, coarse;  // what each phase is drawn towards
  static thread_local std::vector<float> values;
  const std::size_t first = remove_base(y, m, multiplicative, values);
  collect(values, first, periods, phases, shorter);
  const double variance = phases.finish(neutral);
  if (periods.longer) shorter.finish(neutral);

  // Without a longer season nothing is coarser than the smoothed phases; short seasons are not smoothed, and the noise of their parts is
  // that of the phases themselves.
  Parts noise;
  for (std::size_t p = 0; p < m; ++p) noise.fine += 1 / std::max(phases.effective(p), 0.5);
  smooth = phases.mean;
  if (is_long) {
    const std::size_t reach = periods.season == 7 ? 7 : 1;
    noise.smooth = smooth_phases(phases, reach, periods.longer ? std::span<const double>(shorter.mean) : std::span<const double>(), smooth);
    noise.smooth *= correlated(values, first, phases, reach);
  }
  coarse = smooth;
  noise.coarse = is_long ? noise.smooth : noise.fine;
  if (periods.longer) {
    noise.coarse = 0;
    for (std::size_t p = 0; p < m; ++p) {
      coarse[p] = shorter.mean[p % periods.season];
      noise.coarse += 1 / std::max(shorter.effective(p % periods.season), 0.5);
    }
  }
  double middle = 0;
  for (double c : coarse) middle += c / static_cast<double>(m);
  Parts squares;
  for (std::size_t p = 0; p < m; ++p) {
    squares.fine += (phases.mean[p] - smooth[p]) * (phases.mean[p] - smooth[p]);
    squares.smooth += (smooth[p] - coarse[p]) * (smooth[p] - coarse[p]);
    squares.coarse += (coarse[p] - middle) * (coarse[p] - middle);
  }
  const double n = static_cast<double>(m);
  const double free = is_long ? 1 : (n - 1) / n;  // one phase is the mean of the others
  const Parts keep{kept(squares.coarse, variance * noise.coarse * free), kept(squares.smooth, variance * noise.smooth),
                   is_long ? kept(squares.fine, variance * noise.fine) : 0};
  static thread_local std::vector<double> out;
  out.resize(m);
  double total = 0;
  for (std::size_t p = 0; p < m; ++p) {
    double index =
        neutral + keep.coarse * (coarse[p] - middle) + keep.smooth * (smooth[p] - coarse[p]) + keep.fine * (phases.mean[p] - smooth[p]);
    out[p] = multiplicative ? std::max(index, kLeastIndex) : index;
    total += out[p] / n;
  }
  for (std::size_t p = 0; p < m; ++p) indices[p] = static_cast<float>(multiplicative ? out[p] / total : out[p] - total);
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

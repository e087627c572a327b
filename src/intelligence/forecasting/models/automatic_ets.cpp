// Automatic exponential smoothing: of the fifteen state space models with additive or multiplicative errors, no, linear or damped trend,
// and no, additive or multiplicative season whose recursions are stable, the one with the least AICc (Hyndman, Koehler, Snyder & Grose
// 2002; Hyndman, Koehler, Ord & Snyder 2008, tables 2.2 and 2.3). States at the start are found with the parameters. Slow and exact: the
// pool gets nearly the same from its seasonal indices and `ets` in a hundredth of the time.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/kernels/line.hpp"
#include "intelligence/forecasting/kernels/minimize.hpp"
#include "intelligence/forecasting/kernels/season.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kLongestSeason = 24;  // longer ones have more first states than histories tell
constexpr double kNone = std::numeric_limits<double>::infinity();

struct Kind {
  bool multiplies = false;  // errors
  int trend = 0;            // 0: none, 1: linear, 2: damped
  SeasonKind season = SeasonKind::kNone;
  std::size_t states(std::size_t m) const { return 1 + (trend > 0) + (season != SeasonKind::kNone ? m : 0); }
  // Parameters, free first states, and the variance of errors: gamma makes up for the phase that is not free.
  std::size_t free(std::size_t m) const { return 2 + static_cast<std::size_t>(trend) + states(m); }
};

struct Smoothing {
  double alpha = 0, beta = 0, gamma = 0, phi = 1;
};

struct States {
  double level = 0, slope = 0;
  std::array<double, kLongestSeason> season{};  // of the phase t % m
};

// What is expected of a period of phase p, before the season and with it.
double base_of(const Smoothing& s, const States& x) { return x.level + s.phi * x.slope; }
double expected(const Kind& kind, double base, const States& x, std::size_t p) {
  if (kind.season == SeasonKind::kNone) return base;
  return kind.season == SeasonKind::kAdditive ? base + x.season[p] : base * x.season[p];
}

// Takes a value of phase p, or its expectation, into the states.
void update(const Kind& kind, const Smoothing& s, States& x, std::size_t p, double base, double surprise) {
  double above = surprise;  // of the base
  if (kind.season == SeasonKind::kMultiplicative) above = surprise / x.season[p];
  if (kind.season == SeasonKind::kAdditive) x.season[p] += s.gamma * surprise;
  if (kind.season == SeasonKind::kMultiplicative) x.season[p] += s.gamma * surprise / base;
  x.level = base + s.alpha * above;
  x.slope = s.phi * x.slope + s.beta * above;
}

// Minus twice the logarithm of the likelihood, up to a constant; `x` ends behind the last value. Infinite where it is not defined.
double deviance(const Kind& kind, const Smoothing& s, std::span<const float> y, std::size_t m, States& x) {
  double squares = 0;
  double logs = 0;
  std::size_t p = 0;
  for (const float value : y) {
    const double base = base_of(s, x);
    const double mean = expected(kind, base, x, p);
    if (kind.multiplies && (mean <= 0 || base <= 0)) return kNone;
    const double surprise = value - mean;
    const double error = kind.multiplies ? surprise / mean : surprise;
    squares += error * error;
    if (kind.multiplies) logs += std::log(mean);
    update(kind, s, x, p, base, surprise);
    p = p + 1 == m ? 0 : p + 1;
  }
  const double n = static_cast<double>(y.size());
  const double out = n * std::log(std::max(squares, 1e-12 * n)) + 2 * logs;
  return std::isfinite(out) ? out : kNone;
}

// Numbers of a search: alpha, then beta as a part of alpha, gamma as a part of 1 − alpha and phi, as far as the kind has them; level,
// slope, and the season but for its last phase, which makes them 0 together, or 1 on average.
struct Point {
  Smoothing smoothing;
  States states;
};
Point point_of(const Kind& kind, std::size_t m, std::span<const double> numbers) {
  Point out;
  std::size_t k = 0;
  Smoothing& s = out.smoothing;
  s.alpha = numbers[k++];
  s.phi = kind.trend == 0 ? 0 : 1;
  if (kind.trend > 0) s.beta = s.alpha * numbers[k++];
  if (kind.season != SeasonKind::kNone) s.gamma = (1 - s.alpha) * numbers[k++];
  if (kind.trend == 2) s.phi = numbers[k++];
  out.states.level = numbers[k++];
  if (kind.trend > 0) out.states.slope = numbers[k++];
  if (kind.season == SeasonKind::kNone) return out;
  double last = kind.season == SeasonKind::kAdditive ? 0 : static_cast<double>(m);
  for (std::size_t p = 0; p + 1 < m; ++p) last -= out.states.season[p] = numbers[k++];
  out.states.season[m - 1] = last;
  return out;
}

// Begins where the seasonal indices and a straight line through the first values say.
Search start(const Kind& kind, std::size_t m, std::span<const float> y, std::span<const float> indices) {
  Search out;
  auto add = [&](double at, double least, double most, double step) {
    out.at.push_back(at);
    out.least.push_back(least);
    out.most.push_back(most);
    out.step.push_back(step);
  };
  add(0.2, 1e-4, 0.9999, 0.1);
  if (kind.trend > 0) add(0.1, 1e-4, 0.9999, 0.1);
  if (kind.season != SeasonKind::kNone) add(0.1, 1e-4, 0.9999, 0.1);
  if (kind.trend == 2) add(0.95, 0.8, 0.98, 0.02);
  std::vector<float> adjusted(y.size());
  remove_season(y, kind.season == SeasonKind::kNone ? std::span<const float>() : indices, kind.season, adjusted);
  const std::size_t first = std::min(y.size(), std::max<std::size_t>(10, 2 * m));
  const Line line = fit_line(std::span<const float>(adjusted).first(first));
  double mean = 0;
  for (std::size_t t = 0; t < first; ++t) mean += adjusted[t] / static_cast<double>(first);
  double level = kind.trend > 0 ? line.intercept - line.slope : mean;
  double slope = line.slope;
  if (kind.multiplies && std::min(level, level + slope) <= 0) level = adjusted[0], slope = 0;  // ratios to it mean nothing
  const double step = 0.1 * std::abs(level) + 1e-4;
  add(level, -kNone, kNone, step);
  if (kind.trend > 0) add(slope, -kNone, kNone, 0.1 * std::abs(slope) + 0.1 * step);
  if (kind.season != SeasonKind::kNone)
    for (std::size_t p = 0; p + 1 < m; ++p) add(indices[p], kind.season == SeasonKind::kMultiplicative ? 1e-3 : -kNone, kNone, 0.05);
  out.evaluations = 200 * static_cast<int>(out.at.size());
  return out;
}

// --- parameters: trend and kind, smoothing, level, slope, season -------------------------------------------------------------------------

constexpr std::size_t kFirstSeason = 9;

void write(const Kind& kind, std::size_t m, const Point& point, Parameters& p) {
  const Smoothing& s = point.smoothing;
  p = {kind.multiplies ? 1.0F : 0.0F, static_cast<float>(kind.trend), static_cast<float>(kind.season)};
  std::ranges::transform(std::array{s.alpha, s.beta, s.gamma, s.phi, point.states.level, point.states.slope}, p.begin() + 3,
                         [](double v) { return static_cast<float>(v); });
  for (std::size_t k = 0; kind.season != SeasonKind::kNone && k < m; ++k) p[kFirstSeason + k] = static_cast<float>(point.states.season[k]);
}

Kind read(std::size_t m, const Parameters& p, Point& point) {
  const Kind kind{p[0] == 1, static_cast<int>(p[1]), static_cast<SeasonKind>(static_cast<unsigned char>(p[2]))};
  point.smoothing = {p[3], p[4], p[5], p[6]};
  point.states.level = p[7];
  point.states.slope = p[8];
  for (std::size_t k = 0; kind.season != SeasonKind::kNone && k < m; ++k) point.states.season[k] = p[kFirstSeason + k];
  return kind;
}

std::size_t season_used(const History& history) {
  const auto m = static_cast<std::size_t>(history.season);
  return m <= kLongestSeason && history.y.size() > 2 * m ? m : 1;
}

bool fit(const History& history, Scratch&, Parameters& out) {
  const std::span<const float> y = history.y;
  const std::size_t m = season_used(history);
  const double n = static_cast<double>(y.size());
  double least = kNone;
  std::vector<float> indices(m);
  for (SeasonKind season : {SeasonKind::kNone, SeasonKind::kAdditive, SeasonKind::kMultiplicative}) {
    if (season != SeasonKind::kNone && (m < 2 || (season == SeasonKind::kMultiplicative && !history.positive))) continue;
    if (season != SeasonKind::kNone) season_indices(y, {m}, season, indices);
    for (const bool multiplies : {false, true}) {
      if (multiplies ? !history.positive : season == SeasonKind::kMultiplicative) continue;
      for (int trend = 0; trend <= 2; ++trend) {
        const Kind kind{multiplies, trend, season};
        const double k = static_cast<double>(kind.free(m));
        if (n - k - 1 <= 0) continue;
        Search search = start(kind, m, y, indices);
        const double value = minimize(search, [&](std::span<const double> numbers) {
          Point point = point_of(kind, m, numbers);
          return deviance(kind, point.smoothing, y, m, point.states);
        });
        const double criterion = value + 2 * k + 2 * k * (k + 1) / (n - k - 1);
        if (criterion >= least) continue;
        least = criterion;
        write(kind, m, point_of(kind, m, search.at), out);
      }
    }
  }
  return std::isfinite(least);
}

void predict(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  const auto m = static_cast<std::size_t>(history.season) <= kLongestSeason ? static_cast<std::size_t>(history.season) : 1;
  Point point;
  const Kind kind = read(m, p, point);
  States& x = point.states;  // the same whether errors are ratios or not: without ratios it goes on where these would mean nothing
  deviance({false, kind.trend, kind.season}, point.smoothing, history.y, m, x);
  auto [lowest, highest] = std::ranges::minmax(history.y);
  const double beyond = 3 * (static_cast<double>(highest) - lowest);  // further than that it has run away
  for (std::size_t k = 0; k < out.size(); ++k) {
    const std::size_t phase = (history.y.size() + k) % m;
    const double base = base_of(point.smoothing, x);
    const double mean = expected(kind, base, x, phase);
    out[k] = static_cast<float>(std::isfinite(mean) ? std::clamp(mean, lowest - beyond, highest + beyond) : history.y.back());
    update(kind, point.smoothing, x, phase, base, 0);
  }
}

}  // namespace

ModelInfo automatic_ets() {
  return {
      .name = "automatic_ets",
      .summary =
          "Exponential smoothing with the errors, trend and season (of 24 periods at most) that AICc chooses, slow (Hyndman et al. 2002)",
      .minimum_length = 5,
      .input = Input::kWhole,
      .fit = fit,
      .predict = predict};
}

}  // namespace sinan::forecasting

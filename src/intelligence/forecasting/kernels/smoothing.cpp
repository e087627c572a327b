#include "intelligence/forecasting/kernels/smoothing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/kernels/lanes.hpp"

namespace sinan::forecasting {
namespace {

// Eight alphas over the series, each with its best first level: with level 0 at first the errors are e, and a first level l changes the
// error t by −l·(1−α)^t.
SINAN_LANES void consider(std::span<const float> y, const Lanes& alpha, Level& best) {
  Lanes level = Lanes{};
  Lanes share = Lanes{} + 1;
  Lanes errors = Lanes{};
  Lanes cross = Lanes{};
  Lanes shares = Lanes{};
  const Lanes keep = 1 - alpha;
  for (float value : y) {
    Lanes error = value - level;
    errors += error * error;
    cross += error * share;
    shares += share * share;
    level += alpha * error;
    share *= keep;
  }
  Lanes first = cross / shares;
  Lanes loss = errors - first * cross;
  std::size_t i = smallest(loss);
  if (loss[i] < best.loss) best = {alpha[i], first[i], std::max(loss[i], 0.0F)};
}

// One vector of parameter sets; level and slope are linear in their first values: three tracks.
struct TrendLanes {
  Lanes alpha, beta, phi;
};

SINAN_LANES void consider(std::span<const float> y, const TrendLanes& s, Trend& best) {
  struct Track {
    Lanes level, slope;
  };
  Track zero{Lanes{}, Lanes{}};
  Track by_level{Lanes{} + 1, Lanes{}};
  Track by_slope{Lanes{}, Lanes{} + 1};
  Lanes ee = Lanes{}, el = Lanes{}, eb = Lanes{}, ll = Lanes{}, lb = Lanes{}, bb = Lanes{};
  const Lanes gain = s.alpha * s.beta;
  for (float value : y) {
    const Lanes zero_step = s.phi * zero.slope;
    const Lanes level_step = s.phi * by_level.slope;
    const Lanes slope_step = s.phi * by_slope.slope;
    const Lanes e = value - zero.level - zero_step;
    const Lanes l = by_level.level + level_step;
    const Lanes b = by_slope.level + slope_step;
    ee += e * e;
    el += e * l;
    eb += e * b;
    ll += l * l;
    lb += l * b;
    bb += b * b;
    zero.level += zero_step + s.alpha * e;
    zero.slope = zero_step + gain * e;
    by_level.level = l - s.alpha * l;
    by_level.slope = level_step - gain * l;
    by_slope.level = b - s.alpha * b;
    by_slope.slope = slope_step - gain * b;
  }
  // A little ridge on the slope: two values alone do not tell one.
  bb += 1e-4F * ll;
  Lanes determinant = ll * bb - lb * lb;
  Lanes level = (el * bb - eb * lb) / determinant;
  Lanes slope = (eb * ll - el * lb) / determinant;
  Lanes loss = ee - level * el - slope * eb;
  std::size_t i = smallest(loss);
  if (loss[i] < best.loss) best = {s.alpha[i], s.beta[i], s.phi[i], level[i], slope[i], std::max(loss[i], 0.0F)};
}

}  // namespace

Level fit_level(std::span<const float> y) {
  Level best;
  best.loss = std::numeric_limits<float>::infinity();
  consider(y, Lanes{0.02F, 0.08F, 0.18F, 0.32F, 0.48F, 0.65F, 0.82F, 0.98F}, best);
  Lanes around;
  constants_around(best.alpha, 0.005F, around);
  consider(y, around, best);
  return best;
}

float last_level(std::span<const float> y, const Level& level) {
  float now = level.first;
  for (float value : y) now += level.alpha * (value - now);
  return now;
}

Trend fit_trend(std::span<const float> y, bool damped) {
  const Lanes alpha{0.03F, 0.10F, 0.20F, 0.35F, 0.50F, 0.65F, 0.80F, 0.95F};
  constexpr std::array kBeta{0.02F, 0.20F};
  constexpr std::array kPhi{0.82F, 0.92F, 0.98F};
  Trend best;
  best.loss = std::numeric_limits<float>::infinity();
  for (float beta : kBeta) {
    if (!damped) consider(y, {alpha, Lanes{} + beta, Lanes{} + 1}, best);
    for (float phi : kPhi)
      if (damped) consider(y, {alpha, Lanes{} + beta, Lanes{} + phi}, best);
  }
  // Twice around the best, with half the step.
  for (float width : {0.4F, 0.15F}) {
    TrendLanes s;
    for (std::size_t i = 0; i < kLanes; ++i) {
      float da = i & 1U ? width : -width, db = i & 2U ? 2 * width : -width, dp = i & 4U ? 1 : -1;
      s.alpha[i] = std::clamp(best.alpha * (1 + da), 0.005F, 0.995F);
      s.beta[i] = std::clamp(best.beta * (1 + db), 0.002F, 0.95F);
      s.phi[i] = damped ? std::clamp(best.phi + dp * 0.05F * width, 0.8F, 0.98F) : 1;
    }
    consider(y, s, best);
  }
  return best;
}

Trend last_trend(std::span<const float> y, Trend trend) {
  for (float value : y) {
    float step = trend.phi * trend.slope;
    float error = value - trend.level - step;
    trend.level += step + trend.alpha * error;
    trend.slope = step + trend.alpha * trend.beta * error;
  }
  return trend;
}

void extend_trend(const Trend& trend, std::span<float> out) {
  float weight = 0;
  float power = 1;
  for (float& value : out) {
    power *= trend.phi;
    weight += power;
    value = trend.level + weight * trend.slope;
  }
}

}  // namespace sinan::forecasting

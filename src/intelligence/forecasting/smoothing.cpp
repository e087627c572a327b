#include "intelligence/forecasting/smoothing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "intelligence/forecasting/lanes.hpp"

namespace sinan::forecasting {
namespace {

float first_level(std::span<const float> y) {
  std::size_t count = std::clamp<std::size_t>(y.size() / 4, 1, 6);
  float sum = 0;
  for (std::size_t t = 0; t < count; ++t) sum += y[t];
  return sum / static_cast<float>(count);
}

// Runs eight alphas over the series; returns the best.
Level run_levels(std::span<const float> y, float start, const Lanes& alpha) {
  Lanes level = lanes(start);
  Lanes loss = lanes(0);
  for (float value : y) {
    Lanes error = value - level;
    loss += error * error;
    level += alpha * error;
  }
  std::size_t best = smallest(loss);
  return {alpha[best], level[best], loss[best]};
}

struct TrendStart {
  float level;
  float slope;
};

// A line through the first values.
TrendStart first_trend(std::span<const float> y) {
  std::size_t count = std::min<std::size_t>(y.size(), 10);
  float n = static_cast<float>(count);
  float sum = 0;
  float moment = 0;
  for (std::size_t t = 0; t < count; ++t) {
    sum += y[t];
    moment += y[t] * (static_cast<float>(t) - (n - 1) / 2);
  }
  float slope = moment / (n * (n * n - 1) / 12);
  return {sum / n - slope * (n + 1) / 2, slope};
}

// One vector of parameter sets, and its states.
struct TrendLanes {
  Lanes alpha, gain, phi, level, slope, loss;
  Trend best(const Lanes& beta) const {
    std::size_t i = smallest(loss);
    return {alpha[i], beta[i], phi[i], level[i], slope[i], loss[i]};
  }
};

void run(std::span<const float> y, TrendLanes& s) {
  for (float value : y) {
    Lanes step = s.phi * s.slope;
    Lanes error = value - s.level - step;
    s.loss += error * error;
    s.level += step + s.alpha * error;
    s.slope = step + s.gain * error;
  }
}

Trend run_trends(std::span<const float> y, const TrendStart& start, const Lanes& alpha, const Lanes& beta, const Lanes& phi) {
  TrendLanes s{alpha, alpha * beta, phi, lanes(start.level), lanes(start.slope), lanes(0)};
  run(y, s);
  return s.best(beta);
}

}  // namespace

Level smooth_level(std::span<const float> y) {
  float start = first_level(y);
  Level best = run_levels(y, start, Lanes{0.02F, 0.08F, 0.18F, 0.32F, 0.48F, 0.65F, 0.82F, 0.98F});
  float width = std::clamp(best.alpha * 0.6F, 0.03F, 0.16F);
  Lanes around;
  for (std::size_t i = 0; i < kLanes; ++i)
    around[i] = std::clamp(best.alpha + width * (static_cast<float>(i) - 3.5F) / 3.5F, 0.005F, 0.995F);
  Level finer = run_levels(y, start, around);
  return finer.loss < best.loss ? finer : best;
}

Trend smooth_trend(std::span<const float> y, bool damped) {
  const TrendStart start = first_trend(y);
  const Lanes alpha{0.03F, 0.10F, 0.20F, 0.35F, 0.50F, 0.65F, 0.80F, 0.95F};
  constexpr std::array kBeta{0.01F, 0.05F, 0.15F, 0.40F};
  constexpr std::array kPhi{0.80F, 0.90F, 0.95F, 0.98F};
  Trend best;
  best.loss = std::numeric_limits<float>::infinity();
  auto consider = [&](const Trend& trend) {
    if (trend.loss < best.loss) best = trend;
  };
  for (float beta : kBeta) {
    if (!damped) consider(run_trends(y, start, alpha, lanes(beta), lanes(1)));
    for (float phi : kPhi)
      if (damped) consider(run_trends(y, start, alpha, lanes(beta), lanes(phi)));
  }
  // Twice around the best, with half the step.
  for (float width : {0.4F, 0.15F}) {
    Lanes a, b, p;
    for (std::size_t i = 0; i < kLanes; ++i) {
      float da = i & 1U ? width : -width, db = i & 2U ? 2 * width : -width, dp = i & 4U ? 1 : -1;
      a[i] = std::clamp(best.alpha * (1 + da), 0.005F, 0.995F);
      b[i] = std::clamp(best.beta * (1 + db), 0.002F, 0.95F);
      p[i] = damped ? std::clamp(best.phi + dp * 0.05F * width, 0.75F, 0.99F) : 1;
    }
    consider(run_trends(y, start, a, b, p));
  }
  return best;
}

}  // namespace sinan::forecasting

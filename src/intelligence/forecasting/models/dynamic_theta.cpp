// The dynamic optimised theta model.
#include <algorithm>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/kernels/lanes.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

// The straight line through the values so far, updated by each; Fiorucci et al. (2016), equations 14 to 18.
class MovingLine {
 public:
  float intercept() const { return static_cast<float>(intercept_); }
  float slope() const { return static_cast<float>(slope_); }
  void add(double value) {
    ++t_;
    double mean = ((t_ - 1) * mean_ + value) / t_;
    slope_ = t_ == 1 ? 0 : ((t_ - 2) * slope_ + 6 * (value - mean_) / t_) / (t_ + 1);
    intercept_ = mean - slope_ * (t_ + 1) / 2;
    mean_ = mean;
  }

 private:
  double t_ = 0;
  double mean_ = 0;
  double slope_ = 0;
  double intercept_ = 0;
};

struct Fit {
  float alpha = 0.5F;
  float weight = 0;  // 1 − 1/θ
  float first = 0;   // level before the first value
  float loss = std::numeric_limits<float>::infinity();
};

constexpr float kMostWeight = 0.995F;  // θ = 200

// One-step forecasts are l + w·d: l the level, d what the line adds. Both are linear in the first level and in w, so for a given α the best
// of both follow from the sums of products; eight α at once. The first two errors do not count: they make the first line.
SINAN_LANES void consider(std::span<const float> y, std::span<const float> intercepts, std::span<const float> slopes, const Lanes& alpha,
                          Fit& best) {
  Lanes level = Lanes{};
  Lanes share = Lanes{} + 1;  // of the first level in the level
  Lanes ee = Lanes{}, es = Lanes{}, ed = Lanes{}, ss = Lanes{}, sd = Lanes{}, dd = Lanes{};
  const Lanes keep = 1 - alpha;
  const Lanes inverse = 1 / alpha;
  for (std::size_t t = 0; t < y.size(); ++t) {
    if (t >= 2) {
      Lanes line = share * intercepts[t] + (1 - share * keep) * inverse * slopes[t];
      Lanes error = y[t] - level;
      ee += error * error;
      es += error * share;
      ed += error * line;
      ss += share * share;
      sd += share * line;
      dd += line * line;
    }
    level += alpha * (y[t] - level);
    share *= keep;
  }
  for (std::size_t i = 0; i < kLanes; ++i) {
    float first_alone = ss[i] > 1e-12F ? es[i] / ss[i] : 0;
    Fit fit{alpha[i], 0, first_alone, ee[i] - first_alone * es[i]};
    float determinant = ss[i] * dd[i] - sd[i] * sd[i];
    if (determinant > 1e-9F * ss[i] * dd[i] && ss[i] > 1e-12F) {
      float weight = std::clamp((ed[i] * ss[i] - es[i] * sd[i]) / determinant, 0.0F, kMostWeight);
      float first = (es[i] - weight * sd[i]) / ss[i];
      float loss =
          ee[i] - 2 * (weight * ed[i] + first * es[i]) + weight * weight * dd[i] + 2 * weight * first * sd[i] + first * first * ss[i];
      fit = {alpha[i], weight, first, loss};
    }
    if (fit.loss < best.loss) best = fit;
  }
}

bool fit(const History& history, Scratch& scratch, Parameters& out) {
  std::span<const float> y = history.y;
  std::span<float> intercepts = scratch.floats(0, y.size());
  std::span<float> slopes = scratch.floats(1, y.size());
  MovingLine line;
  for (std::size_t t = 0; t < y.size(); ++t) {
    intercepts[t] = line.intercept();
    slopes[t] = line.slope();
    line.add(y[t]);
  }
  Fit best;
  consider(y, intercepts, slopes, Lanes{0.03F, 0.10F, 0.20F, 0.35F, 0.50F, 0.65F, 0.80F, 0.95F}, best);
  Lanes around;
  constants_around(best.alpha, 0.01F, around);
  consider(y, intercepts, slopes, around, best);
  out[0] = best.alpha;
  out[1] = best.weight;
  out[2] = best.first;
  return true;
}

void predict(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  float alpha = p[0];
  float weight = p[1];
  float level = p[2];
  float share = 1;
  MovingLine line;
  for (float value : history.y) {
    level += alpha * (value - level);
    share *= 1 - alpha;
    line.add(value);
  }
  for (float& value : out) {
    value = level + weight * (share * line.intercept() + (1 - share * (1 - alpha)) / alpha * line.slope());
    level += alpha * (value - level);
    share *= 1 - alpha;
    line.add(value);
  }
}

}  // namespace

ModelInfo dynamic_optimised_theta() {
  return {.name = "dynamic_optimised_theta",
          .summary = "Theta whose line follows the data, θ, α and level by least squares (Fiorucci et al. 2016)",
          .minimum_length = 4,
          .routes = kUnseasonal | kShortSeason,
          .fit = fit,
          .predict = predict};
}

ModelInfo dynamic_theta_log() {
  return {.name = "dynamic_theta_log",
          .summary = "Dynamic optimised theta on logarithms",
          .minimum_length = 4,
          .input = Input::kLogAdjusted,
          .fit = fit,
          .predict = predict};
}

}  // namespace sinan::forecasting

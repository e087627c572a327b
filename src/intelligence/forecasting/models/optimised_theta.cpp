// Theta with its coefficient found in the data.
#include <algorithm>
#include <array>
#include <limits>

#include "intelligence/forecasting/lanes.hpp"
#include "intelligence/forecasting/line.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

struct Fit {
  float theta = 1;
  float alpha = 0.5F;
  float level = 0;
  float loss = std::numeric_limits<float>::infinity();
};

// One theta, eight alphas: the theta line θy + (1−θ)·line is smoothed; the forecast is line·(1−1/θ) + level/θ.
void consider(std::span<const float> y, const Line& line, float theta, const Lanes& alpha, Fit& best) {
  Lanes level = lanes(theta * y[0] + (1 - theta) * line.intercept);
  Lanes loss = lanes(0);
  float of_line = 1 - 1 / theta;
  float of_level = 1 / theta;
  for (std::size_t t = 1; t < y.size(); ++t) {
    float trend = line.intercept + line.slope * static_cast<float>(t);
    Lanes error = (y[t] - of_line * trend) - of_level * level;
    loss += error * error;
    float value = theta * y[t] + (1 - theta) * trend;
    level += alpha * (value - level);
  }
  std::size_t i = smallest(loss);
  if (loss[i] < best.loss) best = {theta, alpha[i], level[i], loss[i]};
}

void forecast_optimised(const History& history, Scratch&, std::span<float> out) {
  const Line line = fit_line(history.y);
  const Lanes alpha{0.03F, 0.10F, 0.20F, 0.35F, 0.50F, 0.65F, 0.80F, 0.95F};
  Fit best;
  for (float theta : {1.0F, 1.25F, 1.5F, 2.0F, 3.0F, 5.0F, 10.0F}) consider(history.y, line, theta, alpha, best);
  float n = static_cast<float>(history.y.size());
  for (std::size_t k = 0; k < out.size(); ++k)
    out[k] = (1 - 1 / best.theta) * (line.intercept + line.slope * (n + static_cast<float>(k))) + best.level / best.theta;
}

}  // namespace

ModelInfo optimised_theta() {
  return {"optimised_theta", "Theta with θ and α by least squares (Fiorucci et al. 2016)", 4, false, false, forecast_optimised};
}

}  // namespace sinan::forecasting

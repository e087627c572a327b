// Complex exponential smoothing: a level and the information in its errors, smoothed by one complex constant.
#include <algorithm>
#include <limits>

#include "intelligence/forecasting/kernels/lanes.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

struct Constants {
  float real = 1.3F;
  float imaginary = 1;
  float loss = std::numeric_limits<float>::infinity();
};

// State (l, c): ŷ = l; with e = y − l, l ← l − (1 − β)c + (α − β)e and c ← l + (1 − α)c + (α + β)e for the constant α + iβ.
template <typename Number>
struct State {
  Number level, information;
  void step(const Number& alpha, const Number& beta, const Number& error) {
    Number before = level;
    level = before - (1 - beta) * information + (alpha - beta) * error;
    information = before + (1 - alpha) * information + (alpha + beta) * error;
  }
};

constexpr float kInformation = 1 / 1.1F;  // of the level, at first

float first_level(std::span<const float> y) {
  std::size_t count = std::min<std::size_t>(10, y.size());
  float sum = 0;
  for (float value : y.first(count)) sum += value;
  return sum / static_cast<float>(count);
}

SINAN_LANES void consider(std::span<const float> y, const Lanes& alpha, const Lanes& beta, Constants& best) {
  State<Lanes> state{Lanes{} + first_level(y), Lanes{} + first_level(y) * kInformation};
  Lanes loss{};
  for (float value : y) {
    Lanes error = value - state.level;
    loss += error * error;
    state.step(alpha, beta, error);
  }
  for (std::size_t i = 0; i < kLanes; ++i)
    if (loss[i] < best.loss) best = {alpha[i], beta[i], loss[i]};
}

constexpr float kLeast = 0.01F;
constexpr float kMostReal = 1.8F;
constexpr float kMostImaginary = 1.9F;

bool fit(const History& history, Scratch&, Parameters& out) {
  Constants best;
  const Lanes alpha{0.2F, 0.5F, 0.8F, 1.0F, 1.2F, 1.4F, 1.6F, 1.8F};
  for (float beta : {0.85F, 0.95F, 1.0F, 1.05F, 1.15F, 1.3F}) consider(history.y, alpha, Lanes{} + beta, best);
  float width = 0.1F;
  for (int i = 0; i < 4; ++i, width /= 2) {
    Lanes a{}, b{};
    for (std::size_t j = 0; j < kLanes; ++j) {
      const std::size_t at = j < 4 ? j : j + 1;  // the eight around the middle of a square of nine
      a[j] = std::clamp(best.real + width * (static_cast<float>(at % 3) - 1), kLeast, kMostReal);
      b[j] = std::clamp(best.imaginary + width / 2 * (static_cast<float>(at / 3) - 1), kLeast, kMostImaginary);
    }
    consider(history.y, a, b, best);
  }
  if (!(best.loss < std::numeric_limits<float>::infinity())) return false;
  out[0] = best.real;
  out[1] = best.imaginary;
  return true;
}

constexpr float kBeyond = 3;  // a forecast this many times the history's range beyond it has run away

void predict(const History& history, const Parameters& p, Scratch&, std::span<float> out) {
  State<float> state{first_level(history.y), first_level(history.y) * kInformation};
  for (float value : history.y) state.step(p[0], p[1], value - state.level);
  auto [least, most] = std::ranges::minmax(history.y);
  const float beyond = kBeyond * (most - least);
  for (float& value : out) {
    value = std::clamp(state.level, least - beyond, most + beyond);
    state.step(p[0], p[1], 0);
  }
}

}  // namespace

ModelInfo complex_exponential_smoothing() {
  return {.name = "complex_exponential_smoothing",
          .summary = "Complex exponential smoothing without a season of its own (Svetunkov, Kourentzes & Ord 2022)",
          .minimum_length = 8,
          .fit = fit,
          .predict = predict};
}

}  // namespace sinan::forecasting

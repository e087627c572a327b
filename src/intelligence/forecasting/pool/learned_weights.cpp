#include "intelligence/forecasting/pool/learned_weights.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::forecasting {
namespace {

struct Scale {
  float mean;
  float deviation;
};
constexpr Scale kScales[] = {
#define SINAN_TRAIT(mean, deviation) {mean, deviation},
#define SINAN_WEIGHTS(model, ...)
#include "intelligence/forecasting/pool/learned_weights.inc"
#undef SINAN_TRAIT
#undef SINAN_WEIGHTS
};
static_assert(std::size(kScales) == kTraits);

struct Weights {
  std::string_view model;
  std::array<float, 1 + kTraits> factors;  // of 1, and of each trait
};
constexpr Weights kWeights[] = {
#define SINAN_TRAIT(mean, deviation)
#define SINAN_WEIGHTS(model, ...) {#model, {__VA_ARGS__}},
#include "intelligence/forecasting/pool/learned_weights.inc"
#undef SINAN_TRAIT
#undef SINAN_WEIGHTS
};

constexpr float kFarthest = 3;  // deviations from the mean that a trait counts for at most
constexpr float kLeastDeviation = 1e-6F;

float& of(Traits& traits, Trait trait) { return traits[static_cast<std::size_t>(trait)]; }

float mean(std::span<const float> values) {
  float sum = 0;
  for (float v : values) sum += v;
  return sum / static_cast<float>(values.size());
}

}  // namespace

std::string_view name(Trait trait) {
  switch (trait) {
    case Trait::kLength: return "length";
    case Trait::kTrend: return "trend";
    case Trait::kNoise: return "noise";
    case Trait::kSlope: return "slope";
    case Trait::kDisagreement: return "disagreement";
    case Trait::kLevel: return "level";
    case Trait::kCurvature: return "curvature";
    case Trait::kLast: return "last";
    case Trait::kDrift: return "drift";
  }
  return "";
}

Traits traits_of(std::span<const float> adjusted, std::size_t season) {
  const std::span<const float> z = adjusted;
  const auto n = static_cast<double>(z.size());
  double sum = 0, squares = 0, along = 0, changes = 0;
  for (std::size_t t = 0; t < z.size(); ++t) {
    const double v = z[t] - 1;
    sum += v;
    squares += v * v;
    along += static_cast<double>(t) * v;
  }
  for (std::size_t t = 1; t < z.size(); ++t) changes += (static_cast<double>(z[t]) - z[t - 1]) * (static_cast<double>(z[t]) - z[t - 1]);
  const double middle = (n - 1) / 2;
  const double slope = (along - middle * sum) / (n * (n * n - 1) / 12);
  const double variance = std::max(0.0, squares / n - sum / n * sum / n);
  const double explained = slope * slope * (n * n - 1) / 12;
  const double drift = (static_cast<double>(z.back()) - z.front()) / (n - 1);
  const double deviation = std::sqrt(std::max(0.0, changes / (n - 1) - drift * drift));
  const double noise = deviation + kLeastDeviation;

  const std::size_t half = z.size() / 2, quarter = std::max<std::size_t>(2, z.size() / 4), recent = std::max<std::size_t>(2, season / 2);
  const std::size_t last = std::min(z.size(), recent), level = std::min(z.size(), std::max<std::size_t>(4, season));
  const double line = 1 + sum / n + slope * (n - 1 - (static_cast<double>(last) - 1) / 2 - middle);  // in the middle of the last values
  const float second = mean(z.subspan(half));
  auto within = [](double v, double low, double high) { return static_cast<float>(std::clamp(v, low, high)); };
  Traits out{};
  of(out, Trait::kLength) = static_cast<float>(std::log(n / 50) / 2);
  of(out, Trait::kTrend) = within(variance > 0 ? explained / variance : 0, 0, 1);
  of(out, Trait::kNoise) = static_cast<float>(std::log(deviation + 0.01));
  of(out, Trait::kSlope) = within(slope * n / 2, -2, 2);
  of(out, Trait::kLevel) = within(static_cast<double>(mean(z.last(level))) - 1, -2, 3);
  of(out, Trait::kCurvature) = within(static_cast<double>(second) - mean(z.first(half)) - (mean(z.last(quarter)) - second), -2, 2);
  of(out, Trait::kLast) = within((mean(z.last(last)) - line) / noise, -5, 5);
  of(out, Trait::kDrift) = within(drift / noise * std::sqrt(n - 1), -6, 6);
  return out;
}

void add_disagreement(Traits& traits, float deviation) {
  const float noise = std::exp(of(traits, Trait::kNoise)) - 0.01F + kLeastDeviation;
  of(traits, Trait::kDisagreement) = std::log(deviation / std::max(noise, kLeastDeviation) + 0.02F);
}

int learned_place(std::string_view model) {
  const auto* found = std::ranges::find(kWeights, model, &Weights::model);
  return found == std::end(kWeights) ? -1 : static_cast<int>(found - kWeights);
}

float log_weight(int place, const Traits& traits) {
  const Weights& weights = kWeights[place];
  float out = weights.factors[0];
  for (std::size_t k = 0; k < kTraits; ++k)
    out += weights.factors[k + 1] * std::clamp((traits[k] - kScales[k].mean) / kScales[k].deviation, -kFarthest, kFarthest);
  return out;
}

}  // namespace sinan::forecasting

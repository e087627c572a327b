// Learned weights: how far each model of the pool is to be believed, by what the series looks like.
//
// The median takes no side. Where a history shows how it will go on (a trend that is clear or fades, a last value that stands out) some
// models are known to be better, and weights learnt once from many series say which (feature-based model averaging, Montero-Manso et al.
// 2020). Here a model's weight is the softmax of a linear function of the traits; boosted trees in its place gained no more. The numbers
// are in learned_weights.inc, which script/learn_weights makes and says from what.
#pragma once

#include <array>
#include <span>

#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

// What a history looks like: of a seasonally adjusted series z of n values around 1, its changes d, and the straight line through it.
enum class Trait : unsigned char {
  kLength,        // ½ ln(n / 50)
  kTrend,         // share of the variance of z that the line explains
  kNoise,         // ln(standard deviation of d + 0.01)
  kSlope,         // of the line, over half the series; within ±2
  kDisagreement,  // ln of the models' standard deviation over that of d, of the first steps ahead
  kLevel,         // mean of the last season, four values at least, less 1; −2 … 3
  kCurvature,     // mean of the second half less that of the first, less what the last quarter is above the second half; within ±2
  kLast,          // mean of the last half season, two values at least, above the line, over the deviation of d; within ±5
  kDrift,         // t-value of the mean of d; within ±6
};
inline constexpr std::size_t kTraits = 9;
using Traits = std::array<float, kTraits>;
std::string_view name(Trait trait);

// From fewer values, and of fewer models, nothing is learnt.
inline constexpr std::size_t kLeastTold = 8;
inline constexpr std::size_t kLeastModels = 3;
inline constexpr std::size_t kStepsCompared = 4;

// Of the forecasts that stand on weights the median keeps a part: what is new to the weights is not lost to them.
inline constexpr float kWeighted = 0.75F;

// All but the disagreement. `adjusted`: kLeastTold values or more; O(n).
Traits traits_of(std::span<const float> adjusted, std::size_t season);
// `deviation`: the standard deviation of the models' forecasts at a step, on average over the first kStepsCompared steps (whatever the
// horizon: models part with every step), in the units of `adjusted`.
void add_disagreement(Traits& traits, float deviation);

// Whether weights were learnt for series with such a season: for those without. What they told of others the pooled regression had seen
// too.
inline bool has_weights(std::size_t season) { return season < 2; }
// The place of a model among those that weights were learnt for; −1: it is none of them.
int learned_place(std::string_view model);
// The logarithm of the weight of the model at a place, up to what is the same for all models.
float log_weight(int place, const Traits& traits);

}  // namespace sinan::forecasting

// Learned weights: the traits against formulas written out, the weights as shares, and what they do to a forecast.
#include "intelligence/forecasting/pool/learned_weights.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "intelligence/forecasting/pool/pool.hpp"

namespace sinan::forecasting {
namespace {

float of(const Traits& traits, Trait trait) { return traits[static_cast<std::size_t>(trait)]; }

std::vector<double> walk(std::size_t length, std::uint64_t seed, double drift = 2) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> out{100};
  while (out.size() < length) out.push_back(out.back() + drift + 5 * normal(random));
  return out;
}

PoolForecast pooled(const std::vector<double>& y, std::size_t season, std::size_t horizon, Pool& pool) {
  Cleaned cleaned;
  clean(y, {}, static_cast<int>(season), cleaned);
  PoolForecast out;
  pool.forecast(cleaned, season, out);
  EXPECT_EQ(out.point.size(), horizon);
  return out;
}

// .6, .8 … 1.4 and one value of 1.7: by hand, in exact fractions.
TEST(LearnedWeights, TraitsAreWhatTheirFormulasSay) {
  const std::vector<float> z{0.6F, 0.7F, 0.8F, 0.9F, 1.0F, 1.1F, 1.2F, 1.7F};
  const Traits traits = traits_of(z, 1);
  EXPECT_NEAR(of(traits, Trait::kLength), std::log(8.0 / 50) / 2, 1e-6);
  // Σ(t − 3.5)z = 5.6, Σ(t − 3.5)² = 42: a slope of .13333; Σ(z − 1)² = .84: of this, 5.6² / 42 = .74667 is explained.
  EXPECT_NEAR(of(traits, Trait::kSlope), 5.6 / 42 * 4, 1e-5);
  EXPECT_NEAR(of(traits, Trait::kTrend), 5.6 * 5.6 / 42 / 0.84, 1e-5);
  // Changes .1 six times and .5: mean .15714, variance (6·.01 + .25) / 7 − .15714².
  const double drift = 1.1 / 7, deviation = std::sqrt(0.31 / 7 - drift * drift);
  EXPECT_NEAR(of(traits, Trait::kNoise), std::log(deviation + 0.01), 1e-5);
  EXPECT_NEAR(of(traits, Trait::kDrift), drift / deviation * std::sqrt(7.0), 1e-4);
  EXPECT_NEAR(of(traits, Trait::kLevel), 0.25, 1e-6);                                    // (1 + 1.1 + 1.2 + 1.7) / 4 − 1
  EXPECT_NEAR(of(traits, Trait::kCurvature), (1.25 - 0.75) - (1.45 - 1.25), 1e-6);       // halves, and the last two
  EXPECT_NEAR(of(traits, Trait::kLast), (1.45 - (1 + 5.6 / 42 * 3)) / deviation, 1e-4);  // the line at 6.5
}

TEST(LearnedWeights, TraitsOfAConstantAreFinite) {
  Traits traits = traits_of(std::vector<float>(12, 1.0F), 1);
  add_disagreement(traits, 0);
  for (float trait : traits) EXPECT_TRUE(std::isfinite(trait));
}

TEST(LearnedWeights, AreKnownForEveryModelThatServesSeriesWithoutASeason) {
  for (const ModelInfo& model : models())
    if (!model.intermittent && model.input != Input::kOriginal && (model.routes & kUnseasonal) != 0)
      EXPECT_GE(learned_place(model.name), 0) << model.name;
  EXPECT_EQ(learned_place("croston"), -1);
}

TEST(LearnedWeights, AreSharesThatMakeTheForecastWithTheMedian) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Pool pool({}, 6, 4);
    const PoolForecast found = pooled(walk(40, seed), 1, 6, pool);
    ASSERT_TRUE(found.weighted) << seed;
    double sum = 0;
    for (std::size_t m = 0; m < pool.members(); ++m) {
      EXPECT_GE(pool.member_weight(m), 0);
      sum += pool.member_weight(m);
    }
    EXPECT_NEAR(sum, kWeighted, 1e-5) << seed;
    for (std::size_t k = 0; k < 6; ++k) {
      double mean = 0;
      std::vector<float> values;
      for (std::size_t m = 0; m < pool.members(); ++m) {
        if (!std::isfinite(pool.member_forecast(m)[k])) continue;
        values.push_back(pool.member_forecast(m)[k]);
        mean += pool.member_weight(m) * values.back();
      }
      std::ranges::sort(values);
      const std::size_t half = values.size() / 2;
      const double middle = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
      EXPECT_NEAR(found.point[k], (1 - kWeighted) * middle + mean, 1e-5) << seed;
    }
  }
}

TEST(LearnedWeights, DoNotDependOnTheHorizonAndNotOnTheUnit) {
  const std::vector<double> y = walk(30, 7);
  std::vector<double> grams = y;
  for (double& v : grams) v *= 1000;
  Pool near({}, 4, 4), far({}, 18, 4), scaled({}, 18, 4);
  const PoolForecast a = pooled(y, 1, 4, near), b = pooled(y, 1, 18, far), c = pooled(grams, 1, 18, scaled);
  for (std::size_t m = 0; m < near.members(); ++m) {
    EXPECT_FLOAT_EQ(near.member_weight(m), far.member_weight(m));
    EXPECT_NEAR(scaled.member_weight(m), far.member_weight(m), 1e-4);
  }
  for (std::size_t k = 0; k < 4; ++k) EXPECT_FLOAT_EQ(a.point[k], b.point[k]);
}

TEST(LearnedWeights, AreNotUsedForShortSeriesSeasonsAndNamedModels) {
  Pool pool({}, 4, 4);
  EXPECT_FALSE(pooled(walk(kLeastTold - 1, 3), 1, 4, pool).weighted);
  EXPECT_TRUE(pooled(walk(40, 3), 1, 4, pool).weighted);
  EXPECT_FALSE(pooled(walk(40, 3), 12, 4, pool).weighted);
  EXPECT_FALSE(pooled(std::vector<double>(40, 5.0), 1, 4, pool).weighted);
  auto named = find_models({"theta", "autoregression", "damped_trend_log"});
  ASSERT_TRUE(named);
  Pool some(*named, 4, 4);
  EXPECT_FALSE(pooled(walk(40, 3), 1, 4, some).weighted);
}

}  // namespace
}  // namespace sinan::forecasting

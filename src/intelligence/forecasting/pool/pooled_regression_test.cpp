#include "intelligence/forecasting/pool/pooled_regression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "intelligence/forecasting/blend.hpp"
#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {
namespace {

std::vector<float> wavy(int s) {
  std::vector<float> y;
  for (int t = 0; t < 16; ++t)
    y.push_back(static_cast<float>(1 + 0.3 * std::sin(0.9 * t + 0.5 * s) + 0.05 * ((7 * t + 3 * s) % 5) + 0.01 * s * t));
  return y;
}

std::vector<float> ahead(const PooledRegression& model, std::span<const float> y, std::size_t steps) {
  std::vector<float> path, out(steps);
  model.forecast(y, path, out);
  return out;
}

// The weighted ridge regression of the header, written again with numpy 2.4 (linalg.solve of the normal equations in double precision).
TEST(PooledRegression, ForecastsWhatAnIndependentSolutionDoes) {
  PooledRegression model(1);
  for (int s = 0; s < 12; ++s) model.add(wavy(s), 0, 16, static_cast<float>(0.1 + 0.02 * s));
  model.finish();
  const std::pair<int, std::vector<float>> expected[] = {{0, {1.252711F, 1.283228F, 1.327968F, 1.37352F}},
                                                         {5, {1.612996F, 1.689348F, 1.753809F, 1.797772F}},
                                                         {11, {2.987476F, 2.997177F, 3.018712F, 3.061538F}}};
  for (const auto& [s, values] : expected) {
    const std::vector<float> found = ahead(model, wavy(s), 4);
    for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(found[k], values[k], 2e-5) << s << " " << k;
  }
}

TEST(PooledRegression, NothingFromTheTargetOnIsSeen) {
  PooledRegression clean(1), dirty(1);
  for (int s = 0; s < 12; ++s) {
    std::vector<float> y = wavy(s);
    clean.add(y, 0, 12, 0.2F);
    for (std::size_t t = 12; t < y.size(); ++t) y[t] = std::numeric_limits<float>::quiet_NaN();
    dirty.add(y, 0, 12, 0.2F);
  }
  clean.finish();
  dirty.finish();
  EXPECT_EQ(ahead(clean, wavy(3), 6), ahead(dirty, wavy(3), 6));
}

TEST(PooledRegression, PartsJoinedAreTheWhole) {
  PooledRegression whole(4), early(4), late(4);
  for (int s = 0; s < 30; ++s) {
    whole.add(wavy(s), 0, 16, 0.2F);
    early.add(wavy(s), 0, 9, 0.2F);
    late.add(wavy(s), 9, 16, 0.2F);
  }
  late.add(early);
  whole.finish();
  late.finish();
  const std::vector<float> a = ahead(whole, wavy(3), 6), b = ahead(late, wavy(3), 6);
  for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(a[k], b[k], 1e-5);
}

TEST(PooledRegression, KnowsNothingFromTooFewSeriesAndStaysInReachOfWhatWas) {
  PooledRegression few(1);
  for (int s = 0; s < 9; ++s) few.add(wavy(s), 0, 16, 0.2F);
  few.finish();
  EXPECT_FALSE(few.knows(16));
  PooledRegression growing(1);
  for (int s = 0; s < 20; ++s) {
    std::vector<float> y;
    for (int t = 0; t < 20; ++t) y.push_back(std::pow(1.5F, static_cast<float>(t - 19)));
    growing.add(y, 0, 20, 0.1F);
  }
  growing.finish();
  EXPECT_TRUE(growing.knows(16));
  EXPECT_FALSE(growing.knows(1));
  for (float value : ahead(growing, wavy(0), 60)) {
    EXPECT_TRUE(std::isfinite(value));
    EXPECT_LT(std::abs(value), 4);
  }
}

TEST(PooledRegression, IsTheSameAfterItWasWrittenAndRead) {
  Pooled model{PooledRegression(1), PooledRegression(1), 0.25F};
  for (int s = 0; s < 12; ++s) {
    model.early.add(wavy(s), 0, 9, 0.2F);
    model.all.add(wavy(s), 0, 16, 0.2F);
  }
  model.early.finish();
  model.all.finish();
  const PooledBySeason before{{1, model}};
  std::vector<float> numbers = numbers_of(before);
  auto after = pooled_from(numbers);
  ASSERT_TRUE(after && after->contains(1));
  EXPECT_EQ(after->at(1).share, 0.25F);
  EXPECT_EQ(ahead(after->at(1).all, wavy(3), 6), ahead(model.all, wavy(3), 6));
  EXPECT_EQ(ahead(after->at(1).early, wavy(3), 6), ahead(model.early, wavy(3), 6));
  numbers.pop_back();
  EXPECT_FALSE(pooled_from(numbers));
  EXPECT_FALSE(pooled_from(std::vector<float>{0, 1, 1}));
}

// Series of one process: a season of 12 that drifts, and a level that returns to its mean.
Panel alike(std::size_t count, std::size_t length, bool walks) {
  Panel panel;
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, 1);
  for (std::size_t i = 0; i < count; ++i) {
    double level = 0;
    for (std::size_t t = 0; t < length; ++t) {
      level = (walks ? 1 : 0.7) * level + normal(random);
      const double angle = 2 * std::numbers::pi * static_cast<double>(t + i) / 12;
      panel.values.push_back(100 + 4 * level + (walks ? 0 : 15 * std::sin(angle)));
    }
    panel.offsets.push_back(panel.values.size());
    panel.keys.push_back("s" + std::to_string(i));
  }
  return panel;
}

TEST(PooledRegression, IsMixedInWhereItMadeEarlierForecastsBetter) {
  const Panel panel = alike(60, 66, false);
  const std::vector<int> seasons(60, 12);
  Panel history;
  for (std::size_t i = 0; i < panel.size(); ++i) {
    auto y = panel.series(i);
    history.values.insert(history.values.end(), y.begin(), y.end() - 6);
    history.offsets.push_back(history.values.size());
    history.keys.push_back(panel.keys[i]);
  }
  auto found = forecast(history, seasons, {.horizon = 6});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pooled_shares, std::vector<float>(60, 0.25F));
  EXPECT_EQ(found->models[0], "median + pooled_regression");
  std::vector<std::string> names;
  for (const ModelInfo& model : models())
    if (!model.intermittent && (model.routes & kShortSeason)) names.emplace_back(model.name);
  auto without = forecast(history, seasons, {.horizon = 6, .models = names});
  ASSERT_TRUE(without);
  EXPECT_EQ(without->pooled_shares, std::vector<float>(60, 0));
  double with_error = 0, without_error = 0;
  for (std::size_t i = 0; i < panel.size(); ++i)
    for (std::size_t k = 0; k < 6; ++k) {
      with_error += std::abs(panel.series(i)[60 + k] - found->median[i * 6 + k]);
      without_error += std::abs(panel.series(i)[60 + k] - without->median[i * 6 + k]);
    }
  EXPECT_LT(with_error, 0.98 * without_error);
}

TEST(PooledRegression, IsLeftOutWhereSeriesDoNotTellOfEachOther) {
  auto found = forecast(alike(40, 60, true), std::vector<int>(40, 1), {.horizon = 4});
  ASSERT_TRUE(found);
  double sum = 0;
  for (float share : found->pooled_shares) sum += share;
  EXPECT_LE(sum, 10);
}

}  // namespace
}  // namespace sinan::forecasting

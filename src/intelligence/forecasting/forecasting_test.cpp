// The forecasts against closed forms, and the properties that every model and the whole must have.
#include <gtest/gtest.h>

#include <random>

#include "intelligence/forecasting/decomposition.hpp"
#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/models/intermittent.hpp"
#include "intelligence/forecasting/models/model.hpp"
#include "intelligence/forecasting/models/smoothing.hpp"
#include "intelligence/forecasting/quantiles.hpp"

namespace sinan::forecasting {
namespace {

Panel panel_of(const std::vector<std::vector<double>>& series) {
  Panel panel;
  for (const auto& values : series) {
    panel.values.insert(panel.values.end(), values.begin(), values.end());
    panel.offsets.push_back(panel.values.size());
    panel.keys.push_back("s" + std::to_string(panel.keys.size()));
  }
  return panel;
}

std::vector<double> random_series(std::uint32_t seed, std::size_t length, bool intermittent, int season = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 1);
  std::vector<double> out;
  for (std::size_t t = 0; t < length; ++t) {
    double value = 50 + 0.1 * static_cast<double>(t) + 5 * normal(random);
    if (season) value += 20 * std::sin(2 * M_PI * static_cast<double>(t) / season);
    if (intermittent) value = random() % 4 == 0 ? 1 + random() % 5 : 0;
    out.push_back(value);
  }
  return out;
}

TEST(Smoothing, RecursionMatchesItsClosedForm) {
  // With alpha = 0.5 from level 10: 11, 12.5, 11.25 (by hand).
  std::vector<double> y{12, 14, 10};
  EXPECT_DOUBLE_EQ(run_smoothing(y, 0.5, 0, 0, 10, 0).level, 11.25);
  // Holt by hand: alpha 0.5, beta 0.25 (= alpha · beta*), level 10, trend 1: errors 1, 1.25, -5.0625 + …
  SmoothingState holt = run_smoothing(std::vector<double>{12, 14}, 0.5, 0.25, 1, 10, 1);
  EXPECT_DOUBLE_EQ(holt.level, 11.5 + 1.25 + 0.5 * 1.25);
  EXPECT_DOUBLE_EQ(holt.trend, 1.25 + 0.25 * 1.25);
}

TEST(Smoothing, FindsTheParametersOfALine) {
  std::vector<double> y;
  for (int t = 1; t <= 60; ++t) y.push_back(3.0 * t + 7);
  SmoothingState state = fit_smoothing(y, Trend::kAdditive);
  EXPECT_NEAR(state.level, 187, 1e-6);
  EXPECT_NEAR(state.trend, 3, 1e-6);
}

TEST(Croston, MatchesAHandComputedSeries) {
  // Demands 4 at t=2, 2 at t=5: interval starts at 5/2; then 0.5·(3 − 2.5) more; size 4 − 0.5·2.
  CrostonState state = run_croston(std::vector<double>{0, 4, 0, 0, 2}, 0.5);
  EXPECT_DOUBLE_EQ(state.size, 3);
  EXPECT_DOUBLE_EQ(state.interval, 2.75);
}

TEST(NormalQuantile, MatchesTables) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-8);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167813, 1e-8);
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-12);
}

TEST(Decomposition, GivesBackExactMultiplicativeIndices) {
  std::vector<double> indices{0.8, 1.0, 1.4, 0.8};
  std::vector<double> y;
  for (std::size_t t = 0; t < 40; ++t) y.push_back(100 * indices[t % 4]);
  Seasonality found = decompose(y, 4);
  ASSERT_TRUE(found.multiplicative);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(found.indices[k], indices[k], 1e-12);
}

TEST(Cleaned, LiftsLostSalesAndFillsGapsFromTheSamePhase) {
  std::vector<double> y{kMissing, 10, 20, 10, kMissing, 10, 20, 10, 3};
  std::vector<std::uint8_t> lost{0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(cleaned(y, lost, 2), (std::vector<double>{10, 20, 10, 20, 10, 20, 10, 20}));
}

TEST(Models, ScaleWithTheDataAndTakeConstantsAndShortSeries) {
  for (const ModelInfo& model : models()) {
    SCOPED_TRACE(std::string(model.name));
    std::vector<double> y = random_series(3, 60, model.intermittent);
    std::vector<double> scaled(y);
    for (double& value : scaled) value *= 1000;
    std::vector<double> a(5), b(5);
    model.forecast(y, a);
    model.forecast(scaled, b);
    for (std::size_t h = 0; h < 5; ++h) EXPECT_NEAR(b[h], 1000 * a[h], 1e-6 * std::abs(b[h]) + 1e-9);
    std::vector<double> constant(static_cast<std::size_t>(model.min_length), 7);
    model.forecast(constant, a);
    // The Syntetos-Boylan correction lowers even a constant; every other model gives it back.
    for (double value : a) EXPECT_NEAR(value, 7, model.name == "croston_sba" ? 1.1 : 1e-4);
    std::vector<double> zeros(40, 0);
    model.forecast(zeros, a);
    for (double value : a) EXPECT_EQ(value, 0);
  }
}

std::vector<std::vector<double>> mixed() {
  std::vector<std::vector<double>> out;
  for (std::uint32_t i = 0; i < 60; ++i) out.push_back(random_series(i, 30 + i * 3, i % 3 == 0, i % 2 ? 12 : 0));
  out.push_back({5});
  out.push_back({kMissing, kMissing, 4, kMissing, 6});
  out.push_back(std::vector<double>(3650, 0));
  out.push_back(std::vector<double>(40, -3));
  return out;
}

TEST(Forecast, IsTheSameAtAnyNumberOfThreadsAndInAnyOrder) {
  auto series = mixed();
  Options options{.horizon = 8, .seasons = {4, 12}, .quantiles = {0.1, 0.5, 0.95}, .cumulative = true};
  auto one = forecast(panel_of(series), {}, options);
  options.threads = 2;
  auto two = forecast(panel_of(series), {}, options);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->quantiles, two->quantiles);
  EXPECT_EQ(one->sums, two->sums);
  std::vector<std::vector<double>> reversed(series.rbegin(), series.rend());
  auto back = forecast(panel_of(reversed), {}, options);
  for (std::size_t i = 0; i < series.size(); ++i)
    for (std::size_t h = 0; h < 8; ++h) {
      EXPECT_EQ(one->median[i * 8 + h], back->median[(series.size() - 1 - i) * 8 + h]);
      EXPECT_NEAR(one->quantiles[(i * 8 + h) * 3], back->quantiles[((series.size() - 1 - i) * 8 + h) * 3], 1e-9);
    }
}

TEST(Forecast, QuantilesRiseAndStayAtOrAboveZeroWhereDemandDoes) {
  auto series = mixed();
  auto result = forecast(panel_of(series), {}, {.horizon = 6, .quantiles = {0.9, 0.01, 0.5, 0.999}, .cumulative = true});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->quantile_levels, (std::vector<double>{0.01, 0.5, 0.9, 0.999}));
  for (std::size_t i = 0; i < series.size(); ++i)
    for (std::size_t h = 0; h < 6; ++h)
      for (const auto* values : {&result->quantiles, &result->sums})
        for (std::size_t q = 0; q < 4; ++q) {
          double value = (*values)[(i * 6 + h) * 4 + q];
          EXPECT_TRUE(std::isfinite(value)) << i;
          if (q > 0) EXPECT_GE(value, (*values)[(i * 6 + h) * 4 + q - 1]) << i;
          if (i < 63) EXPECT_GE(value, 0) << i;
        }
}

TEST(Forecast, FindsTheSeasonAndFollowsIt) {
  auto result = forecast(panel_of({random_series(9, 120, false, 12)}), {}, {.horizon = 12, .seasons = {4, 7, 12}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->seasons[0], 12);
  // The sine's peak is at phase 3, its trough at phase 9.
  EXPECT_GT(result->median[3], result->median[9] + 25);
}

TEST(Forecast, DeadItemsGoToZeroAndStockOutsDoNotLowerTheForecast) {
  std::vector<double> dead(200, 0);
  for (std::size_t t = 0; t < 60; ++t) dead[t] = 5;
  std::vector<double> sold = random_series(4, 100, false);
  Panel panel = panel_of({dead, sold, sold});
  panel.lost.assign(panel.values.size(), 0);
  for (std::size_t t = 0; t < 15; ++t) {
    panel.values[panel.offsets[3] - 1 - t] = 0;
    panel.lost[panel.offsets[3] - 1 - t] = 1;
  }
  auto result = forecast(panel, {}, {.horizon = 7});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->classes[0], DemandClass::kDead);
  EXPECT_EQ(result->median[0], 0);
  EXPECT_NEAR(result->median[14], result->median[7], 8);
}

TEST(Forecast, RefusesWhatItCannotUseAndNamesTheSeries) {
  auto infinite = forecast(panel_of({{1, 2}, {1, INFINITY}}), {}, {});
  ASSERT_FALSE(infinite);
  EXPECT_EQ(infinite.error().place, "s1");
  EXPECT_EQ(forecast(panel_of({{kMissing}}), {}, {}).error().place, "s0");
}

TEST(Forecast, IntervalsCoverWhatTheyPromiseOnSeriesOfAKnownProcess) {
  // Random walks with noise: the exact predictive distribution is normal; 80 % intervals over 400 series.
  std::vector<std::vector<double>> series;
  std::vector<std::vector<double>> future;
  for (std::uint32_t i = 0; i < 400; ++i) {
    std::mt19937 random(i + 1000);
    std::normal_distribution<double> normal(0, 1);
    double level = 200;
    std::vector<double> all;
    for (int t = 0; t < 90; ++t) {
      level += 1.5 * normal(random);
      all.push_back(level + 3 * normal(random));
    }
    series.emplace_back(all.begin(), all.begin() + 84);
    future.emplace_back(all.begin() + 84, all.end());
  }
  auto result = forecast(panel_of(series), {}, {.horizon = 6, .quantiles = {0.1, 0.9}});
  ASSERT_TRUE(result);
  double inside = 0;
  for (std::size_t i = 0; i < 400; ++i)
    for (std::size_t h = 0; h < 6; ++h)
      inside += future[i][h] >= result->quantiles[(i * 6 + h) * 2] && future[i][h] <= result->quantiles[(i * 6 + h) * 2 + 1];
  EXPECT_NEAR(inside / 2400, 0.8, 0.04);
}

}  // namespace
}  // namespace sinan::forecasting

// Measures of forecasts against closed forms and against an independent scorer (Python with numpy, by the same rules of M4).
#include "intelligence/forecasting/evaluation/evaluation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/series.hpp"

namespace sinan::forecasting {
namespace {

constexpr double kTolerance = 1e-12;

TEST(Evaluation, PairsAreSymmetricAndTheWidestComesFirst) {
  using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
  EXPECT_EQ(symmetric_pairs({0.1, 0.25, 0.5, 0.75, 0.9}), (Pairs{{0, 4}, {1, 3}}));
  EXPECT_EQ(symmetric_pairs({0.5, 0.9, 0.99}), Pairs{});
}

// Differences of the history are 2, −1, 3; errors are +1 and −1.
TEST(Evaluation, EveryMeasureOfATinyWindowIsItsClosedForm) {
  const std::vector<double> history{1, 3, 2, 5};
  const std::vector<double> actual{4, 6};
  const std::vector<double> median{5, 5};
  const std::vector<double> quantiles{4.5, 5.5, 4, 7};
  Evaluation evaluation({0.1, 0.9});
  evaluation.add({.history = history, .actual = actual, .median = median, .quantiles = quantiles});
  const Scores s = evaluation.scores();
  EXPECT_EQ(s.windows, 1U);
  EXPECT_EQ(s.points, 2U);
  EXPECT_EQ(s.unscaled, 0U);
  EXPECT_NEAR(s.wape, 2.0 / 10, kTolerance);
  EXPECT_NEAR(s.bias, 0, kTolerance);
  EXPECT_NEAR(s.smape, (200.0 / 9 + 200.0 / 11) / 2, kTolerance);
  EXPECT_NEAR(s.mase, 1.0 / 2, kTolerance);
  EXPECT_NEAR(s.rmsse, std::sqrt(3.0 / 14), kTolerance);
  EXPECT_NEAR(s.owa, 1, kTolerance);  // the forecast is Naive 2
  EXPECT_NEAR(s.pinball, (0.45 + 0.15 + 0.2 + 0.1) / 4, kTolerance);
  EXPECT_NEAR(s.msis, ((1 + 10 * 0.5) + 3) / 2 / 2, kTolerance);
  ASSERT_EQ(s.intervals.size(), 1U);
  EXPECT_NEAR(s.intervals[0].probability, 0.8, kTolerance);
  EXPECT_NEAR(s.intervals[0].coverage, 0.5, kTolerance);
}

TEST(Evaluation, BiasIsAboveZeroWhereForecastsAreTooHighAndEndsOfAnIntervalAreInside) {
  const std::vector<double> history{1, 2};
  Evaluation evaluation({0.25, 0.75});
  evaluation.add(
      {.history = history, .actual = history, .median = std::vector<double>{2, 3}, .quantiles = std::vector<double>{1, 3, 1, 2}});
  EXPECT_NEAR(evaluation.scores().bias, 2.0 / 3, kTolerance);
  EXPECT_NEAR(evaluation.scores().intervals[0].coverage, 1, kTolerance);
}

TEST(Evaluation, RmsseBeginsWithTheFirstDemandAndMaseWithTheHistory) {
  const std::vector<double> history{0, 0, 0, 0, 2, 4};
  Evaluation evaluation({});
  evaluation.add({.history = history, .actual = std::vector<double>{7}, .median = std::vector<double>{4}});
  EXPECT_NEAR(evaluation.scores().rmsse, 3.0 / 2, kTolerance);
  EXPECT_NEAR(evaluation.scores().mase, 3 / (4.0 / 5), kTolerance);
}

TEST(Evaluation, ConstantHistoriesAreLeftOutOfScaledMeasuresAndCounted) {
  const std::vector<double> constant(8, 3);
  const std::vector<double> varied{1, 3, 2, 5};
  const std::vector<double> actual{4};
  Evaluation evaluation({});
  for (const auto& history : {constant, varied, std::vector<double>{9}})
    evaluation.add({.history = history, .actual = actual, .median = std::vector<double>{6}});
  const Scores s = evaluation.scores();
  EXPECT_EQ(s.windows, 3U);
  EXPECT_EQ(s.unscaled, 2U);
  EXPECT_NEAR(s.mase, 2.0 / 2, kTolerance);  // of the one in the middle
  EXPECT_NEAR(s.wape, 6.0 / 12, kTolerance);
}

TEST(Evaluation, WhatIsMissingIsNotScoredAndNothingIsNoNumber) {
  const std::vector<double> history{1, 3, 2, 5};
  Evaluation evaluation({0.5});
  evaluation.add({.history = history,
                  .actual = std::vector<double>{kMissing, kMissing},
                  .median = std::vector<double>{1, 1},
                  .quantiles = std::vector<double>{1, 1}});
  const Scores s = evaluation.scores();
  EXPECT_EQ(s.windows, 0U);
  EXPECT_EQ(s.points, 0U);
  for (double v : {s.wape, s.bias, s.smape, s.mase, s.rmsse, s.owa, s.pinball, s.msis}) EXPECT_TRUE(std::isnan(v));
}

std::vector<double> tiny_series(int kind) {
  constexpr double kPattern[] = {0, 8, -4, 2};
  std::vector<double> out;
  for (int t = 0; t < 30; ++t)
    out.push_back(kind == 0 ? 20 + 0.1 * t + kPattern[t % 4] + (t * 7) % 5 : kind == 1 ? 30.0 + (t * t * 7) % 11 : 6.0);
  return out;
}

// The figures were computed in Python by an independent scorer (numpy; OWA against Naive 2 by the rules of M4, linear interpolation of
// gaps in histories, interval score as in Gneiting & Raftery).
TEST(Evaluation, AgreesWithAnIndependentScorerOnThreeSmallSeries) {
  Evaluation evaluation({0.05, 0.1, 0.9, 0.95});
  for (int kind = 0; kind < 3; ++kind) {
    std::vector<double> history = tiny_series(kind);
    std::vector<double> actual(history.begin() + 24, history.end());
    history.resize(24);
    if (kind == 0) history[5] = kMissing;
    if (kind == 1) actual[2] = kMissing;
    std::vector<double> median;
    std::vector<double> quantiles;
    for (std::size_t k = 0; k < 6; ++k) {
      median.push_back(history[20 + k % 4] + 0.75);
      for (double d : {-2.0, -1.0, 1.0, 3.0}) quantiles.push_back(median.back() + d);
    }
    evaluation.add({.history = history, .season = 4, .actual = actual, .median = median, .quantiles = quantiles});
  }
  const Scores s = evaluation.scores();
  EXPECT_NEAR(s.smape, 8.739109143919626, 1e-10);
  EXPECT_NEAR(s.mase, 0.7173362287368802, kTolerance);
  EXPECT_NEAR(s.owa, 1.3659392993610564, kTolerance);
  EXPECT_NEAR(s.wape, 0.07495453364510261, kTolerance);
  EXPECT_NEAR(s.msis, 4.527687296416938, kTolerance);
  EXPECT_EQ(s.points, 17U);
  EXPECT_NEAR(s.intervals[0].coverage, 13.0 / 17, kTolerance);
  EXPECT_NEAR(s.intervals[1].coverage, 8.0 / 17, kTolerance);
}

TEST(Evaluation, Naive2RestoresASeasonThatPassesTheTestAndNoOther) {
  std::vector<double> history = tiny_series(0);
  history.resize(24);
  history[5] = (history[4] + history[6]) / 2;
  std::vector<double> out(6);
  naive2(history, 4, out);
  const double expected[] = {23.35076943263581, 29.62013276629201, 19.254597456641168, 25.3, 23.35076943263581, 29.62013276629201};
  for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(out[k], expected[k], 1e-10);  // the same scorer
  for (std::size_t short_of_three : {11U, 4U}) {
    naive2(std::span(history).first(short_of_three), 4, out);
    for (double v : out) EXPECT_EQ(v, history[short_of_three - 1]);
  }
  std::vector<double> silent(24, 0);
  for (std::size_t t = 1; t < 24; t += 4) silent[t] = 5;  // the last phase never sells
  naive2(silent, 4, out);
  for (double v : out) EXPECT_EQ(v, 0);
}

}  // namespace
}  // namespace sinan::forecasting

// Bursts: tails against closed forms, what is seen and when, what it is called, and what must make no difference.
#include "intelligence/forecasting/live/bursts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/series.hpp"

namespace sinan::forecasting {
namespace {

TEST(BurstTails, AreTheirClosedForms) {
  for (double mean : {0.02, 0.7, 5.0, 90.0})
    for (double y : {1.0, 2.0, 7.0, 60.0}) {
      // Size 1 is the geometric distribution; size 2 the sum of two such.
      const double odds = mean / (1 + mean);
      EXPECT_NEAR(log_negative_binomial_tail(y, mean, 1), y * std::log(odds), 1e-8 * y) << mean << " " << y;
      const double half = mean / (2 + mean);
      EXPECT_NEAR(log_negative_binomial_tail(y, mean, 2), (y - 1) * std::log(half) + std::log(half * (1 + y * (1 - half))), 1e-8 * y);
    }
  for (double t : {0.0, 0.3, 1.0, 4.0, 1e3}) {
    EXPECT_NEAR(log_student_tail(t, 1), std::log(t > 0 ? std::atan(1 / t) / M_PI : 0.5), 1e-8) << t;
    const double root = std::sqrt(2 + t * t);
    EXPECT_NEAR(log_student_tail(t, 2), std::log(1 / (root * (root + t))), 1e-8) << t;
  }
}

// Counts of a negative binomial distribution, or with `whole` false a normal one.
std::vector<double> quiet(std::uint32_t seed, std::size_t length, double mean, bool whole = true) {
  std::mt19937 random(seed);
  std::gamma_distribution<double> rate(2, mean / 2);
  std::normal_distribution<double> normal(mean, mean / 5);
  std::vector<double> out;
  for (std::size_t t = 0; t < length; ++t)
    out.push_back(whole ? static_cast<double>(std::poisson_distribution<int>(rate(random))(random)) : std::max(0.0, normal(random)));
  return out;
}

std::vector<double> with_burst(std::vector<double> values, std::size_t begin, std::size_t length, double factor) {
  for (std::size_t t = begin; t < begin + length; ++t) values[t] *= factor;
  return values;
}

TEST(Bursts, SuddenDemandIsSeenWithItsFirstPeriodAndMeasured) {
  const auto values = with_burst(quiet(1, 120, 50, false), 80, 4, 3);
  const auto found = find_bursts(values, {}, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].begin, 80U);
  EXPECT_EQ(found[0].seen, 80U);
  EXPECT_EQ(found[0].end, 84U);
  EXPECT_FALSE(found[0].running);
  EXPECT_EQ(found[0].kind, BurstKind::kBurst);
  EXPECT_NEAR(found[0].size(), 3, 0.5);
  EXPECT_NEAR(found[0].demand, values[80] + values[81] + values[82] + values[83], 1e-9);
  EXPECT_GT(found[0].confidence, 0.9);
  const auto running = find_bursts(std::span(values).first(82), {}, {});
  ASSERT_EQ(running.size(), 1U);
  EXPECT_TRUE(running[0].running);
  EXPECT_EQ(running[0].end, 82U);
}

TEST(Bursts, WhatIsOverAfterOnePeriodIsAnOutlierAndWhatIsMarkedIsAPromotion) {
  const auto values = with_burst(quiet(2, 120, 50, false), 80, 1, 5);
  EXPECT_EQ(find_bursts(std::span(values).first(81), {}, {}).at(0).kind, BurstKind::kBurst);  // nobody can know yet
  EXPECT_EQ(find_bursts(values, {}, {}).at(0).kind, BurstKind::kOutlier);
  EXPECT_EQ(find_bursts(values, {}, {}).at(0).end, 81U);
  std::vector<std::uint8_t> promotion(values.size());
  promotion[80] = 1;
  EXPECT_EQ(find_bursts(values, promotion, {}).at(0).kind, BurstKind::kPromotion);
  const auto longer = with_burst(quiet(2, 120, 50, false), 80, 4, 5);
  EXPECT_EQ(find_bursts(longer, promotion, {}).at(0).kind, BurstKind::kBurst);  // one marked period of four
}

TEST(Bursts, RareCountsAreJudgedByTheirOwnDistribution) {
  auto values = quiet(3, 200, 0.3);
  values[149] = 0;
  for (std::size_t t : {150U, 151U, 152U}) values[t] = 6;
  const auto found = find_bursts(values, {}, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_GE(found[0].begin, 150U);
  EXPECT_LE(found[0].seen, 151U);
}

TEST(Bursts, APastBurstIsForgottenAndWhatLastsIsTheNewLevel) {
  const auto values = with_burst(quiet(4, 160, 50, false), 80, 4, 6);
  BurstDetector detector({});
  for (std::size_t t = 0; t <= 90; ++t) detector.update(values[t]);
  EXPECT_NEAR(detector.expected(), 50, 10);
  const auto lasting = with_burst(quiet(4, 160, 50, false), 80, 80, 4);
  BurstDetector shifted({});
  int raised = 0;
  for (double y : lasting) raised += shifted.update(y);
  EXPECT_EQ(raised, 1);
  EXPECT_EQ(shifted.burst()->end, 88U);
  EXPECT_NEAR(shifted.expected(), 200, 40);
}

TEST(Bursts, AWeekIsNoBurstButUsualDemandOnAClosedDayIs) {
  std::vector<double> week;
  const auto noise = quiet(5, 210, 40, false);
  const double factors[] = {1, 1, 1, 1, 2.5, 3, 0};
  for (std::size_t t = 0; t < noise.size(); ++t) week.push_back(noise[t] * factors[t % 7]);
  EXPECT_TRUE(find_bursts(std::span(week).subspan(0), {}, {.season = 7}).empty());
  week[160] = 40;  // 160 % 7 is 6
  const auto found = find_bursts(week, {}, {.season = 7});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].begin, 160U);
}

TEST(Bursts, ScalingContinuousDemandChangesNothing) {
  for (double factor : {1e-3, 1e3, 1e6}) {
    const auto values = with_burst(quiet(6, 150, 7.3, false), 100, 2, 4);
    auto scaled = values;
    for (double& v : scaled) v *= factor;
    const auto a = find_bursts(values, {}, {.season = 7});
    const auto b = find_bursts(scaled, {}, {.season = 7});
    ASSERT_EQ(a.size(), b.size());
    ASSERT_FALSE(a.empty());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].begin, b[i].begin);
      EXPECT_EQ(a[i].kind, b[i].kind);
      EXPECT_NEAR(a[i].size(), b[i].size(), 1e-9);
      EXPECT_NEAR(a[i].confidence, b[i].confidence, 1e-9);
    }
  }
}

// What is raised with a period is the same whatever comes after it, and whether periods come one by one, among those of another series, or
// all at once.
TEST(Bursts, NothingDependsOnWhatComesLaterOrOnOtherSeries) {
  for (std::uint32_t seed : {7U, 8U, 9U}) {
    const auto values = with_burst(quiet(seed, 160, seed == 8 ? 0.8 : 12, seed != 9), 70, 3, 8);
    const auto whole = find_bursts(values, {}, {.season = 7, .false_alarms_per_year = 5});
    ASSERT_FALSE(whole.empty());
    BurstDetector stream({.season = 7, .false_alarms_per_year = 5});
    BurstDetector other({});
    std::size_t raised = 0;
    for (std::size_t t = 0; t < values.size(); ++t) {
      other.update(values[values.size() - 1 - t] * 3);
      if (!stream.update(values[t])) continue;
      ASSERT_LT(raised, whole.size());
      const auto prefix = find_bursts(std::span(values).first(t + 1), {}, {.season = 7, .false_alarms_per_year = 5});
      ASSERT_EQ(prefix.size(), ++raised) << seed << " " << t;
      EXPECT_EQ(prefix.back().begin, stream.burst()->begin);
      EXPECT_EQ(prefix.back().confidence, stream.burst()->confidence);
      EXPECT_EQ(whole[raised - 1].begin, stream.burst()->begin);
      EXPECT_EQ(whole[raised - 1].seen, t);
    }
    EXPECT_EQ(raised, whole.size());
    EXPECT_EQ(stream.burst()->demand, whole.back().demand);
  }
}

TEST(Bursts, OddHistoriesAreDefined) {
  const std::vector<std::vector<double>> odd{{},
                                             {5},
                                             std::vector<double>(3650, 0),
                                             std::vector<double>(200, 7),
                                             std::vector<double>(200, -3),
                                             std::vector<double>(50, kMissing),
                                             {kMissing, 1, INFINITY, 2, -INFINITY, 3}};
  for (const auto& values : odd) EXPECT_TRUE(find_bursts(values, {}, {.season = 7}).empty()) << values.size();
  // Missing periods are passed over and numbered.
  auto values = with_burst(quiet(10, 120, 50, false), 80, 3, 4);
  values[40] = values[79] = kMissing;
  const auto found = find_bursts(values, {}, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].begin, 80U);
  // Returns are no demand.
  values[81] = -200;
  EXPECT_GT(find_bursts(values, {}, {}).at(0).demand, 0);
}

// 600 series of three years each, of which the process is known: the rate of false alarms stays at what is allowed or below it.
TEST(Bursts, FalseAlarmsStayWithinTheirRate) {
  for (double allowed : {0.3, 3.0}) {
    std::size_t alarms = 0;
    for (std::uint32_t seed = 0; seed < 200; ++seed)
      for (const auto& values : {quiet(seed, 1095, 0.4), quiet(seed, 1095, 9), quiet(seed, 1095, 60, false)})
        alarms += find_bursts(values, {}, {.season = 7, .false_alarms_per_year = allowed}).size();
    const double rate = static_cast<double>(alarms) / 1800;
    EXPECT_LE(rate, allowed * 1.2);
    EXPECT_GE(rate, allowed / 20);  // and it is no detector that never speaks
  }
}

}  // namespace
}  // namespace sinan::forecasting

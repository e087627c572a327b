#include "intelligence/forecasting/evaluation/drift.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

namespace sinan::forecasting {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Drift, agrees_with_a_hand_computed_sum) {
  // Mean 10, deviation 2, slack ½: z − ½ = −0.5, 1, −2, 1.5, 2.5 (cut at 3), 2.5, 0.5; S = 0, 1, 0, 1.5, 4, 6.5, 7.
  std::vector<double> errors{10, 13, 7, 14, 18, 16, 12};
  Drift d = watch_drift(errors, 10, 2);
  EXPECT_DOUBLE_EQ(d.sum, 7);
  EXPECT_EQ(d.since, 3U);
  ASSERT_TRUE(d.alarm);
  EXPECT_EQ(*d.alarm, 5U);
}

TEST(Drift, one_odd_day_raises_no_alarm_and_unknown_days_change_nothing) {
  std::vector<double> errors{10, 1000, 10, 10, kNan, 10, 10, 10, 10};
  Drift d = watch_drift(errors, 10, 2);
  EXPECT_FALSE(d.alarm);
  EXPECT_EQ(d.sum, 0);
  EXPECT_EQ(d.since, errors.size());
  std::vector<double> gaps{kNan, 18, kNan, 18, kNan, 18};
  EXPECT_EQ(*watch_drift(gaps, 10, 2).alarm, 5U);
  EXPECT_EQ(watch_drift(gaps, 10, 2).since, 1U);
}

TEST(Drift, is_over_when_errors_are_as_before) {
  std::vector<double> errors{18, 18, 18, 18, 4, 4, 4, 4, 4, 4};
  Drift d = watch_drift(errors, 10, 2);
  EXPECT_FALSE(d.alarm);
  EXPECT_EQ(d.sum, 0);
}

// How many periods until an alarm, on average, when errors are normal and `shift` deviations above their mean.
double run_length(double shift, int trials, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(shift, 1);
  double sum = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> errors;
    DriftOptions options;
    double s = 0;
    while (s <= options.limit) {
      errors.push_back(normal(random));
      s = std::max(0.0, s + std::clamp(errors.back(), -options.most, options.most) - options.slack);
    }
    // The function itself, up to there, says the same.
    EXPECT_EQ(watch_drift(errors, 0, 1).alarm, errors.size() - 1);
    sum += static_cast<double>(errors.size());
  }
  return sum / trials;
}

TEST(Drift, false_alarms_and_delays_are_as_the_header_says) {
  // Siegmund (1985): (exp(2·½·7.166) − 7.166 − 1) / ½ = 2573 without a change, (exp(−7.166) + 7.166 − 1) / ½ = 12.3 after one.
  EXPECT_NEAR(run_length(0, 400, 1), 2573, 500);
  EXPECT_NEAR(run_length(1, 2000, 2), 12.3, 0.7);
}

}  // namespace
}  // namespace sinan::forecasting

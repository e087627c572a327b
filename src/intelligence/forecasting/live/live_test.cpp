#include "intelligence/forecasting/live/live.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <type_traits>
#include <vector>

#include "base/series.hpp"

namespace sinan::forecasting {
namespace {

static_assert(std::is_trivially_copyable_v<LiveSeries>, "a state owns no memory, so no update can allocate");

constexpr BurstOptions kDaily{.season = 7};

// Has seen `days` days of Poisson demand of that mean.
BurstDetector after_days(int days, double mean) {
  BurstDetector out(kDaily);
  std::mt19937 random(11);
  std::poisson_distribution<int> demand(mean);
  for (int t = 0; t < days; ++t) out.update(demand(random));
  return out;
}

struct Night {
  std::vector<double> mean, deviation, quantiles;
  LiveSeries series(double sale_size = 1) const { return LiveSeries({.mean = mean, .deviation = deviation, .sale_size = sale_size}); }
};
const Night kWeek{{10, 12, 8, 9, 10, 20, 25}, {4, 5, 4, 4, 5, 7, 8}, {60, 94, 140}};

TEST(Live, says_what_the_night_said_as_long_as_nothing_is_sold) {
  const LiveSeries series = kWeek.series();
  const LivePosition now = series.position(0);
  EXPECT_DOUBLE_EQ(now.rest, 10);
  EXPECT_NEAR(now.rest_variance, 16, 1e-12);
  EXPECT_DOUBLE_EQ(now.lead, 94);
  // Σσ² + ρ Σ_{i≠j} σᵢσⱼ = 211 + 0.1 · (37² − 211).
  EXPECT_NEAR(now.lead_variance, 326.8, 1e-9);
  std::vector<double> now_quantiles(3);
  series.quantiles(now, kWeek.quantiles, now_quantiles);
  for (std::size_t q = 0; q < 3; ++q) EXPECT_NEAR(now_quantiles[q], kWeek.quantiles[q], 1e-9);
  EXPECT_FALSE(series.bursting());
}

// The oracle integrates over the level: Gamma(κ, κ) before, a negative binomial likelihood of counts in units of s.
TEST(Live, what_is_to_come_agrees_with_a_numerical_integration_over_the_level) {
  BurstDetector before(kDaily), scratch(kDaily);
  for (const auto& [sold, elapsed, size] : {std::tuple{3.0, 0.5, 1.0}, {14.0, 0.5, 1.0}, {9.0, 0.25, 1.5}, {0.0, 0.9, 1.0}}) {
    LiveSeries series = kWeek.series(size);
    series.sell(sold, elapsed, before, scratch);
    const LivePosition now = series.position(elapsed);
    const double kappa = 100 / (16 - 10 * size);
    double weight = 0, mean = 0, square = 0;
    for (double level = 0.0005; level < 12; level += 0.001) {
      const double likelihood =
          std::exp((kappa - 1) * std::log(level) - kappa * level + sold / size * std::log(level) - level * elapsed * 10 / size);
      const double rest = level * (1 - elapsed) * 10;
      weight += likelihood;
      mean += likelihood * rest;
      square += likelihood * (rest * rest + size * rest);
    }
    EXPECT_NEAR(now.rest, mean / weight, 1e-4) << sold;
    EXPECT_NEAR(now.rest_variance, square / weight - mean / weight * mean / weight, 1e-3) << sold;
  }
}

// Days whose level is drawn as the night thinks: forecasts made at any hour are neither high nor low, and their variance is right.
TEST(Live, is_calibrated_at_every_hour_of_days_that_are_as_the_night_thinks) {
  std::mt19937 random(3);
  const double mean = 10, variance = 16;
  const double kappa = mean * mean / (variance - mean);
  std::gamma_distribution<double> level(kappa, 1 / kappa);
  const BurstDetector before(kDaily);
  BurstDetector scratch(kDaily);
  constexpr int kDays = 40'000;
  for (double elapsed : {0.1, 0.5, 0.9}) {
    double bias = 0, ratio = 0;
    for (int day = 0; day < kDays; ++day) {
      const double pace = level(random) * mean;
      const int sold = std::poisson_distribution<int>(pace * elapsed)(random);
      const int rest = std::poisson_distribution<int>(pace * (1 - elapsed))(random);
      LiveSeries series({.mean = {&mean, 1}, .deviation = std::vector<double>{4}});
      series.sell(sold, elapsed, before, scratch);
      const LivePosition now = series.position(elapsed);
      bias += rest - now.rest;
      ratio += (rest - now.rest) * (rest - now.rest) / now.rest_variance;
    }
    EXPECT_NEAR(bias / kDays, 0, 0.06) << elapsed;  // four standard errors
    EXPECT_NEAR(ratio / kDays, 1, 0.04) << elapsed;
  }
}

TEST(Live, the_order_of_sales_does_not_matter_and_returns_take_back_what_was_sold) {
  std::vector<std::pair<double, double>> sales{{3, 0.1}, {8, 0.2}, {-2, 0.25}, {20, 0.3}, {1, 0.35}};
  const BurstDetector before = after_days(60, 10);
  BurstDetector scratch(kDaily);
  LiveSeries forth = kWeek.series(), back = kWeek.series();
  for (const auto& [quantity, elapsed] : sales) forth.sell(quantity, elapsed, before, scratch);
  std::ranges::reverse(sales);
  for (const auto& [quantity, elapsed] : sales) back.sell(quantity, elapsed, before, scratch);
  const LivePosition a = forth.position(0.5), b = back.position(0.5);
  EXPECT_EQ(a.sold, 30);
  EXPECT_EQ(a.rest, b.rest);
  EXPECT_EQ(a.lead, b.lead);
  EXPECT_EQ(a.lead_variance, b.lead_variance);
  EXPECT_EQ(forth.confidence(), back.confidence());
  back.sell(-100, 0.4, before, scratch);
  EXPECT_EQ(back.position(0.5).sold, 0);
  EXPECT_FALSE(back.bursting());
}

TEST(Live, what_another_state_sold_is_as_if_it_had_been_sold_here) {
  const BurstDetector before = after_days(60, 10);
  BurstDetector scratch(kDaily);
  const Night other{{30, 12}, {9, 5}, {}};
  LiveSeries here = kWeek.series(), first = other.series(), second = kWeek.series();
  for (const auto& [quantity, elapsed] : {std::pair{3.0, 0.1}, {9.0, 0.2}, {-1.0, 0.3}, {22.0, 0.35}}) {
    here.sell(quantity, elapsed, before, scratch);
    first.sell(quantity, elapsed, before, scratch);
  }
  ASSERT_FALSE(first.bursting());
  EXPECT_TRUE(second.take_over(first, before, scratch)) << "less was forecast here";
  EXPECT_EQ(second.position(0).rest, here.position(0).rest);
  EXPECT_EQ(second.position(0).lead_variance, here.position(0).lead_variance);
  EXPECT_EQ(second.confidence(), here.confidence());
}

TEST(Live, ends_the_period_with_what_was_sold_and_keeps_quantiles_in_order) {
  BurstDetector before(kDaily), scratch(kDaily);
  LiveSeries series = kWeek.series();
  double last = 1e9;
  for (double elapsed : {0.2, 0.4, 0.6, 0.8, 1.0}) {
    series.sell(2, elapsed, before, scratch);
    const LivePosition now = series.position(elapsed);
    EXPECT_LT(now.rest_variance, last);
    last = now.rest_variance;
    std::vector<double> out(3);
    series.quantiles(now, kWeek.quantiles, out);
    EXPECT_TRUE(std::ranges::is_sorted(out));
  }
  const LivePosition end = series.position(1);
  EXPECT_EQ(end.sold, 10);
  EXPECT_EQ(end.rest, 0);
  EXPECT_EQ(end.rest_variance, 0);
  EXPECT_NEAR(end.lead, 84, 1e-9) << "the later days, as the night said: today sold what was expected of it";
}

TEST(Live, sees_a_burst_when_the_detector_would_see_it_at_the_end_of_a_day_with_as_much) {
  const BurstDetector before = after_days(90, 10);
  BurstDetector scratch(kDaily);
  LiveSeries series = kWeek.series();
  int seen_at = 0;
  for (int sold = 1; sold <= 60 && !seen_at; ++sold)
    if (series.sell(1, 0.3, before, scratch)) seen_at = sold;
  ASSERT_GT(seen_at, 15);
  BurstDetector whole = before;
  EXPECT_TRUE(whole.update(seen_at));
  EXPECT_EQ(series.burst_size(), whole.burst()->size());
  EXPECT_EQ(series.confidence(), whole.burst()->confidence);
  whole = before;
  EXPECT_FALSE(whole.update(seen_at - 1));
  EXPECT_FALSE(series.sell(1, 0.3, before, scratch)) << "it was seen already";
}

TEST(Live, follows_a_burst_of_many_sales_but_not_one_large_order) {
  const BurstDetector before = after_days(90, 10);
  BurstDetector scratch(kDaily);
  LiveSeries many = kWeek.series(), one = kWeek.series();
  for (int i = 0; i < 60; ++i) many.sell(1, 0.3, before, scratch);
  one.sell(60, 0.3, before, scratch);
  ASSERT_TRUE(many.bursting() && one.bursting());
  // Sixty in three tenths of a day are a pace of two hundred a day.
  EXPECT_GT(many.position(0.3).rest, 100);
  EXPECT_LT(many.position(0.3).rest, 140);
  EXPECT_LT(one.position(0.3).rest, 25);
  EXPECT_GT(many.position(0.3).lead - many.position(0.3).rest, 84) << "what comes later is expected to be more too";
}

TEST(Live, a_dead_series_that_sells_again_is_counted_and_nothing_is_expected_of_it) {
  const std::vector<double> nothing(7, 0.0);
  LiveSeries series({.mean = nothing, .deviation = nothing});
  BurstDetector before(kDaily), scratch(kDaily);
  series.sell(3, 0.5, before, scratch);
  const LivePosition now = series.position(0.5);
  EXPECT_EQ(now.sold, 3);
  EXPECT_EQ(now.lead, 0);
  std::vector<double> out(1);
  series.quantiles(now, std::vector<double>{0.0}, out);
  EXPECT_EQ(out[0], 0);
}

}  // namespace
}  // namespace sinan::forecasting

#include "intelligence/forecasting/evaluation/comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace sinan::forecasting {
namespace {

TEST(StudentT, agrees_with_the_published_table) {
  // Critical values of one-sided tests (Fisher & Yates 1938, table III).
  EXPECT_NEAR(student_t_upper(2.571, 5), 0.025, 5e-5);
  EXPECT_NEAR(student_t_upper(1.761, 14), 0.05, 5e-5);
  EXPECT_NEAR(student_t_upper(3.169, 10), 0.005, 5e-6);
  EXPECT_NEAR(student_t_upper(1, 1), 0.25, 1e-12);  // Cauchy: ½ − atan(1)/π
  EXPECT_NEAR(student_t_upper(-2.571, 5), 0.975, 5e-5);
  EXPECT_DOUBLE_EQ(student_t_upper(0, 7), 0.5);
}

TEST(CompareLosses, agrees_with_a_hand_computed_test) {
  // d = 1, 3, 2, 0, 4, 2, 1, 3: mean 2, deviations −1, 1, 0, −2, 2, 0, −1, 1. Frequencies: ⌊8^⅓⌋ = 2.
  // At 2π/8: cosines sum to −3 + 2√2, sines to 1 − √2, so the periodogram is (20 − 14√2) / 8. At 4π/8: 2 and 2, so it is 1.
  // Statistic: 2 / √((20 − 14√2 + 8) / 16 / 8) = 7.90136, with 4 degrees of freedom.
  std::vector<double> first{5, 6, 5, 3, 8, 4, 5, 7};
  std::vector<double> second{4, 3, 3, 3, 4, 2, 4, 4};
  Comparison c = compare_losses(first, second);
  EXPECT_EQ(c.periods, 8U);
  EXPECT_DOUBLE_EQ(c.first - c.second, 2);
  EXPECT_NEAR(c.statistic, 2 / std::sqrt((28 - 14 * std::sqrt(2.0)) / 128), 1e-9);
  EXPECT_NEAR(c.p, student_t_upper(c.statistic, 4), 1e-15);
  Comparison back = compare_losses(second, first);
  EXPECT_NEAR(back.statistic, -c.statistic, 1e-12);
  EXPECT_NEAR(back.p, 1 - c.p, 1e-12);
}

TEST(CompareLosses, leaves_out_what_is_unknown_and_says_nothing_from_too_little) {
  double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> first{5, nan, 6, 5, 3, 8, 4, 5, 7};
  std::vector<double> second{4, 1, 3, 3, 3, 4, 2, 4, 4};
  EXPECT_EQ(compare_losses(first, second).periods, 8U);
  EXPECT_EQ(compare_losses(std::vector<double>{1, 2}, std::vector<double>{0, 0}).p, 1);
  EXPECT_EQ(compare_losses({}, {}).periods, 0U);
}

TEST(CompareLosses, a_constant_difference_is_certain_and_none_is_no_winner) {
  std::vector<double> losses{3, 4, 5, 6, 7};
  std::vector<double> less{2, 3, 4, 5, 6};
  EXPECT_EQ(compare_losses(losses, less).p, 0);
  EXPECT_EQ(compare_losses(less, losses).p, 1);
  EXPECT_EQ(compare_losses(losses, losses).p, 1);
}

// Losses of two forecasts that are equally good, or the second by `gain` deviations better; days hang together with `rho`.
double called_better(double gain, double rho, std::size_t n, double level) {
  std::mt19937_64 random(20260301);
  std::normal_distribution<double> normal;
  constexpr int kTrials = 4000;
  int called = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> first(n);
    std::vector<double> second(n);
    double state = normal(random);
    for (std::size_t t = 0; t < n; ++t) {
      state = rho * state + std::sqrt(1 - rho * rho) * normal(random);
      first[t] = 10 + gain + state;
      second[t] = 10;
    }
    called += compare_losses(first, second).p < level;
  }
  return static_cast<double>(called) / kTrials;
}

TEST(CompareLosses, luck_is_seldom_called_a_winner_and_a_winner_mostly) {
  for (std::size_t n : {14U, 28U, 56U}) {
    EXPECT_NEAR(called_better(0, 0, n, 0.05), 0.05, 0.012) << n;
    EXPECT_LT(called_better(0, 0.3, n, 0.05), 0.075) << n;
  }
  EXPECT_GT(called_better(1, 0, 14, 0.025), 0.7);
  EXPECT_GT(called_better(1, 0.3, 56, 0.00625), 0.9);
}

}  // namespace
}  // namespace sinan::forecasting

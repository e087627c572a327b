#include "intelligence/forecasting/comparison.hpp"

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
  // d = 1, 3, 2, 0, 4, 2, 1, 3: mean 2. Deviations −1, 1, 0, −2, 2, 0, −1, 1.
  // γ0 = 12/8 = 1.5; γ1 = (−1 + 0 + 0 − 4 + 0 + 0 − 1)/8 = −0.75; γ2 = (0 − 2 + 0 + 0 − 2 + 0)/8 = −0.5. Lags: ⌊8^⅓⌋ = 2.
  // Variance 1.5 + 2·(2/3)(−0.75) + 2·(1/3)(−0.5) = 1.5 − 1 − 1/3 = 1/6. Statistic 2 / √(1/48) = 13.8564.
  // Correction, h = 3: √((8 + 1 − 6 + 3·2/8)/8) = √0.46875 = 0.684653.
  std::vector<double> first{5, 6, 5, 3, 8, 4, 5, 7};
  std::vector<double> second{4, 3, 3, 3, 4, 2, 4, 4};
  Comparison c = compare_losses(first, second);
  EXPECT_EQ(c.periods, 8U);
  EXPECT_DOUBLE_EQ(c.first - c.second, 2);
  EXPECT_NEAR(c.statistic, 13.8564064605510 * 0.684653196881458, 1e-9);
  EXPECT_NEAR(c.p, student_t_upper(c.statistic, 7), 1e-15);
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

TEST(CompareLosses, equal_forecasts_are_called_different_about_as_often_as_said) {
  std::mt19937_64 random(20260301);
  std::normal_distribution<double> normal;
  for (std::size_t n : {14U, 28U, 56U}) {
    int called = 0;
    constexpr int kTrials = 4000;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<double> a(n);
      std::vector<double> b(n);
      for (std::size_t t = 0; t < n; ++t) a[t] = 10 + normal(random), b[t] = 10 + normal(random);
      called += compare_losses(a, b).p < 0.05;
    }
    double share = static_cast<double>(called) / kTrials;
    EXPECT_GT(share, 0.03) << n;
    EXPECT_LT(share, 0.07) << n;
  }
}

}  // namespace
}  // namespace sinan::forecasting

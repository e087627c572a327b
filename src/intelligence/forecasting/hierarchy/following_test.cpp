// Quantiles that follow their means.
#include "intelligence/forecasting/hierarchy/following.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sinan::forecasting {
namespace {

// A quantile of zero is not what is left of rounding: whoever plans with it would see demand.
TEST(Following, ZeroStaysZeroInProportionAndNothingIsNegativeBeyond) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> anywhere(1e-6, 1.999);
  for (int i = 0; i < 1'000; ++i) {
    Forecasts f{.horizon = 1, .quantile_levels = {0.1, 0.9}, .median = {0}, .quantiles = {0, 0.5}, .mean = {anywhere(random)}};
    const double before = f.mean[0];
    const double after = before * anywhere(random);
    Following following(f, {true});
    following.set(0, 0, after);
    EXPECT_EQ(f.median[0], 0) << before << " to " << after;
    EXPECT_EQ(f.quantiles[0], 0);
    EXPECT_DOUBLE_EQ(f.quantiles[1], 0.5 * after / before);
    following.set(0, 0, 10 * after);
    EXPECT_DOUBLE_EQ(f.quantiles[0], 8 * after) << "beyond twice as much it is moved";
  }
}

}  // namespace
}  // namespace sinan::forecasting

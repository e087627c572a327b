// The empirical distribution by hand, and as the quantiles of a named model.
#include "intelligence/forecasting/sparse/empirical.hpp"

#include <gtest/gtest.h>

#include <array>

#include "intelligence/forecasting/sparse/intermittent.hpp"

namespace sinan::forecasting {
namespace {

// Sums of two of 0 3 0 0 5 1: 3 3 0 5 6; in order 0 3 3 5 6.
TEST(Empirical, QuantilesAreThoseOfSumsByHand) {
  const std::vector<float> y{0, 3, 0, 0, 5, 1};
  std::vector<double> sums;
  std::array<double, 5> out{};
  empirical_quantiles(y, 2, std::array{0.05, 0.2, 0.5, 0.8, 0.99}, sums, out);
  EXPECT_EQ(out, (std::array{0.0, 0.0, 3.0, 5.0, 6.0}));
  empirical_quantiles(y, 6, std::array{0.05, 0.2, 0.5, 0.8, 0.99}, sums, out);
  EXPECT_EQ(out, (std::array{9.0, 9.0, 9.0, 9.0, 9.0}));
  empirical_quantiles(y, 12, std::array{0.05, 0.2, 0.5, 0.8, 0.99}, sums, out);
  EXPECT_EQ(out, (std::array{18.0, 18.0, 18.0, 18.0, 18.0}));
}

// 30 periods, of which the newest 24 count: twice 4 at the ends of the first six, which are forgotten, then every sixth a 2.
TEST(Empirical, NamedAloneItIsTheDistribution) {
  std::vector<double> y(30, 0.0);
  y[0] = y[5] = 4;
  for (std::size_t t = 6; t < 30; t += 6) y[t] = 2;
  auto named = find_models({"empirical"});
  ASSERT_TRUE(named);
  Cleaned cleaned;
  clean(y, {}, 1, cleaned);
  const std::array quantiles{0.5, 0.8, 0.9};
  Intermittent model(*named, 3, quantiles, true);
  IntermittentForecast out;
  model.forecast(cleaned, {}, out);
  ASSERT_EQ(out.only, named->front());
  const auto scale = static_cast<float>(cleaned.scale);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(out.mean[k] * scale, 8.0 / 24, 1e-5);
    EXPECT_EQ(out.median[k], 0);
    EXPECT_EQ(out.at_quantile[k * 3 + 1], 0);                        // 20 of 24 periods had nothing
    EXPECT_NEAR(out.at_quantile[k * 3 + 2] * scale, 2, 1e-5);        // the 22nd
    EXPECT_NEAR(out.total_at_quantile[k * 3 + 2] * scale, 2, 1e-5);  // no three periods hold two demands
  }
  EXPECT_EQ(out.total_at_quantile[2 * 3], 0);  // 11 of 22 sums of three hold one
  EXPECT_NEAR(out.rate * cleaned.scale, 8.0 / 24, 1e-5);
}

}  // namespace
}  // namespace sinan::forecasting

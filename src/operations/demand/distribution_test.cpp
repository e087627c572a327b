// Distributions against statistical tables and closed forms.
#include "operations/demand/distribution.hpp"

#include <gtest/gtest.h>

#include <numbers>

namespace sinan::demand {
namespace {

TEST(Distribution, TheNormalAgreesWithTables) {
  // Abramowitz & Stegun, table 26.1 and 26.5.
  EXPECT_NEAR(normal_cdf(1.0), 0.841344746068543, 1e-14);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-13);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167814, 1e-12);
  EXPECT_NEAR(normal_quantile(0.9999), 3.719016485455709, 1e-11);
  // The unit normal loss at 0 is 1/√(2π); E[((Z)⁺)²]/2 at 0 is 1/4.
  EXPECT_NEAR(normal_loss(0), 1 / std::sqrt(2 * std::numbers::pi), 1e-15);
  EXPECT_NEAR(normal_loss2(0), 0.25, 1e-15);
}

TEST(Distribution, TheGammaAgreesWithTheExponentialTheErlangAndTheChiSquare) {
  for (double p : {0.01, 0.5, 0.9, 0.99, 0.999}) EXPECT_NEAR(Distribution::of(3, 3).quantile(p), -3 * std::log1p(-p), 1e-9);  // exponential
  // χ² with 10 degrees of freedom: shape 5, scale 2; 18.3070 at 95 %, 3.9403 at 5 % (any table).
  Distribution chi = Distribution::of(10, std::sqrt(20.0));
  EXPECT_NEAR(chi.quantile(0.95), 18.3070, 5e-5);
  EXPECT_NEAR(chi.quantile(0.05), 3.9403, 5e-5);
  // Erlang of shape 3: 1 − e^(−x)(1 + x + x²/2).
  for (double x : {0.5, 2.0, 5.0, 12.0}) EXPECT_NEAR(gamma_cdf(3, x), 1 - std::exp(-x) * (1 + x + x * x / 2), 1e-13);
  // Loss of the exponential: mean · e^(−x/mean).
  for (double x : {0.0, 1.0, 7.0}) EXPECT_NEAR(Distribution::of(3, 3).loss(x), 3 * std::exp(-x / 3), 1e-12);
  for (double p : {0.001, 0.2, 0.95, 0.999})
    for (double sd : {0.6, 4.0, 30.0, 200.0}) {
      Distribution d = Distribution::of(10, sd);
      if (double x = d.quantile(p); x > 1e-200) EXPECT_NEAR(d.cdf(x), p, 1e-9) << sd;
    }
}

TEST(Distribution, DemandThatIsCertainOrNoneHasNoSpread) {
  EXPECT_EQ(Distribution::of(0, 5).quantile(0.99), 0);
  EXPECT_EQ(Distribution::of(-1, 5).loss(0), 0);
  EXPECT_EQ(Distribution::of(7, 0).quantile(0.99), 7);
  EXPECT_EQ(Distribution::of(7, 0).loss(5), 2);
}

}  // namespace
}  // namespace sinan::demand

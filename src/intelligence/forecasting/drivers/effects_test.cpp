// Effects of attributes against the closed forms of balanced designs.
#include "intelligence/forecasting/drivers/effects.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sinan::forecasting {
namespace {

double expected(const Effects& effects, std::vector<int> codes, std::optional<std::size_t> without = {}) {
  double out = 0;
  effects.expect(codes, without, std::span(&out, 1));
  return out;
}

// Searle, Casella & McCulloch (1992), 3.2 and 7.2: with n rows in each of C groups, between and within mean squares MSB and MSW,
// τ² = (MSB − MSW) / n, and the effect of a group is its mean's distance from the whole, times n τ² / (n τ² + σ²).
TEST(Effects, OfOneAttributeAreThoseOfTheBalancedOneWayDesign) {
  const std::vector<std::vector<float>> groups{{5, 7, 6, 8}, {1, 2, 4, 1}, {9, 6, 7, 8}};
  Effects effects(1, 1);
  double mean = 0;
  for (std::size_t c = 0; c < 3; ++c)
    for (float v : groups[c]) {
      effects.add(std::vector<int>{static_cast<int>(c)}, std::span(&v, 1));
      mean += v / 12.0;
    }
  effects.finish();
  double between = 0;
  double within = 0;
  std::vector<double> means;
  for (const auto& group : groups) {
    means.push_back((group[0] + group[1] + group[2] + group[3]) / 4.0);
    between += 4 * (means.back() - mean) * (means.back() - mean) / 2;
    for (float v : group) within += (v - means.back()) * (v - means.back()) / 9;
  }
  const double signal = (between - within) / 4;
  for (std::size_t c = 0; c < 3; ++c) {
    const double effect = (means[c] - mean) * 4 * signal / (4 * signal + within);
    EXPECT_NEAR(expected(effects, {static_cast<int>(c)}), mean + effect, 1e-9);
    EXPECT_EQ(effects.behind(0, static_cast<int>(c)), 4U);
  }
  EXPECT_NEAR(expected(effects, {77}), mean, 1e-9);
  EXPECT_NEAR(expected(effects, {-1}), mean, 1e-9);
}

// Crossed attributes that add up are told apart, also where one goes with larger values of the other.
TEST(Effects, OfTwoAttributesAreToldApart) {
  std::mt19937 random(4);
  std::normal_distribution<double> normal(0, 0.1);
  Effects effects(1, 2);
  for (int brand = 0; brand < 6; ++brand)
    for (int store = 0; store < 8; ++store)
      for (int n = 0; n < 1 + (brand + store) % 3; ++n) {
        const auto value = static_cast<float>(3 + 0.5 * brand - 0.25 * store + normal(random));
        effects.add(std::vector<int>{brand, store}, std::span(&value, 1));
      }
  effects.finish();
  for (int brand = 0; brand < 6; ++brand)
    for (int store = 0; store < 8; ++store) EXPECT_NEAR(expected(effects, {brand, store}), 3 + 0.5 * brand - 0.25 * store, 0.1);
}

// Ten groups drawn at random: of 200 such panels the variance between is estimated above zero in about half, and small then.
TEST(Effects, OfAnAttributeThatSaysNothingAreNearNone) {
  double size = 0;
  for (std::uint32_t seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal(0, 1);
    Effects effects(1, 1);
    double mean = 0;
    for (int i = 0; i < 100; ++i) {
      const auto value = static_cast<float>(normal(random));
      mean += value / 100;
      effects.add(std::vector<int>{static_cast<int>(random() % 10)}, std::span(&value, 1));
    }
    effects.finish();
    for (int c = 0; c < 10; ++c) size += std::abs(expected(effects, {c}) - mean) / 2000;
  }
  EXPECT_LT(size, 0.1);  // means of ten values are .25 away
}

TEST(Effects, WithoutARowAreThoseOfTheOthers) {
  // Without attributes exactly; with one, as far as the variances stay.
  const std::vector<float> values{1, 2, 3, 10};
  Effects none(1, 0), one(1, 1);
  for (std::size_t i = 0; i < 4; ++i) {
    none.add({}, std::span(&values[i], 1));
    one.add(std::vector<int>{static_cast<int>(i / 2)}, std::span(&values[i], 1));
  }
  none.finish();
  one.finish();
  EXPECT_NEAR(expected(none, {}, 3), 2, 1e-9);
  EXPECT_NEAR(expected(none, {}, 0), 5, 1e-9);
  // Nothing that only row 3 says is left: another value of it would not have mattered to its group's other row.
  EXPECT_LT(expected(one, {1}, 3), expected(one, {1}));
}

TEST(Effects, OfLoneRowsAreNone) {
  Effects effects(2, 1);
  for (int i = 0; i < 5; ++i) {
    const std::vector<float> values{static_cast<float>(i), static_cast<float>(-i)};
    effects.add(std::vector<int>{i}, values);
  }
  effects.finish();
  std::vector<double> out(2);
  effects.expect(std::vector<int>{4}, std::nullopt, out);
  EXPECT_NEAR(out[0], 2, 1e-9);
  EXPECT_NEAR(out[1], -2, 1e-9);
  EXPECT_EQ(effects.behind(0, 4), 0U);
}

}  // namespace
}  // namespace sinan::forecasting

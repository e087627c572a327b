// Errors of 200 series whose true widths are known, and widths that trees might tell of them.
#include "intelligence/forecasting/drivers/width_power.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace sinan::forecasting {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Widths are told as e^z with z of a normal distribution; true ones are that to the power `truth`, and twice that above zero.
float found(double truth, double scale = 1) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal;
  std::exponential_distribution<double> size;
  WidthPower power;
  for (int i = 0; i < 200; ++i) {
    std::vector<float> errors, down, up;
    for (int e = 0; e < 24; ++e) {
      const double told = std::exp(normal(random));
      const double below = std::pow(told, truth);
      const double above = 2 * below;
      const bool is_above = std::generate_canonical<double, 32>(random) < above / (below + above);
      errors.push_back(static_cast<float>(scale * size(random) * (is_above ? above : -below)));
      down.push_back(static_cast<float>(told)), up.push_back(static_cast<float>(std::pow(2, 1 / std::max(truth, 0.5)) * told));
    }
    power.add(errors, down, up);
  }
  return power.best();
}

TEST(WidthPower, WidthsAreBelievedAsFarAsErrorsBearThemOut) {
  EXPECT_EQ(found(1), 1);
  EXPECT_EQ(found(0.75), 0.75F);
  EXPECT_EQ(found(0.5), 0.5F);
  EXPECT_EQ(found(1, 1000), 1);
}

TEST(WidthPower, WidthsThatAreWrongAreOfNoUse) {
  EXPECT_EQ(found(-1), 0);
  EXPECT_EQ(WidthPower().best(), 0);
}

TEST(WidthPower, ErrorsThatAreNotKnownTellNothing) {
  WidthPower power;
  power.add(std::vector<float>{kNaN, 1, -1}, std::vector<float>{1, 0, 0}, std::vector<float>{1, 0, 0});
  power.add(std::vector<float>{0, 0, 0}, std::vector<float>{1, 2, 1}, std::vector<float>{1, 2, 1});
  EXPECT_EQ(power.best(), 0);
}

}  // namespace
}  // namespace sinan::forecasting

// The search on functions whose smallest values are known.
#include "intelligence/forecasting/kernels/minimize.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sinan::forecasting {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Search begin(std::vector<double> at, double least, double most) {
  const std::size_t n = at.size();
  return {.at = std::move(at),
          .least = std::vector(n, least),
          .most = std::vector(n, most),
          .step = std::vector(n, 0.1),
          .evaluations = 20'000};
}

// Rosenbrock (1960): 0 at 1, 1 along a bent valley; bounded by 0.5 the least is 0.25 at 0.5, 0.25.
double valley(std::span<const double> x) { return 100 * std::pow(x[1] - x[0] * x[0], 2) + std::pow(1 - x[0], 2); }

TEST(Minimize, FindsTheEndOfABentValley) {
  Search search = begin({-1.2, 1}, -kInfinity, kInfinity);
  search.tolerance = 1e-14;
  EXPECT_NEAR(minimize(search, valley), 0, 1e-6);
  EXPECT_NEAR(search.at[0], 1, 1e-2);
  EXPECT_NEAR(search.at[1], 1, 2e-2);
}

TEST(Minimize, StaysWithinItsBounds) {
  Search search = begin({-1.2, 0.3}, -2, 0.5);
  search.tolerance = 1e-14;
  EXPECT_NEAR(minimize(search, valley), 0.25, 1e-4);
  EXPECT_LE(search.at[0], 0.5);
}

TEST(Minimize, GoesAroundWhatIsNotDefined) {
  Search search = begin({3, 3}, -kInfinity, kInfinity);
  auto half = [](std::span<const double> x) { return x[0] < 1 ? kInfinity : x[0] * x[0] + x[1] * x[1]; };
  EXPECT_NEAR(minimize(search, half), 1, 1e-3);
}

TEST(Minimize, ReturnsTheStartWhereNothingIsBetterAndTheSameBitsAgain) {
  Search flat = begin({2, 5}, -kInfinity, kInfinity);
  EXPECT_EQ(minimize(flat, [](std::span<const double>) { return 7.0; }), 7);
  Search nowhere = begin({2, 5}, -kInfinity, kInfinity);
  EXPECT_EQ(minimize(nowhere, [](std::span<const double>) { return kInfinity; }), kInfinity);
  EXPECT_EQ(nowhere.at, (std::vector<double>{2, 5}));
  Search one = begin({-1.2, 1}, -2, 2), two = begin({-1.2, 1}, -2, 2);
  EXPECT_EQ(minimize(one, valley), minimize(two, valley));
  EXPECT_EQ(one.at, two.at);
}

TEST(Minimize, BoundsThatDoNotFitAreAMistakeOfTheCaller) {
  Search search = begin({5}, 0, 1);
  search.most[0] = -1;
  EXPECT_THROW(minimize(search, [](std::span<const double> x) { return x[0]; }), std::logic_error);
}

}  // namespace
}  // namespace sinan::forecasting

// Seasons and gaps that are known exactly.
#include "intelligence/forecasting/season.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "intelligence/forecasting/clean.hpp"

namespace sinan::forecasting {
namespace {

TEST(Season, GivesBackExactIndices) {
  constexpr std::array kIndices{0.8F, 1.0F, 1.4F, 0.8F};
  std::vector<float> times;
  std::vector<float> plus;
  for (std::size_t t = 0; t < 41; ++t) {
    times.push_back(100 * kIndices[t % 4]);
    plus.push_back(100 + kIndices[t % 4] + static_cast<float>(t));
  }
  std::vector<float> found(4);
  season_indices(times, 4, SeasonKind::kMultiplicative, found);
  for (std::size_t p = 0; p < 4; ++p) EXPECT_NEAR(found[p], kIndices[p], 1e-6);
  season_indices(plus, 4, SeasonKind::kAdditive, found);
  for (std::size_t p = 0; p < 4; ++p) EXPECT_NEAR(found[p], kIndices[p] - 1, 1e-4);
}

TEST(Season, RemovingAndRestoringGivesTheSame) {
  std::vector<float> y{1, 2, 3, 4, 5, 6, 7};
  std::vector<float> indices{0.5F, 1.5F, 1.0F};
  for (SeasonKind kind : {SeasonKind::kAdditive, SeasonKind::kMultiplicative}) {
    std::vector<float> out(y.size());
    remove_season(y, indices, kind, out);
    restore_season(out, 0, indices, kind);
    for (std::size_t t = 0; t < y.size(); ++t) EXPECT_NEAR(out[t], y[t], 1e-5);
  }
}

TEST(Season, NoiseRarelyHasOneAndASineAlwaysHas) {
  int found = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> noise(96);
    std::vector<float> sine(96);
    for (std::size_t t = 0; t < 96; ++t) {
      noise[t] = normal(random);
      sine[t] = noise[t] * 0.3F + std::sin(static_cast<float>(t) * 0.5236F);
    }
    found += has_season(noise, 12);
    EXPECT_TRUE(has_season(sine, 12)) << seed;
  }
  // The limit lets 5 % of pure noise pass, give or take three standard errors.
  EXPECT_LT(found, 20);
}

TEST(Clean, LiftsLostSalesAndFillsGapsFromTheSamePhase) {
  std::vector<double> y{kMissing, 10, 20, 10, kMissing, 10, 20, 10, 3};
  std::vector<std::uint8_t> lost{0, 0, 0, 0, 0, 0, 0, 0, 1};
  Cleaned out;
  clean(y, lost, 2, out);
  std::vector<double> expected{10, 20, 10, 20, 10, 20, 10, 20};
  ASSERT_EQ(out.y.size(), expected.size());
  for (std::size_t t = 0; t < expected.size(); ++t) EXPECT_NEAR(out.y[t] * out.scale, expected[t], 1e-5);
}

}  // namespace
}  // namespace sinan::forecasting

// Seasons and gaps that are known exactly.
#include "intelligence/forecasting/kernels/season.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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
  season_indices(times, {4}, SeasonKind::kMultiplicative, found);
  for (std::size_t p = 0; p < 4; ++p) EXPECT_NEAR(found[p], kIndices[p], 1e-6);
  season_indices(plus, {4}, SeasonKind::kAdditive, found);
  for (std::size_t p = 0; p < 4; ++p) EXPECT_NEAR(found[p], kIndices[p] - 1, 1e-4);
}

// Of values alone, 11 of 50 such walks show their day.
TEST(Season, OfWhatWandersIsFoundInItsChanges) {
  int found = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> step(0, 0.5F);
    std::vector<float> y;
    float level = 0;
    for (std::size_t t = 0; t < 300; ++t) {
      const std::size_t hour = t % 24;
      level += step(random);
      y.push_back(level + (hour >= 8 && hour < 12 ? 3.0F : hour >= 17 && hour < 20 ? 2.1F : 0.0F));
    }
    found += find_season(y, std::array{4, 7, 12, 24, 52}) == 24;
  }
  EXPECT_GE(found, 47);
  EXPECT_EQ(find_season(std::vector<float>(100, 1.0F), std::array{4, 7, 12}), 1);
  EXPECT_EQ(find_season({}, std::array{4, 7, 12}), 1);
}

double spread(std::span<const float> indices) {
  double sum = 0;
  for (float index : indices) sum += std::abs(index - 1);
  return sum / static_cast<double>(indices.size());
}

TEST(Season, OneThatIsNoiseVanishesAndOneThatIsThereStays) {
  double of_noise = 0;
  double of_raw = 0;
  double of_sine = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> noise;
    std::vector<float> sine;
    for (std::size_t t = 0; t < 60; ++t) {
      noise.push_back(10 + normal(random));
      sine.push_back(noise.back() + 3 * std::sin(static_cast<float>(t) * 0.5236F));
    }
    std::vector<float> indices(12);
    season_indices(noise, {12}, SeasonKind::kMultiplicative, indices);
    of_noise += spread(indices) / 50;
    season_indices(sine, {12}, SeasonKind::kMultiplicative, indices);
    of_sine += spread(indices) / 50;
    of_raw += 0.8 * 0.1 / std::sqrt(5.0) / 50;  // mean size of the mean of five errors of 10 %
  }
  EXPECT_LT(of_noise, 0.6 * of_raw);
  EXPECT_NEAR(of_sine, 0.3 * 2 / 3.14159, 0.03);
}

// A walk's years look alike for a quarter at a time. Without regard to that, indices of such walks were twice as far from 1.
TEST(Season, AWeeklyWalkHasHardlyOneAndASineWithWanderingNoiseStays) {
  double of_walk = 0;
  double of_sine = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 0.02F);
    std::vector<float> walk;
    std::vector<float> sine;
    float level = 0, wander = 0;
    for (std::size_t t = 0; t < 260; ++t) {
      const float step = normal(random);
      level += step;
      wander = 0.9F * wander + step;
      walk.push_back(std::exp(level));
      sine.push_back(std::exp(wander + 0.3F * std::sin(static_cast<float>(t) * 0.12083F)));
    }
    std::vector<float> indices(52);
    season_indices(walk, {52}, SeasonKind::kMultiplicative, indices);
    of_walk += spread(indices) / 50;
    season_indices(sine, {52}, SeasonKind::kMultiplicative, indices);
    of_sine += spread(indices) / 50;
  }
  EXPECT_LT(of_walk, 0.006);
  EXPECT_NEAR(of_sine, 0.3 * 2 / 3.14159, 0.03);
}

TEST(Season, OneThatHasChangedIsFollowed) {
  std::vector<float> y;
  for (std::size_t t = 0; t < 140; ++t) y.push_back(10 + 4 * static_cast<float>((t < 84 ? t : t + 3) % 7 == 2));
  std::vector<float> indices(7);
  season_indices(y, {7}, SeasonKind::kMultiplicative, indices);
  EXPECT_EQ(std::ranges::max_element(indices) - indices.begin(), 6);
}

// Every day is alike but the last of the week: the 168 phases tell it, and are otherwise as sure as the 24.
TEST(Season, TheLongerOneShowsOnlyWhereItDiffers) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 0.3F);
  std::vector<float> y;
  for (std::size_t t = 0; t < 4 * 168; ++t) {
    float value = 10 + 4 * std::sin(static_cast<float>(t % 24) * 0.2618F);
    if (t % 168 >= 144) value *= 0.5F;
    y.push_back(value + normal(random));
  }
  std::vector<float> indices(168);
  season_indices(y, {24, 168}, SeasonKind::kMultiplicative, indices);
  EXPECT_NEAR(indices[150] / indices[6], 0.5, 0.06);
  for (std::size_t p = 0; p < 120; ++p) EXPECT_NEAR(indices[p] / indices[p + 24], 1, 0.09) << p;
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
    found += season_strength(noise, 12) > 0;
    EXPECT_GT(season_strength(sine, 12), 0) << seed;
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

// The choice of words: those that move what is unexplained, and not those that were there by chance.
#include "intelligence/forecasting/drivers/word_choice.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace sinan::forecasting {
namespace {

constexpr std::size_t kWords = 40, kFirst = 2, kRowsEach = 30, kClusters = 50;

// In each cluster of rows a third of the words are there; some of them add to what is unexplained, as does the luck of the cluster.
struct Rows {
  std::vector<float> cells, unexplained;
  std::vector<std::uint32_t> cluster;

  Rows(std::uint32_t seed, const std::vector<std::pair<std::size_t, float>>& effects, double luck) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    for (std::uint32_t c = 0; c < kClusters; ++c) {
      std::vector<float> words(kWords, 0);
      for (float& word : words) word = random() % 3 == 0 ? 1.0F : 0.0F;
      const double shared = luck * normal(random);
      for (std::size_t row = 0; row < kRowsEach; ++row) {
        cells.insert(cells.end(), {1.0F, 2.0F});
        double value = shared + 0.2 * normal(random);
        for (std::size_t w = 0; w < kWords; ++w) {
          const float fading = words[w] * static_cast<float>(row % 3 + 1) / 3;
          cells.push_back(fading);
          for (auto [word, effect] : effects) value += word == w ? effect * fading : 0;
        }
        unexplained.push_back(static_cast<float>(value));
        cluster.push_back(c);
      }
    }
  }
  std::vector<std::size_t> chosen() const { return choose_words({cells, kFirst + kWords, kFirst, kWords}, unexplained, cluster); }
};

TEST(WordChoice, FindsTheWordsThatMoveDemand) {
  for (std::uint32_t seed : {1U, 2U, 3U}) {
    const auto found = Rows(seed, {{7, 0.6F}, {19, -0.5F}}, 0.1).chosen();
    ASSERT_GE(found.size(), 2U);
    EXPECT_EQ((std::set<std::size_t>{found[0], found[1]}), (std::set<std::size_t>{kFirst + 7, kFirst + 19}));
  }
}

// Judged row by row, luck that rows of one time share would make every other word pass: 1,500 rows, and t beyond 1.8 by the dozen.
TEST(WordChoice, LeavesOutWordsThatWereThereByChance) {
  std::size_t found = 0;
  const std::uint32_t seeds = 20;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) found += Rows(seed, {}, 0.3).chosen().size();
  // Of a normal t, 7.2 % lie beyond 1.8; of few clusters somewhat more.
  EXPECT_LE(static_cast<double>(found) / (seeds * kWords), 0.12);
}

// Where every cluster says the same, the statistic is the root of their number (Liang & Zeger: n · s / √(n · s²)).
TEST(WordChoice, NeedsMoreThanAFewTimes) {
  auto alike = [](std::size_t clusters) {
    std::vector<float> cells, left;
    std::vector<std::uint32_t> cluster;
    for (std::uint32_t c = 0; c < clusters; ++c)
      for (float sign : {1.0F, -1.0F}) {
        cells.push_back(sign);
        left.push_back(sign / 2);
        cluster.push_back(c);
      }
    return choose_words({cells, 1, 0, 1}, left, cluster);
  };
  EXPECT_TRUE(alike(3).empty()) << "t is the root of 3";
  EXPECT_EQ(alike(4), std::vector<std::size_t>{0}) << "t is the root of 4";
}

TEST(WordChoice, StandsTablesWithoutRowsOrDifferences) {
  EXPECT_TRUE(choose_words({{}, 3, 1, 2}, {}, {}).empty());
  const std::vector<float> ones(30, 1.0F), zeros(30, 0.0F);
  const std::vector<std::uint32_t> cluster(30, 0);
  EXPECT_TRUE(choose_words({ones, 1, 0, 1}, zeros, cluster).empty());
  EXPECT_TRUE(choose_words({zeros, 1, 0, 1}, ones, cluster).empty());
}

}  // namespace
}  // namespace sinan::forecasting

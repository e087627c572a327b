// Topics in vectors that were planted, in any order, with the same bits.
#include "intelligence/forecasting/drivers/topics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

namespace sinan::forecasting {
namespace {

struct Planted {
  std::size_t size = 64;
  std::vector<std::vector<float>> vectors;
  std::vector<TopicText> texts;  // their vectors are filled in by view()

  std::vector<TopicText> view() const {
    std::vector<TopicText> out = texts;
    for (std::size_t text = 0; text < out.size(); ++text) out[text].vector = vectors[text];
    return out;
  }
  std::vector<Topic> topics() const { return find_topics(view()); }

  // A text near a direction: theme t is axis t; every vector has a part that all share, as those of real models do.
  void add(std::mt19937& random, std::initializer_list<std::size_t> themes, double noise = 0.6, std::uint32_t count = 1) {
    std::normal_distribution<double> normal;
    std::vector<double> v(size);
    double squares = 0;
    for (double& x : v) x = noise * normal(random) / std::sqrt(static_cast<double>(size));
    v[size - 1] += 1.5;
    for (std::size_t theme : themes) v[theme] += 1;
    for (double x : v) squares += x * x;
    std::vector<float>& vector = vectors.emplace_back();
    for (double x : v) vector.push_back(static_cast<float>(x / std::sqrt(squares)));
    texts.push_back({.vector = {}, .key = (std::uint64_t{random()} << 32U) + random(), .events = count});
  }
};

// first … last − 1.
std::vector<std::uint32_t> range(std::uint32_t first, std::uint32_t last) {
  std::vector<std::uint32_t> out(last - first);
  std::iota(out.begin(), out.end(), first);
  return out;
}

TEST(Topics, AreTheThemesThatWerePlantedAmongTextsOfNone) {
  std::mt19937 random(11);
  Planted texts;
  const std::uint32_t sizes[] = {40, 25, 15, 12};
  std::vector<std::vector<std::uint32_t>> themes;
  for (std::size_t t = 0; t < 4; ++t) {
    const auto first = static_cast<std::uint32_t>(texts.texts.size());
    for (std::uint32_t k = 0; k < sizes[t]; ++k) texts.add(random, {t});
    themes.push_back(range(first, first + sizes[t]));
  }
  for (int k = 0; k < 60; ++k) texts.add(random, {});
  const std::vector<Topic> found = texts.topics();
  for (const auto& theme : themes) {
    double best = 0;
    for (const Topic& topic : found) {
      std::vector<std::uint32_t> both;
      std::ranges::set_intersection(topic.texts, theme, std::back_inserter(both));
      best = std::max(best, static_cast<double>(both.size()) / static_cast<double>(topic.texts.size() + theme.size() - both.size()));
    }
    EXPECT_GT(best, 0.9) << "the theme from text " << theme[0] << ", as a part or a joint";
  }
  EXPECT_LE(found.size(), 2 * kMostTopics - 1);
  std::set<std::vector<std::uint32_t>> examples;
  for (const Topic& topic : found) {
    EXPECT_GE(topic.events, kLeastTopicEvents);
    EXPECT_TRUE(std::ranges::is_sorted(topic.texts));
    for (std::uint32_t example : topic.examples) EXPECT_TRUE(std::ranges::binary_search(topic.texts, example));
    EXPECT_TRUE(examples.insert(topic.examples).second) << "no two have the same examples";
  }
}

TEST(Topics, HaveTheirKindsAndTheWhole) {
  std::mt19937 random(12);
  Planted texts;
  for (std::size_t kind : {1U, 2U})
    for (int k = 0; k < 30; ++k) texts.add(random, {0, kind}, 0.2);
  for (std::size_t other = 5; other < 11; ++other)
    for (int k = 0; k < 20; ++k) texts.add(random, {other}, 0.2);
  std::set<std::vector<std::uint32_t>> found;
  for (const Topic& topic : texts.topics()) found.insert(topic.texts);
  EXPECT_TRUE(found.contains(range(0, 30)));
  EXPECT_TRUE(found.contains(range(30, 60)));
  EXPECT_TRUE(found.contains(range(0, 60))) << "both kinds together";
  EXPECT_TRUE(found.contains(range(60, 80)));
  EXPECT_FALSE(found.contains(range(60, 100))) << "two that have nothing in common";
}

TEST(Topics, ComeOutTheSameInWhateverOrderTextsCome) {
  std::mt19937 random(13);
  Planted texts;
  for (int k = 0; k < 300; ++k) texts.add(random, {random() % 6}, 1.2, 1 + random() % 3);
  const std::vector<Topic> before = texts.topics();
  EXPECT_GT(before.size(), 4U);
  std::vector<std::uint32_t> places = range(0, 300);
  std::ranges::shuffle(places, random);
  Planted moved;
  for (std::uint32_t place : places) {
    moved.vectors.push_back(texts.vectors[place]);
    moved.texts.push_back(texts.texts[place]);
  }
  const std::vector<Topic> after = moved.topics();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t t = 0; t < after.size(); ++t) {
    auto back = [&](std::vector<std::uint32_t> of) {
      for (std::uint32_t& text : of) text = places[text];
      return of;
    };
    std::vector<std::uint32_t> same = back(after[t].texts);
    std::ranges::sort(same);
    EXPECT_EQ(same, before[t].texts);
    EXPECT_EQ(back(after[t].examples), before[t].examples);
    EXPECT_EQ(after[t].events, before[t].events);
  }
}

TEST(Topics, AreNoneOfTooFewEventsOrOneMeaning) {
  std::mt19937 random(14);
  EXPECT_TRUE(Planted{}.topics().empty());
  Planted few;
  for (std::size_t k = 0; k < 9; ++k) few.add(random, {k % 2}, 0.1);
  EXPECT_TRUE(few.topics().empty()) << "nine events are not two topics of five";
  Planted same;
  for (int k = 0; k < 40; ++k) same.add(random, {0}, 0);
  EXPECT_TRUE(same.topics().empty());
  Planted often;
  for (std::size_t k = 0; k < 4; ++k) often.add(random, {k / 2}, 0.1, 5);
  EXPECT_GE(often.topics().size(), 2U) << "events count, not texts";
}

// More texts than are learnt from: those are told their topic too.
TEST(Topics, OfManyTextsAreLearntFromASample) {
  std::mt19937 random(15);
  Planted texts{.size = 8, .vectors = {}, .texts = {}};
  const std::size_t count = kTopicSample + 4'000;  // a third of them each
  for (std::size_t k = 0; k < count; ++k) texts.add(random, {k % 3}, 0.1);
  std::set<std::size_t> whole;
  for (const Topic& topic : texts.topics()) {
    const std::uint32_t theme = topic.texts[0] % 3;
    if (std::ranges::all_of(topic.texts, [&](std::uint32_t text) { return text % 3 == theme; }) && topic.events == count / 3)
      whole.insert(theme);
  }
  EXPECT_EQ(whole.size(), 3U);
}

}  // namespace
}  // namespace sinan::forecasting

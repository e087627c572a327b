// What sparse series lend each other: a season that none of them shows alone, and nothing where there is none.
#include "intelligence/forecasting/sparse/shared_season.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {
namespace {

// `count` series of about one demand in `every` days whose day of the week has the given weight; they end within a week of each other
// and are up to `longest` days long.
Panel sparse_panel(std::size_t count, const std::vector<double>& week, int every = 8, std::uint32_t seed = 1, std::int64_t longest = 200) {
  std::mt19937 random(seed);
  Panel out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t end = 20'000 - static_cast<std::int64_t>(random() % 7);
    const std::int64_t length = longest / 2 + static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(longest / 2));
    for (std::int64_t day = end - length + 1; day <= end; ++day) {
      const double rate = week[static_cast<std::size_t>(day % 7)] / every;
      out.values.push_back(static_cast<double>(std::poisson_distribution<int>(rate)(random)) * (1 + static_cast<double>(i % 3)));
    }
    if (std::accumulate(out.values.end() - length, out.values.end(), 0.0) == 0) *(out.values.end() - length) = 1;
    out.offsets.push_back(out.values.size());
    out.keys.push_back("s" + std::to_string(i));
    out.ends.push_back(end);
  }
  return out;
}

const std::vector<double> kClosed{1, 1, 2, 1, 0, 1, 1};
constexpr std::size_t kClosedDay = 4;

std::size_t day_of(const Panel& panel, std::size_t i, std::size_t step) {
  return static_cast<std::size_t>((panel.end_of(i) + 1 + static_cast<std::int64_t>(step)) % 7);
}

TEST(SharedSeason, IsFoundInTheSumOfSeriesOfWhichNoneShowsIt) {
  const Panel panel = sparse_panel(300, kClosed);
  auto found = forecast(panel, {}, {.horizon = 7, .seasons = {7}, .quantiles = {0.99}, .cumulative = true});
  ASSERT_TRUE(found) << found.error().text();
  std::vector<double> mean(7), largest(7);
  double sold = 0;
  for (std::size_t i = 0; i < panel.size(); ++i) {
    EXPECT_EQ(found->models[i], "negative_binomial");
    EXPECT_EQ(found->seasons[i], 7);
    sold += std::accumulate(panel.series(i).begin(), panel.series(i).end(), 0.0) / static_cast<double>(panel.series(i).size());
    for (std::size_t k = 0; k < 7; ++k) {
      mean[day_of(panel, i, k)] += found->mean[i * 7 + k];
      largest[day_of(panel, i, k)] = std::max(largest[day_of(panel, i, k)], found->quantiles[i * 7 + k]);
    }
  }
  EXPECT_LT(mean[kClosedDay], 0.05 * sold);
  for (std::size_t day = 0; day < 7; ++day)
    if (day != kClosedDay) EXPECT_NEAR(mean[day] / sold, kClosed[day], 0.12 * kClosed[day]) << day;
  EXPECT_NEAR(std::accumulate(mean.begin(), mean.end(), 0.0), 7 * sold, 0.05 * 7 * sold);
  EXPECT_LE(largest[kClosedDay], 2) << "of items that are sold singly, in pairs or in threes";
}

TEST(SharedSeason, IsNoneWhereThereIsNone) {
  const Panel panel = sparse_panel(300, std::vector<double>(7, 1), 6);
  for (bool known : {false, true}) {
    auto found = forecast(panel, known ? std::vector<int>(panel.size(), 7) : std::vector<int>(), {.horizon = 7, .seasons = {7}});
    ASSERT_TRUE(found) << found.error().text();
    for (std::size_t i = 0; i < panel.size(); ++i) {
      const std::vector<double> week(found->mean.begin() + static_cast<std::ptrdiff_t>(7 * i),
                                     found->mean.begin() + static_cast<std::ptrdiff_t>(7 * i + 7));
      auto [least, most] = std::ranges::minmax(week);
      if (known) EXPECT_LT(most, 1.25 * least) << panel.keys[i];
    }
  }
}

// A tenth of the series are sold on one day only; the others know no week. The group says little then, and each says what it is.
TEST(SharedSeason, LeavesASeriesAWeekOfItsOwn) {
  Panel panel = sparse_panel(200, std::vector<double>(7, 1), 6);
  const Panel sundays = sparse_panel(20, {0, 0, 0, 0, 0, 0, 4}, 4, 2);
  panel.values.insert(panel.values.end(), sundays.values.begin(), sundays.values.end());
  for (std::size_t i = 0; i < sundays.size(); ++i) {
    panel.offsets.push_back(panel.offsets[200] + sundays.offsets[i + 1]);
    panel.keys.push_back("sunday" + std::to_string(i));
    panel.ends.push_back(sundays.ends[i]);
  }
  auto found = forecast(panel, std::vector<int>(panel.size(), 7), {.horizon = 7});
  ASSERT_TRUE(found) << found.error().text();
  for (std::size_t i = 200; i < 220; ++i) {
    double on = 0, off = 0;
    for (std::size_t k = 0; k < 7; ++k) (day_of(panel, i, k) == 6 ? on : off) += found->mean[i * 7 + k];
    EXPECT_GT(on, 2 * off) << panel.keys[i];
  }
}

TEST(SharedSeason, NeitherTheOrderOfSeriesNorThreadsMatterAndPartsAreTheWhole) {
  const Panel panel = sparse_panel(60, kClosed);
  Panel reversed;
  for (std::size_t i = panel.size(); i-- > 0;) {
    reversed.values.insert(reversed.values.end(), panel.series(i).begin(), panel.series(i).end());
    reversed.offsets.push_back(reversed.values.size());
    reversed.keys.push_back(panel.keys[i]);
    reversed.ends.push_back(panel.ends[i]);
  }
  Options options{.horizon = 9, .seasons = {7, 12}, .quantiles = {0.5, 0.9}, .cumulative = true};
  auto first = forecast(panel, {}, options);
  options.threads = 2;
  auto second = forecast(reversed, {}, options);
  auto shared = learn_shared(reversed, {}, options);
  ASSERT_TRUE(first && second && shared);
  options.shared = shared->get();
  for (std::size_t i = 0; i < panel.size(); ++i) {
    const Panel one{{panel.series(i).begin(), panel.series(i).end()}, {0, panel.series(i).size()}, {panel.keys[i]}, {}, {panel.ends[i]}};
    auto alone = forecast(one, {}, options);
    ASSERT_TRUE(alone);
    for (std::size_t k = 0; k < 9; ++k) {
      EXPECT_EQ(first->mean[i * 9 + k], second->mean[(panel.size() - 1 - i) * 9 + k]);
      EXPECT_EQ(first->mean[i * 9 + k], alone->mean[k]);
      EXPECT_EQ(first->sums[(i * 9 + k) * 2 + 1], alone->sums[k * 2 + 1]);
    }
  }
}

// Ends that lie apart as far as numbers go, before 1970, and series of one value.
TEST(SharedSeason, StandsAnyEnd) {
  const std::vector<int> week{7};
  const std::vector<float> y{1, 0, 0, 2, 0, 0, 0, 1, 0, 0, 3, 0, 0, 0, 1, 0};
  SharedSeason season(week, INT64_MAX);
  for (std::int64_t end : {INT64_MAX, std::int64_t{5}, std::int64_t{-3}, INT64_MIN}) season.add({end, y, 1.5});
  season.add({9, std::span(y).first(1), 1.5});
  season.finish();
  season.compare({5, y, 1.5}, 7);
  season.finish_comparing();
  for (std::int64_t end : {INT64_MAX, std::int64_t{-3}, INT64_MIN}) {
    std::vector<float> indices(7);
    season.indices_of({end, y, 1.5}, indices);
    EXPECT_NEAR(std::accumulate(indices.begin(), indices.end(), 0.0F), 7, 1);
    for (float index : indices) EXPECT_GT(index, 0);
  }
}

}  // namespace
}  // namespace sinan::forecasting

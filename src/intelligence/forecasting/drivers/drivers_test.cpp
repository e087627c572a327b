// Drivers: features that cannot see the future, trees that are used where they help and only there.
#include "intelligence/forecasting/drivers/drivers.hpp"

#include <gtest/gtest.h>

#include <random>

#include "intelligence/forecasting/explanation/explain.hpp"
#include "intelligence/forecasting/explanation/surrogate.hpp"
#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {
namespace {

// Weekly sales of items that halve when the price rises by a quarter (elasticity −3), with prices that change often; and a column that
// says nothing. A deal doubles sales.
struct Shop {
  Panel panel;
  Drivers drivers;
  std::vector<double> ahead;  // what is sold in the periods of the horizon

  explicit Shop(std::size_t items, std::size_t weeks = 100, std::size_t horizon = 6, double size = 1, std::uint32_t seed = 3) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    drivers.horizon = horizon;
    drivers.columns = {{"price", true, false, false, {}}, {"deal", true, false, true, {}}, {"noise", true, false, false, {}}};
    for (std::size_t i = 0; i < items; ++i) {
      const double level = size * std::exp(3 + normal(random));
      for (std::size_t t = 0; t < weeks + horizon; ++t) {
        const double price = 2 * std::exp(0.2 * normal(random));
        const bool deal = random() % 8 == 0;
        const double sold = level * std::pow(price / 2, -3) * (deal ? 2 : 1) * std::exp(0.1 * normal(random));
        if (t < weeks)
          panel.values.push_back(sold);
        else
          ahead.push_back(sold);
        drivers.columns[0].values.push_back(static_cast<float>(price));
        drivers.columns[1].values.push_back(deal ? 1 : 0);
        drivers.columns[2].values.push_back(static_cast<float>(normal(random)));
      }
      panel.offsets.push_back(panel.values.size());
      panel.keys.push_back("item" + std::to_string(i));
    }
  }
  double wape(const Forecasts& f) const {
    double error = 0, sum = 0;
    for (std::size_t k = 0; k < ahead.size(); ++k) error += std::abs(ahead[k] - f.median[k]), sum += ahead[k];
    return error / sum;
  }
};

// Events and numbers of 60 periods that end with period 0, some of them about later ones.
void tell_outside(Shop& shop) {
  EventTexts texts;
  std::vector<Releases::Release> numbers;
  for (std::int32_t known = -59; known <= 4; ++known) {
    EXPECT_TRUE(texts.add(known % 3 ? "a strike" : "港口 罢工", {known, known + known % 4, known + 5}, 0));
    for (std::int32_t ahead : {0, 2}) numbers.push_back({known + ahead, known, static_cast<float>(known * ahead)});
  }
  Releases::sort(numbers);
  shop.drivers.events = texts.known_at(1'000, 3);
  shop.drivers.releases = {{"rain", std::make_shared<const std::vector<std::vector<Releases::Release>>>(1, std::move(numbers)), {}}};
  for (std::size_t i = 0; i < shop.panel.size(); ++i) {
    shop.drivers.events.scope_ids.push_back(0);
    shop.drivers.events.scope_offsets.push_back(i + 1);
    shop.drivers.releases[0].scope_of.push_back(0);
  }
}

// Another truth about everything that became known after `origin`.
void change_after(Drivers& drivers, std::int64_t origin) {
  for (auto& event : drivers.events.scopes[0].events)
    if (event.when.known > origin) event.when.from = -40, event.when.to = 40;
  auto numbers = *drivers.releases[0].scopes;
  for (auto& release : numbers[0])
    if (release.known > origin) release.value = -77;
  drivers.releases[0].scopes = std::make_shared<const std::vector<std::vector<Releases::Release>>>(std::move(numbers));
}

TEST(Features, HoldNothingOfTheFuture) {
  Shop shop(3, 60, 4);
  shop.drivers.columns.push_back({"weather", false, false, false, shop.drivers.columns[2].values});  // not known ahead
  shop.drivers.columns.push_back({"kind", false, false, true, shop.drivers.columns[1].values});
  shop.drivers.columns.push_back({"shelf", false, true, false, {1, 2, 3}});
  shop.drivers.columns.push_back({"weekday", true, false, false, {}, true});
  for (int t = 0; t < 64; ++t) shop.drivers.columns[6].values.push_back(static_cast<float>(t % 7));
  tell_outside(shop);
  ASSERT_TRUE(check(shop.drivers, shop.panel, 4));
  for (std::size_t known : {5U, 30U, 60U})
    for (std::size_t season : {1U, 12U}) {
      Shop other = shop;
      change_after(other.drivers, static_cast<std::int64_t>(known) - 60);
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t t = known; t < 60; ++t) other.panel.values[other.panel.offsets[i] + t] = 1e6;
        for (std::size_t c : {3U, 4U})
          for (std::size_t t = known; t < 64; ++t) other.drivers.columns[c].values[i * 64 + t] = -77;
      }
      Features seen(shop.panel, shop.drivers), blind(other.panel, other.drivers);
      std::vector<float> a(seen.width()), b(seen.width());
      for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(seen.look(i, known, season));
        ASSERT_TRUE(blind.look(i, known, season));
        EXPECT_EQ(seen.taught(17), blind.taught(17));
        for (std::size_t step = 1; step <= 4; ++step) {
          // What is known ahead may be looked at up to the period itself, and not beyond.
          for (std::size_t c : {0U, 1U, 2U})
            for (std::size_t t = known + step; t < 64; ++t) other.drivers.columns[c].values[i * 64 + t] = -55;
          for (std::size_t t = known + step; t < 64; ++t) other.drivers.columns[6].values[t] = -55;
          seen.row(step, a);
          blind.row(step, b);
          for (std::size_t f = 0; f < a.size(); ++f)
            EXPECT_TRUE(a[f] == b[f] || (std::isnan(a[f]) && std::isnan(b[f]))) << seen.names()[f] << " at " << known << " + " << step;
          for (std::size_t c : {0U, 1U, 2U, 6U}) other.drivers.columns[c].values = shop.drivers.columns[c].values;
        }
      }
    }
}

// Of three series the second ends two periods before the others and the third is short: all three read the same day from one column.
TEST(Features, OneColumnServesSeriesOfAnyEnd) {
  Panel panel{{1, 2, 3, 4, 5, 1, 2, 3, 7}, {0, 5, 8, 9}, {"a", "b", "c"}, {}, {9, 7, 9}};
  Drivers drivers{.horizon = 2, .columns = {{"day", true, false, false, {10, 11, 12, 13, 14, 15, 16}, true}}, .last = 9};
  ASSERT_TRUE(check(drivers, panel, 2));
  auto read = [&](std::size_t i) {
    auto values = drivers.of(drivers.columns[0], panel, i);
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(read(0), (std::vector<float>{10, 11, 12, 13, 14, 15, 16}));
  EXPECT_EQ(read(1), (std::vector<float>{10, 11, 12, 13, 14}));
  EXPECT_EQ(read(2), (std::vector<float>{14, 15, 16}));
  drivers.columns[0].values.pop_back();
  EXPECT_FALSE(check(drivers, panel, 2));
}

TEST(Features, OfEventsAndNumbersNeedTheScopesOfAllSeries) {
  Shop shop(2, 60, 4);
  tell_outside(shop);
  ASSERT_TRUE(check(shop.drivers, shop.panel, 4));
  shop.drivers.events.scope_ids[1] = 7;
  EXPECT_EQ(check(shop.drivers, shop.panel, 4).error().place, "events");
  shop.drivers.events = {};
  shop.drivers.releases[0].scope_of.pop_back();
  EXPECT_EQ(check(shop.drivers, shop.panel, 4).error().place, "rain");
}

TEST(Features, TaughtAndValueAreInverse) {
  Shop shop(1);
  Features features(shop.panel, shop.drivers);
  ASSERT_TRUE(features.look(0, 50, 1));
  for (double value : {0.0, 0.3, 20.0, -4.0, 1e5}) EXPECT_NEAR(features.value(features.taught(value)), value, 1e-9 * (1 + std::abs(value)));
  Panel nothing{{0, kMissing, 0}, {0, 3}, {"z"}, {}};
  Drivers none{.horizon = 1, .columns = {{"x", true, false, false, {1, 2, 3, 4}}}};
  EXPECT_FALSE(Features(nothing, none).look(0, 3, 1));
}

TEST(ForecastWithDrivers, FollowsPricesThatAreKnownAhead) {
  Shop shop(40);
  Options options{.horizon = 6, .quantiles = {0.1, 0.9}};
  auto without = forecast(shop.panel, {}, options);
  options.drivers = &shop.drivers;
  auto with = forecast(shop.panel, {}, options);
  ASSERT_TRUE(without && with) << with.error().text();
  // Prices alone make the logarithm of sales vary by .6, noise by .1: a perfect model has a WAPE of .08.
  EXPECT_GT(shop.wape(*without), 0.4);
  EXPECT_LT(shop.wape(*with), 0.2);
  EXPECT_EQ(with->tree_shares[0], 1);
  EXPECT_EQ(with->models[0], "trees");
  std::size_t inside = 0;
  for (std::size_t k = 0; k < shop.ahead.size(); ++k)
    inside += shop.ahead[k] >= with->quantiles[2 * k] && shop.ahead[k] <= with->quantiles[2 * k + 1];
  EXPECT_NEAR(static_cast<double>(inside) / static_cast<double>(shop.ahead.size()), 0.8, 0.1);
}

// A deal doubles sales and makes their logarithm six times as uncertain.
TEST(ForecastWithDrivers, QuantilesAreWiderWhereDriversMakeDemandUncertain) {
  for (TreeMethod trees : {TreeMethod::kBoosting, TreeMethod::kForest}) {
    Shop shop(80, 80, 8, 1, 11);
    shop.drivers.columns.erase(shop.drivers.columns.begin());  // deal and noise are left
    shop.ahead.clear();
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    std::vector<double>& values = shop.panel.values;
    for (std::size_t i = 0; i < shop.panel.size(); ++i)
      for (std::size_t t = 0; t < 88; ++t) {
        const bool deal = shop.drivers.columns[0].values[i * 88 + t] > 0;
        const double sold = (1 + static_cast<double>(i)) * (deal ? 200 : 100) * std::exp((deal ? 0.6 : 0.1) * normal(random));
        t < 80 ? void(values[i * 80 + t] = sold) : shop.ahead.push_back(sold);
      }
    Options options{
        .horizon = 8, .quantiles = {0.1, 0.9}, .cumulative = true, .drivers = &shop.drivers, .tree_rows = 8'000, .trees = trees};
    auto found = forecast(shop.panel, {}, options);
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_TRUE(found->widths);
    double inside[2] = {}, count[2] = {}, width[2] = {}, sums_inside = 0;
    for (std::size_t i = 0; i < shop.panel.size(); ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < 8; ++k) {
        const std::size_t at = i * 8 + k;
        const bool deal = shop.drivers.columns[0].values[i * 88 + 80 + k] > 0;
        width[deal] += (found->quantiles[2 * at + 1] - found->quantiles[2 * at]) / (1 + static_cast<double>(i));
        inside[deal] += shop.ahead[at] >= found->quantiles[2 * at] && shop.ahead[at] <= found->quantiles[2 * at + 1];
        ++count[deal];
        sum += shop.ahead[at];
        sums_inside += sum >= found->sums[2 * at] && sum <= found->sums[2 * at + 1];
      }
    }
    // From .1 to .9 of logarithms whose deviation is .1, and .6: 1.2816 deviations to both sides.
    EXPECT_NEAR(width[0] / count[0] / (200 * std::sinh(0.12816)), 1, 0.25) << name(trees);
    EXPECT_NEAR(width[1] / count[1] / (400 * std::sinh(0.76896)), 1, 0.25) << name(trees);
    EXPECT_NEAR(inside[0] / count[0], 0.8, 0.07) << name(trees);
    EXPECT_NEAR(inside[1] / count[1], 0.8, 0.17) << name(trees);  // 83 periods
    EXPECT_NEAR(sums_inside / (count[0] + count[1]), 0.8, 0.15) << name(trees);
    auto why = explain(shop.panel, {}, options, *found, 3);
    ASSERT_TRUE(why && why->trees.front().low) << name(trees);
    for (const TreeStep& step : why->trees) EXPECT_TRUE(*step.low < step.forecast && step.forecast < *step.high);
    options.drivers = nullptr;
    EXPECT_FALSE(forecast(shop.panel, {}, options)->widths);
  }
}

TEST(ForecastWithDrivers, IsTheSameWithoutHelpfulOnes) {
  Shop shop(30);
  shop.drivers.columns.erase(shop.drivers.columns.begin(), shop.drivers.columns.begin() + 2);  // noise is left
  // Sales that the pool forecasts well: a level.
  std::mt19937 random(1);
  std::normal_distribution<double> normal(100, 5);
  for (double& v : shop.panel.values) v = normal(random);
  Options options{.horizon = 6};
  auto without = forecast(shop.panel, {}, options);
  options.drivers = &shop.drivers;
  auto with = forecast(shop.panel, {}, options);
  ASSERT_TRUE(without && with);
  EXPECT_EQ(without->median, with->median);
  EXPECT_EQ(without->quantiles, with->quantiles);
  EXPECT_EQ(with->tree_shares, std::vector<float>(30, 0));
}

TEST(ForecastWithDrivers, IsTheSameAtAnyNumberOfThreadsAndInAnyOrder) {
  Shop shop(24);
  Options options{.horizon = 6, .drivers = &shop.drivers};
  auto one = forecast(shop.panel, {}, options);
  options.threads = 2;
  auto two = forecast(shop.panel, {}, options);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->median, two->median);
  EXPECT_EQ(one->quantiles, two->quantiles);
  Shop back = shop;
  for (std::size_t i = 0; i < 24; ++i) {
    std::size_t j = 23 - i;
    back.panel.keys[i] = shop.panel.keys[j];
    std::ranges::copy(shop.panel.series(j), back.panel.values.begin() + static_cast<std::ptrdiff_t>(i * 100));
    for (std::size_t c = 0; c < 3; ++c)
      std::copy_n(shop.drivers.columns[c].values.begin() + static_cast<std::ptrdiff_t>(j * 106), 106,
                  back.drivers.columns[c].values.begin() + static_cast<std::ptrdiff_t>(i * 106));
  }
  options.drivers = &back.drivers;
  auto turned = forecast(back.panel, {}, options);
  ASSERT_TRUE(turned);
  for (std::size_t i = 0; i < 24; ++i)
    for (std::size_t k = 0; k < 6; ++k) EXPECT_EQ(one->median[i * 6 + k], turned->median[(23 - i) * 6 + k]);
}

TEST(ForecastWithDrivers, ScalesWithItsSeries) {
  Shop small(24), large(24, 100, 6, 1000);
  Options options{.horizon = 6, .drivers = &small.drivers};
  auto a = forecast(small.panel, {}, options);
  options.drivers = &large.drivers;
  auto b = forecast(large.panel, {}, options);
  ASSERT_TRUE(a && b);
  for (std::size_t k = 0; k < a->median.size(); ++k) EXPECT_NEAR(b->median[k] / (1000 * a->median[k]), 1, 0.02);
}

TEST(ForecastWithDrivers, StandsOddData) {
  Shop shop(12, 60);
  shop.panel.ends.assign(12, 100);
  shop.drivers.last = 100;
  auto empty_series = [&](std::size_t i, double value) {
    std::fill_n(shop.panel.values.begin() + static_cast<std::ptrdiff_t>(60 * i), 60, value);
  };
  empty_series(0, 0);
  empty_series(1, -3);
  empty_series(2, kMissing);
  shop.panel.values[2 * 60 + 7] = 4;
  for (std::size_t t = 0; t < 60; t += 2) shop.panel.values[3 * 60 + t] = 0;
  std::fill_n(shop.drivers.columns[0].values.begin() + 4 * 66, 66, std::nanf(""));
  shop.panel.ends[5] = 60;
  Options options{.horizon = 6, .cumulative = true, .drivers = &shop.drivers};
  auto found = forecast(shop.panel, {}, options);
  ASSERT_TRUE(found) << found.error().text();
  for (double v : found->median) EXPECT_TRUE(std::isfinite(v));
  for (double v : found->sums) EXPECT_TRUE(std::isfinite(v));
}

TEST(ForecastWithDrivers, MistakesAreErrors) {
  Shop shop(3);
  Options options{.horizon = 5, .drivers = &shop.drivers};
  EXPECT_EQ(forecast(shop.panel, {}, options).error().code, ErrorCode::kInvalidInput);  // drivers are for 6 periods
  options.horizon = 6;
  shop.drivers.columns[1].values.pop_back();
  EXPECT_EQ(forecast(shop.panel, {}, options).error().place, "deal");
  shop.drivers.columns[1].values.push_back(std::numeric_limits<float>::infinity());
  EXPECT_EQ(forecast(shop.panel, {}, options).error().place, "deal");
  shop.drivers.columns[1].values.back() = 0;
  shop.panel.ends = {1};
  EXPECT_EQ(forecast(shop.panel, {}, options).error().code, ErrorCode::kInvalidInput);
  shop.panel.ends.assign(shop.panel.size(), 1);  // beyond the drivers
  EXPECT_EQ(forecast(shop.panel, {}, options).error().code, ErrorCode::kInvalidInput);
}

// The way from the features to the forecast, and that its parts are the forecast's.
TEST(Explanation, LeadsToTheForecast) {
  Shop shop(40);
  // The last price of the first item is the cheapest of all.
  shop.drivers.columns[0].values[100] = 0.8F;
  Options options{.horizon = 6, .drivers = &shop.drivers};
  auto forecasts = forecast(shop.panel, {}, options);
  options.trees = TreeMethod::kForest;
  auto of_forest = forecast(shop.panel, {}, options);
  ASSERT_TRUE(forecasts && of_forest);
  for (std::size_t i : {0U, 7U}) {
    auto forest = explain(shop.panel, {}, options, *of_forest, i);
    ASSERT_TRUE(forest) << forest.error().text();
    ASSERT_FALSE(forest->trees.empty());
    for (const TreeStep& step : forest->trees) {
      double score = step.expected;
      for (const Effect& effect : step.effects) score += effect.score;
      EXPECT_NEAR(score, step.score, 1e-9);
    }
    auto why = explain(shop.panel, {}, options, *forecasts, i);
    ASSERT_TRUE(why) << why.error().text();
    EXPECT_EQ(why->tree_share, 1);
    EXPECT_EQ(why->trees.size(), 6U);
    ASSERT_GE(why->members.size(), 3U);
    EXPECT_EQ(why->members[0].values.size(), 6U);
    for (std::size_t k = 0; k < 6; ++k) {
      const TreeStep& step = why->trees[k];
      double score = step.expected;
      for (const Effect& effect : step.effects) score += effect.score;
      EXPECT_NEAR(score, step.score, 1e-9);
      EXPECT_NEAR(step.unit * std::sinh(step.score + step.centre), step.forecast, 1e-9 * std::abs(step.forecast));
      EXPECT_NEAR(step.forecast, forecasts->median[i * 6 + k], 1e-6 * std::abs(step.forecast));
      EXPECT_EQ(step.effects.size(), 4U);  // three drivers and the history
    }
    ASSERT_EQ(why->alike.size(), 5U);
    for (const Alike& alike : why->alike) {
      EXPECT_LT(alike.period, 100U);
      EXPECT_EQ(alike.demand, shop.panel.series(i)[alike.period]);
      EXPECT_TRUE(alike.likeness > 0 && alike.likeness <= 1);
    }
  }
  auto why = explain(shop.panel, {}, options, *forecasts, 0);
  EXPECT_EQ(why->trees[0].effects[0].name, "price");
  EXPECT_GT(why->trees[0].effects[0].score, 0.5);
  EXPECT_EQ(why->trees[0].effects[0].value, 0.8F);
}

TEST(Explanation, OneSmallTreeImitatesAllTrees) {
  Shop shop(60);
  Options options{.horizon = 6, .drivers = &shop.drivers};
  auto forecasts = forecast(shop.panel, {}, options);
  ASSERT_TRUE(forecasts);
  auto found = imitate(shop.panel, options, *forecasts, 7);
  ASSERT_TRUE(found) << found.error().text();
  ASSERT_TRUE(*found);
  const Surrogate& tree = **found;
  EXPECT_GT(tree.fidelity, 0.7);
  EXPECT_EQ(tree.nodes[0].driver, "price");
  double shares = 0;
  std::size_t ends = 0;
  for (const Surrogate::Node& node : tree.nodes) {
    EXPECT_NE(node.driver, "noise");
    if (node.left < 0) shares += node.share, ends += node.chosen;
  }
  EXPECT_NEAR(shares, 1, 1e-9);
  EXPECT_EQ(ends, 1U);
  // The way of the series leads to about what the trees say of it.
  auto why = explain(shop.panel, {}, options, *forecasts, 7);
  ASSERT_TRUE(why);
  const auto end = std::ranges::find_if(tree.nodes, [](const Surrogate::Node& node) { return node.left < 0 && node.chosen; });
  EXPECT_NEAR(end->score, why->trees[0].score, 0.5);
  // Without trees there is nothing to imitate.
  Options without{.horizon = 6};
  auto alone = forecast(shop.panel, {}, without);
  ASSERT_TRUE(alone);
  EXPECT_FALSE(*imitate(shop.panel, without, *alone, 7));
}

TEST(Explanation, NamesTheMembersOfThePoolAndTheirWeights) {
  Shop shop(8);
  for (std::size_t t = 0; t < 100; ++t) shop.panel.values[t] = t % 5 == 0 ? 3 : 0;  // rare
  for (std::size_t t = 100; t < 200; ++t) shop.panel.values[t] = 4;                 // constant
  Options options{.horizon = 3};
  auto forecasts = forecast(shop.panel, {}, options);
  ASSERT_TRUE(forecasts);
  auto rare = explain(shop.panel, {}, options, *forecasts, 0);
  ASSERT_TRUE(rare);
  EXPECT_TRUE(rare->members.empty() && rare->trees.empty());
  EXPECT_EQ(rare->model, "negative_binomial");
  EXPECT_TRUE(explain(shop.panel, {}, options, *forecasts, 1)->members.empty());
  auto usual = explain(shop.panel, {}, options, *forecasts, 3);
  ASSERT_TRUE(usual);
  for (std::size_t k = 0; k < 3; ++k) {
    std::vector<double> values;
    double mean = 0;
    for (const auto& member : usual->members) values.push_back(member.values[k]), mean += member.weight * member.values[k];
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    const double middle = values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
    EXPECT_NEAR(usual->median_share * middle + mean, usual->median[k], 1e-5 * middle);
    EXPECT_EQ(usual->pool[k], usual->median[k]);
  }
}

}  // namespace
}  // namespace sinan::forecasting

// New items borrow what their group knows, where it knows something, and nothing where it does not.
#include "intelligence/forecasting/newcomers/newcomers.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "intelligence/forecasting/explanation/explain.hpp"

namespace sinan::forecasting {
namespace {

// Series of items, their attributes, and what the new ones demand in the periods of the horizon.
struct Shop {
  explicit Shop(std::size_t horizon, std::vector<std::string> attributes = {"category"}) {
    drivers.horizon = horizon;
    for (std::string& name : attributes) drivers.columns.push_back({std::move(name), false, true, true, {}});
  }

  void add(const std::string& key, std::vector<double> values, const std::vector<float>& codes, bool is_new = false) {
    if (is_new) {
      fresh.push_back(panel.size());
      ahead.insert(ahead.end(), values.end() - static_cast<std::ptrdiff_t>(drivers.horizon), values.end());
      values.resize(values.size() - drivers.horizon);
    }
    panel.keys.push_back(key);
    panel.values.insert(panel.values.end(), values.begin(), values.end());
    panel.offsets.push_back(panel.values.size());
    panel.ends.push_back(0);
    for (std::size_t c = 0; c < codes.size(); ++c) drivers.columns[c].values.push_back(codes[c]);
  }

  Options options(std::vector<int> seasons = {}) const {
    Options out;
    out.horizon = static_cast<int>(drivers.horizon);
    out.seasons = std::move(seasons);
    out.quantiles = {0.1, 0.5, 0.9};
    if (!drivers.columns.empty()) out.drivers = &drivers;
    out.tree_rows = 1;  // none
    return out;
  }
  Forecasts forecast(const Options& how) const {
    auto out = forecasting::forecast(panel, {}, how);
    EXPECT_TRUE(out) << out.error().text();
    return std::move(*out);
  }

  double wape(const Forecasts& f) const {
    double error = 0, sum = 0;
    for (std::size_t n = 0; n < ahead.size(); ++n) error += std::abs(ahead[n] - f.median[at(n)]), sum += ahead[n];
    return error / sum;
  }
  double coverage(const Forecasts& f) const {
    double inside = 0;
    for (std::size_t n = 0; n < ahead.size(); ++n) inside += ahead[n] >= f.quantiles[3 * at(n)] && ahead[n] <= f.quantiles[3 * at(n) + 2];
    return inside / static_cast<double>(ahead.size());
  }
  std::size_t at(std::size_t n) const { return fresh[n / drivers.horizon] * drivers.horizon + n % drivers.horizon; }

  Panel panel;
  Drivers drivers;
  std::vector<std::size_t> fresh;
  std::vector<double> ahead;
};

// Demand around `level`, whose logarithm scatters by `noise`; period t counts from the end, which is 0.
std::vector<double> demand(std::mt19937& random, std::size_t length, double level, double noise, double amplitude = 0, int ahead = 0) {
  std::normal_distribution<double> normal;
  std::vector<double> out;
  for (std::size_t n = 0; n < length; ++n) {
    const double t = static_cast<double>(n) + 1 - static_cast<double>(length) + ahead;
    out.push_back(level * (1 + amplitude * std::sin(2 * M_PI * t / 12)) * std::exp(noise * normal(random)));
  }
  return out;
}

TEST(Newcomers, HaveTheSeasonOfTheirGroup) {
  Shop shop(12, {});
  std::mt19937 random(1);
  std::normal_distribution<double> normal(4, 1);
  for (int i = 0; i < 60; ++i) shop.add(fmt::format("old{}", i), demand(random, 72, std::exp(normal(random)), 0.05, 0.5), {});
  for (int i = 0; i < 20; ++i) shop.add(fmt::format("new{}", i), demand(random, 8 + 12, std::exp(normal(random)), 0.05, 0.5, 12), {}, true);
  const Forecasts f = shop.forecast(shop.options({12}));
  // Without the season the error is at least the mean size of half a sine, .32; with it that of the noise is left.
  EXPECT_LT(shop.wape(f), 0.1);
  const Borrowed& borrowed = f.borrowed.at(shop.fresh[0]);
  EXPECT_GT(borrowed.season_power, 0);
  EXPECT_EQ(borrowed.season, 12);
  EXPECT_TRUE(borrowed.attributes.empty());
  EXPECT_EQ(borrowed.series, 60U);
  EXPECT_EQ(f.models[shop.fresh[0]], "weighted + group");
  EXPECT_FALSE(f.borrowed.contains(0));
  EXPECT_EQ(f.classes[shop.fresh[0]], DemandClass::kSmooth);
}

// Categories of 10 and 300 a period, demand that scatters by a factor of e; from two values the level is known only that well.
Shop two_categories(bool random_categories) {
  Shop shop(6);
  std::mt19937 random(2);
  std::normal_distribution<double> normal(0, 0.2);
  for (int i = 0; i < 160; ++i) {
    const int category = i % 2;
    const double level = (category ? 300 : 10) * std::exp(normal(random));
    const auto said = static_cast<float>(random_categories ? random() % 8 : static_cast<std::uint32_t>(category));
    const bool is_new = i >= 120;
    shop.add(fmt::format("{}{}", is_new ? "new" : "old", i), demand(random, is_new ? 2 + 6 : 60, level, 1), {said}, is_new);
  }
  return shop;
}

TEST(Newcomers, HaveALevelBetweenTheirOwnAndThatOfTheirCategory) {
  const Shop shop = two_categories(false);
  const Forecasts f = shop.forecast(shop.options());
  for (std::size_t i : shop.fresh) {
    const Borrowed& borrowed = f.borrowed.at(i);
    EXPECT_EQ(borrowed.attributes, std::vector<std::string>{"category"});
    EXPECT_EQ(borrowed.series, 60U);
    // Means are e^½ times the medians.
    EXPECT_NEAR(std::log(borrowed.level), std::log((i % 2 ? 300 : 10) * std::exp(0.5)), 0.15) << i;
    EXPECT_EQ(f.classes[i], DemandClass::kShort);
    EXPECT_TRUE(borrowed.periods > 0 || borrowed.own_weight <= 0.5) << borrowed.own_weight;
  }
  // The best forecast, the true median, errs by E|e^z − 1| / E e^z = .76 (z standard normal); from the two own values alone by more than 1.
  EXPECT_LT(shop.wape(f), 0.85);
  EXPECT_NEAR(shop.coverage(f), 0.8, 0.08);
}

TEST(Newcomers, BorrowNothingFromAttributesThatSayNothing) {
  const Shop shop = two_categories(true);
  const Forecasts f = shop.forecast(shop.options());
  Shop none = shop;
  none.drivers.columns.clear();
  const Forecasts without = none.forecast(none.options());
  EXPECT_LT(shop.wape(f), 1.05 * none.wape(without));
  for (std::size_t i : shop.fresh)
    if (auto found = f.borrowed.find(i); found != f.borrowed.end()) EXPECT_GE(found->second.own_weight, 0.5);
}

// Items are launched all the time and sell 1 − e^(−age / 6) of their level: those of three periods will sell three times as much.
TEST(Newcomers, RiseAsThoseBeforeThem) {
  Shop shop(12, {});
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  auto launched = [&](std::size_t length) {
    const double level = std::exp(4 + 0.5 * normal(random));
    std::vector<double> out;
    for (std::size_t age = 1; age <= length; ++age)
      out.push_back(level * (1 - std::exp(-static_cast<double>(age) / 6)) * std::exp(0.1 * normal(random)));
    return out;
  };
  for (int i = 0; i < 200; ++i) shop.add(fmt::format("old{}", i), launched(20 + random() % 60), {});
  for (int i = 0; i < 20; ++i) shop.add(fmt::format("new{}", i), launched(3 + 12), {}, true);
  const Forecasts f = shop.forecast(shop.options());
  EXPECT_LT(shop.wape(f), 0.25);
  EXPECT_NEAR(shop.coverage(f), 0.8, 0.15);
}

TEST(Newcomers, WithoutAnyDemandHaveThatOfTheirCategory) {
  Shop shop = two_categories(false);
  std::mt19937 random(9);
  for (int i = 0; i < 4; ++i) shop.add(fmt::format("unseen{}", i), {kMissing}, {static_cast<float>(i % 2)});
  const Forecasts f = shop.forecast(shop.options());
  for (std::size_t i = 160; i < 164; ++i) {
    EXPECT_EQ(f.models[i], "category");
    EXPECT_EQ(f.classes[i], DemandClass::kShort);
    EXPECT_TRUE(std::isnan(f.borrowed.at(i).own));
    for (std::size_t h = 0; h < 6; ++h) {
      EXPECT_NEAR(std::log(f.median[i * 6 + h]), std::log(i % 2 ? 300 : 10), 0.5) << i;
      EXPECT_LT(f.quantiles[(i * 6 + h) * 3], f.median[i * 6 + h] / 2);
      EXPECT_GT(f.quantiles[(i * 6 + h) * 3 + 2], f.median[i * 6 + h] * 2);
    }
  }
  auto why = explain(shop.panel, {}, shop.options(), f, 160);
  ASSERT_TRUE(why && why->borrowed);
  EXPECT_TRUE(why->members.empty());
}

TEST(Newcomers, WithoutDemandAndWithoutOthersAreAnErrorThatNamesThem) {
  Shop shop(3);
  shop.add("old", std::vector<double>(40, 5.0), {0});
  shop.add("unseen", {kMissing, kMissing}, {0});
  auto result = forecast(shop.panel, {}, shop.options());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(result.error().place, "unseen");
}

// Rare demand: new items of a category whose rate is .3 or 3 a period, in counts.
TEST(Newcomers, OfRareDemandAreCountedWithTheRateOfTheirCategory) {
  Shop shop(8);
  std::mt19937 random(5);
  for (int i = 0; i < 260; ++i) {
    const int category = i % 2;
    std::poisson_distribution<int> sold(category ? 3 : 0.3);
    const bool is_new = i >= 200;
    std::vector<double> values;
    for (int t = 0; t < (is_new ? 4 + 8 : 80); ++t) values.push_back(sold(random));
    if (is_new) values[0] = std::max(values[0], 1.0);  // which began it
    shop.add(fmt::format("{}{}", is_new ? "new" : "old", i), std::move(values), {static_cast<float>(category)}, is_new);
  }
  const Forecasts f = shop.forecast(shop.options());
  // One demand in four periods alone would make the lower category's rate twice as high or more.
  double means[2] = {};
  for (std::size_t i : shop.fresh)
    for (std::size_t h = 0; h < 8; ++h) means[i % 2] += f.mean[i * 8 + h] / (30 * 8);
  EXPECT_NEAR(means[0], 0.3, 0.12);
  EXPECT_NEAR(means[1], 3, 0.6);
  EXPECT_GT(shop.coverage(f), 0.75);
}

TEST(Newcomers, AreTheSameAtAnyNumberOfThreadsAndInAnyOrder) {
  const Shop shop = two_categories(false);
  Options how = shop.options();
  how.cumulative = true;
  const Forecasts one = shop.forecast(how);
  how.threads = 2;
  const Forecasts two = shop.forecast(how);
  EXPECT_EQ(one.quantiles, two.quantiles);
  EXPECT_EQ(one.sums, two.sums);
  EXPECT_EQ(one.models, two.models);
  Shop turned(6);
  for (std::size_t i = shop.panel.size(); i-- > 0;)
    turned.add(shop.panel.keys[i], {shop.panel.series(i).begin(), shop.panel.series(i).end()}, {shop.drivers.columns[0].values[i]});
  Options back = turned.options();
  back.cumulative = true;
  const Forecasts other = turned.forecast(back);
  for (std::size_t i = 0; i < shop.panel.size(); ++i)
    for (std::size_t k = 0; k < 6 * 3; ++k) {
      EXPECT_EQ(one.quantiles[i * 18 + k], other.quantiles[(159 - i) * 18 + k]) << shop.panel.keys[i];
      EXPECT_EQ(one.sums[i * 18 + k], other.sums[(159 - i) * 18 + k]) << shop.panel.keys[i];
    }
}

TEST(Newcomers, ScaleWithTheirPanel) {
  Shop shop = two_categories(false);
  const Forecasts a = shop.forecast(shop.options());
  for (double& v : shop.panel.values) v *= 1000;
  const Forecasts b = shop.forecast(shop.options());
  for (std::size_t i : shop.fresh)
    for (std::size_t k = 0; k < 18; ++k)
      EXPECT_NEAR(b.quantiles[i * 18 + k] / 1000, a.quantiles[i * 18 + k], 1e-3 * a.quantiles[i * 18 + k]);
}

TEST(Newcomers, InPartsAreTheSameAsTogether) {
  Shop shop = two_categories(false);
  shop.drivers.columns.clear();
  Options how = shop.options();
  const Forecasts together = shop.forecast(how);
  auto shared = learn_shared(shop.panel, {}, how);
  ASSERT_TRUE(shared);
  how.shared = shared->get();
  for (std::size_t i : shop.fresh) {
    Shop alone(6, {});
    alone.add(shop.panel.keys[i], {shop.panel.series(i).begin(), shop.panel.series(i).end()}, {});
    auto found = forecast(alone.panel, {}, how);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->models[0], together.models[i]);
    for (std::size_t k = 0; k < 18; ++k) EXPECT_EQ(found->quantiles[k], together.quantiles[i * 18 + k]);
  }
}

TEST(Newcomers, BorrowNothingWhenModelsAreNamedOrTheirTimeIsLongGone) {
  Shop shop = two_categories(false);
  Options how = shop.options();
  how.models = {"ses"};
  EXPECT_TRUE(shop.forecast(how).borrowed.empty());
  for (std::size_t i : shop.fresh) shop.panel.ends[i] = -7;  // more than a horizon before the others'
  EXPECT_TRUE(shop.forecast(shop.options()).borrowed.empty());
}

TEST(Newcomers, HaveQuantilesAndSumsThatRiseAndAreNeverNegative) {
  const Shop shop = two_categories(false);
  Options how = shop.options();
  how.cumulative = true;
  how.quantiles = {0.01, 0.1, 0.5, 0.9, 0.999};
  const Forecasts f = shop.forecast(how);
  for (std::size_t i : shop.fresh)
    for (std::size_t h = 0; h < 6; ++h) {
      const std::size_t at = i * 6 + h;
      EXPECT_EQ(f.median[at], f.quantiles[at * 5 + 2]);
      for (const auto* values : {&f.quantiles, &f.sums})
        for (std::size_t q = 0; q < 5; ++q) EXPECT_GE((*values)[at * 5 + q], q > 0 ? (*values)[at * 5 + q - 1] : 0);
    }
}

TEST(Peers, KnowNothingOfWhatCameLater) {
  Shop shop = two_categories(false);
  std::vector<std::size_t> members(120);
  std::iota(members.begin(), members.end(), std::size_t{0});
  const auto attributes = attributes_of(&shop.drivers);
  const Peers before(shop.panel, attributes, members, 4, 0, 10, 18);
  for (std::size_t i = 0; i < 120; ++i)
    for (std::size_t t = 50; t < 60; ++t) shop.panel.values[shop.panel.offsets[i] + t] = 1e6;
  const Peers after(shop.panel, attributes, members, 4, 0, 10, 18);
  EXPECT_EQ(before.size(), 120U);
  for (int code : {0, 1}) {
    const Expected a = before.expect(std::vector<int>{code}, std::nullopt);
    const Expected b = after.expect(std::vector<int>{code}, std::nullopt);
    EXPECT_EQ(a.level, b.level);
    EXPECT_EQ(a.season, b.season);
  }
  const View view = view_of(shop.panel, 0, 0, 10);
  EXPECT_EQ(view.values.size(), 50U);
  EXPECT_EQ(view.end, -10);
  EXPECT_EQ(view.after.size(), 10U);
}

}  // namespace
}  // namespace sinan::forecasting

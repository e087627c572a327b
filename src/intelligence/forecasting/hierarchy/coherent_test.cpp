// Forecasts of items, categories, places and the total, of days and weeks: whatever is forecast, it adds up.
#include "intelligence/forecasting/hierarchy/coherent.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace sinan::forecasting {
namespace {

// `items` of two categories in two places, some regular, some sparse, with a week; then the total, the categories and the places.
struct Company {
  Panel panel;
  Coherence coherence;

  explicit Company(std::size_t items, std::uint32_t seed = 1, std::size_t days = 140) {
    std::mt19937 random(seed);
    coherence.sums.parts = items;
    coherence.sums.levels = {{std::vector<std::uint32_t>(items, 0), 1}, {{}, 2}, {{}, 2}};
    std::vector<std::vector<double>> sums(5, std::vector<double>(days, 0));
    for (std::size_t i = 0; i < items; ++i) {
      const auto category = static_cast<std::uint32_t>(i % 2);
      const auto place = static_cast<std::uint32_t>(random() % 2);
      coherence.sums.levels[1].group_of.push_back(category);
      coherence.sums.levels[2].group_of.push_back(place);
      for (std::size_t t = 0; t < days; ++t) {
        const double level = (i % 3 == 0 ? 0.15 : 12) * (t % 7 == 6 ? 0.3 : 1.1);
        const double sold = std::poisson_distribution<int>(level)(random);
        panel.values.push_back(sold);
        for (std::size_t s : {std::size_t{0}, 1 + std::size_t{category}, 3 + std::size_t{place}}) sums[s][t] += sold;
      }
      panel.values[panel.offsets.back()] = 1;
      for (std::size_t s : {std::size_t{0}, 1 + std::size_t{category}, 3 + std::size_t{place}}) sums[s][0] += 1;
      panel.offsets.push_back(panel.values.size());
      panel.keys.push_back("item" + std::to_string(i));
    }
    for (std::size_t s = 0; s < sums.size(); ++s) {
      panel.values.insert(panel.values.end(), sums[s].begin(), sums[s].end());
      panel.offsets.push_back(panel.values.size());
      panel.keys.push_back("sum" + std::to_string(s));
    }
  }
};

const Options kOptions{.horizon = 17, .seasons = {7}, .quantiles = {0.1, 0.5, 0.9}, .cumulative = true};

TEST(Coherent, SeriesAndPeriodsAddUp) {
  for (Reconciliation how : {Reconciliation::kWls, Reconciliation::kTopDown, Reconciliation::kBottomUp}) {
    Company company(12);
    company.coherence.blocks = {7, 14};
    company.coherence.how = how;
    auto found = forecast_coherent(company.panel, {}, kOptions, company.coherence);
    ASSERT_TRUE(found) << found.error().text();
    const Forecasts& f = found->single;
    std::vector<double> parts(12), sums(5);
    for (std::size_t h = 0; h < 17; ++h) {
      for (std::size_t i = 0; i < 12; ++i) parts[i] = f.mean[i * 17 + h];
      company.coherence.sums.add_up(parts, sums);
      for (std::size_t s = 0; s < 5; ++s) EXPECT_NEAR(f.mean[(12 + s) * 17 + h], sums[s], 1e-9 * (1 + sums[s]));
    }
    for (std::size_t level = 0; level < 2; ++level) {
      const Forecasts& longer = found->of_blocks[level];
      const std::size_t block = level == 0 ? 7 : 14;
      ASSERT_EQ(static_cast<std::size_t>(longer.horizon), 17 / block);
      for (std::size_t i = 0; i < 17; ++i)
        for (std::size_t b = 0; b < 17 / block; ++b) {
          double sum = 0;
          for (std::size_t h = b * block; h < (b + 1) * block; ++h) sum += f.mean[i * 17 + h];
          EXPECT_NEAR(longer.mean[i * (17 / block) + b], sum, 1e-9 * (1 + sum));
        }
    }
    for (std::size_t at = 0; at < 17 * 17; ++at) {
      EXPECT_GE(f.quantiles[at * 3], 0);
      EXPECT_LE(f.quantiles[at * 3], f.quantiles[at * 3 + 1]);
      EXPECT_LE(f.quantiles[at * 3 + 1], f.quantiles[at * 3 + 2]);
      EXPECT_LE(f.sums[at * 3], f.sums[at * 3 + 2]);
      EXPECT_NEAR(f.sum_mean[at], (at % 17 == 0 ? 0 : f.sum_mean[at - 1]) + f.mean[at], 1e-9 * (1 + f.sum_mean[at]));
    }
  }
}

// Bottom-up leaves the items as they are, top-down leaves the total.
TEST(Coherent, TheWayChosenIsTheWayTaken) {
  Company company(9);
  auto base = forecast(company.panel, {}, kOptions);
  ASSERT_TRUE(base);
  company.coherence.how = Reconciliation::kBottomUp;
  auto up = forecast_coherent(company.panel, {}, kOptions, company.coherence);
  company.coherence.how = Reconciliation::kTopDown;
  auto down = forecast_coherent(company.panel, {}, kOptions, company.coherence);
  company.coherence.how = Reconciliation::kWls;
  auto between = forecast_coherent(company.panel, {}, kOptions, company.coherence);
  ASSERT_TRUE(up && down && between);
  for (std::size_t at = 0; at < 9 * 17; ++at) {
    EXPECT_EQ(up->single.mean[at], base->mean[at]);
    EXPECT_EQ(up->single.quantiles[at * 3 + 2], base->quantiles[at * 3 + 2]);
  }
  for (std::size_t h = 0; h < 17; ++h) {
    const std::size_t total = 9 * 17 + h;
    EXPECT_NEAR(down->single.mean[total], base->mean[total], 1e-9 * base->mean[total]);
    const double low = 0.95 * std::min(up->single.mean[total], base->mean[total]);
    const double high = 1.05 * std::max(up->single.mean[total], base->mean[total]);
    EXPECT_GT(between->single.mean[total], low);
    EXPECT_LT(between->single.mean[total], high);
  }
}

// What is hardly ever sold gets its share of a total that is far higher, and not a thousandfold of its quantiles.
TEST(Coherent, QuantilesOfNextToNothingStayInReach) {
  Panel panel;
  for (int i = 0; i < 3; ++i) {
    for (int t = 0; t < 60; ++t) panel.values.push_back(i == 0 ? (t == 20 || t == 50 ? 1 : 0) : t < 40 ? 1 : 50 + t % 3);
    panel.offsets.push_back(panel.values.size());
    panel.keys.push_back("s" + std::to_string(i));
  }
  Coherence coherence{.sums = {1, {{{0}, 1}, {{0}, 1}}}, .blocks = {}, .how = Reconciliation::kTopDown};
  auto base = forecast(panel, {}, {.horizon = 4, .quantiles = {0.99}});
  auto found = forecast_coherent(panel, {}, {.horizon = 4, .quantiles = {0.99}}, coherence);
  ASSERT_TRUE(base && found);
  for (std::size_t h = 0; h < 4; ++h) {
    EXPECT_NEAR(found->single.mean[h], base->mean[4 + h], 1e-6);
    EXPECT_LE(found->single.quantiles[h], found->single.mean[h] + 2 * base->quantiles[h] + 1e-9);
    EXPECT_GE(found->single.quantiles[h], found->single.mean[h] * 0.9);
  }
}

// A driver of the parts only: the sums are forecast without.
TEST(Coherent, DriversAreOfTheParts) {
  Company company(20);
  Drivers drivers{.horizon = 17, .columns = {{"promotion", true}}};
  for (std::size_t i = 0; i < 20; ++i)
    for (std::size_t t = 0; t < 157; ++t) drivers.columns[0].values.push_back(t % 11 < 2 ? 1.0F : 0.0F);
  Options options = kOptions;
  options.drivers = &drivers;
  auto found = forecast_coherent(company.panel, {}, options, company.coherence);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->single.mean.size(), 25U * 17);
  EXPECT_EQ(found->single.tree_shares.size(), 25U);
  EXPECT_EQ(found->single.models.size(), 25U);
}

TEST(Coherent, BlocksAreCountedFromTheEnd) {
  const Panel panel{{9, 1, 2, 3, 4, 5, 6, kMissing, 8, 5, kMissing, kMissing},
                    {0, 7, 9, 12},
                    {"a", "b", "c"},
                    {0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                    {20, 20, 20}};
  const Panel blocks = in_blocks(panel, 3);
  EXPECT_EQ(blocks.values, (std::vector<double>{6, 15, 24, 15}));  // b: 8 is a third of what is not known else; c too
  EXPECT_EQ(blocks.offsets, (std::vector<std::uint64_t>{0, 2, 3, 4}));
  EXPECT_EQ(blocks.lost, (std::vector<std::uint8_t>{1, 0, 0, 0}));
  EXPECT_EQ(blocks.ends, (std::vector<std::int64_t>{6, 6, 6}));
}

TEST(Coherent, WhatDoesNotFitIsRefused) {
  Company company(6);
  auto refused = [&](const Coherence& coherence) {
    auto found = forecast_coherent(company.panel, {}, kOptions, coherence);
    return !found && found.error().code == ErrorCode::kInvalidInput;
  };
  Coherence odd = company.coherence;
  odd.blocks = {18};
  EXPECT_TRUE(refused(odd)) << "longer than the horizon";
  odd = company.coherence;
  odd.sums.levels[1].group_of[2] = 2;
  EXPECT_TRUE(refused(odd)) << "no such category";
  odd = company.coherence;
  odd.sums.levels.pop_back();
  EXPECT_TRUE(refused(odd)) << "series that are neither parts nor sums";
  company.panel.ends.assign(company.panel.size(), 9);
  company.panel.ends[3] = 8;
  EXPECT_TRUE(refused(company.coherence)) << "one ends earlier";
}

TEST(Coherent, ForecastsMadeApartAreReconciledToTheSame) {
  const Company company(12);
  auto together = forecast_coherent(company.panel, {}, kOptions, company.coherence);
  ASSERT_TRUE(together) << together.error().text();
  Panel all = company.panel;
  all.ends.assign(all.size(), 140);
  const Panel panel = part_of(all, 0, 12), of_sums = part_of(all, 12, 17);
  auto parts = forecast(panel, {}, kOptions), sums = forecast(of_sums, {}, kOptions);
  reconcile(panel, *parts, of_sums, *sums, company.coherence.sums, Reconciliation::kWls);
  // Apart, the parts share no season with their sums: what is reconciled differs a little.
  for (std::size_t h = 0; h < 17; ++h) {
    double total = 0;
    for (std::size_t i = 0; i < 12; ++i) total += parts->mean[i * 17 + h];
    EXPECT_NEAR(sums->mean[h], total, 1e-9 * total);
    EXPECT_NEAR(total, together->single.mean[12 * 17 + h], 0.15 * total);
    EXPECT_LE(sums->quantiles[h * 3], sums->quantiles[h * 3 + 2]);
  }
  EXPECT_TRUE(parts->models[0].ends_with(" + wls")) << parts->models[0];
}

// A place whose day is over has a value where others have a forecast.
TEST(Coherent, WhatAPartHasSoldAlreadyIsKeptAsItIs) {
  const Company company(12);
  Panel all = company.panel;
  all.ends.assign(all.size(), 140);
  Panel panel = part_of(all, 0, 12);
  Panel of_sums;
  of_sums.ends.assign(5, 138);
  for (std::size_t s = 12; s < 17; ++s) {
    std::span<const double> values = all.series(s).first(138);
    of_sums.values.insert(of_sums.values.end(), values.begin(), values.end());
    of_sums.offsets.push_back(of_sums.values.size());
    of_sums.keys.push_back(all.keys[s]);
  }
  auto parts = forecast(panel, {}, kOptions), sums = forecast(of_sums, {}, kOptions);
  const std::vector<double> before = parts->mean;
  reconcile(panel, *parts, of_sums, *sums, company.coherence.sums, Reconciliation::kWls);
  EXPECT_NE(before, parts->mean);
  for (std::size_t h = 0; h < 17; ++h) {
    double total = 0;
    for (std::size_t i = 0; i < 12; ++i) total += h < 2 ? panel.series(i)[138 + h] : parts->mean[i * 17 + h - 2];
    EXPECT_NEAR(sums->mean[h], total, 1e-9 * total) << h;
  }
  for (std::size_t i = 0; i < 12; ++i)
    for (std::size_t h = 15; h < 17; ++h) EXPECT_EQ(parts->mean[i * 17 + h], before[i * 17 + h]);
}

}  // namespace
}  // namespace sinan::forecasting

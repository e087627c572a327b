// Drivers of sparse demand: factors on its mean that are used where they help and only there, and that cannot see the future.
#include "intelligence/forecasting/sparse/factors.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "intelligence/forecasting/expect_same.hpp"
#include "intelligence/forecasting/explanation/explain.hpp"
#include "intelligence/forecasting/warm.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kDays = 160;
constexpr std::size_t kHorizon = 6;
constexpr double kUplift = 5;

// Items that sell one or two a day on few days, five times as often in a promotion, which are known ahead; a colour that says nothing, and
// a number that does not.
struct Shop {
  Panel panel;
  Drivers drivers;
  std::vector<double> ahead;   // what is sold in the periods of the horizon
  std::vector<double> before;  // the true mean there

  explicit Shop(std::size_t items, double size = 1) {
    drivers.horizon = kHorizon;
    drivers.columns = {{"promotion", true, false, false, {}}, {"noise", true, false, false, {}}, {"colour", false, true, true, {}}};
    for (std::size_t i = 0; i < items; ++i) {
      std::mt19937 random(static_cast<unsigned>(i) + 11);
      std::uniform_real_distribution<double> chance;
      const double rate = 0.04 + 0.1 * chance(random);
      bool promotion = false;
      for (std::size_t t = 0; t < kDays + kHorizon; ++t) {
        if (t % 3 == 0) promotion = chance(random) < 0.25;
        const double mean = rate * (promotion ? kUplift : 1);
        const double sold = t == 0 || chance(random) < mean ? size * (1 + (chance(random) < 0.3)) : 0;
        if (t < kDays) {
          panel.values.push_back(sold);
        } else {
          ahead.push_back(sold);
          before.push_back(1.3 * mean * size);
        }
        drivers.columns[0].values.push_back(promotion ? 0.2F : 0.0F);
        drivers.columns[1].values.push_back(static_cast<float>(chance(random)));
      }
      drivers.columns[2].values.push_back(static_cast<float>(i % 3));
      panel.offsets.push_back(panel.values.size());
      panel.keys.push_back("item" + std::to_string(i));
    }
  }
  // The distance of means to the true ones, against these.
  double distance(const Forecasts& f) const {
    double error = 0, sum = 0;
    for (std::size_t k = 0; k < before.size(); ++k) error += std::abs(before[k] - f.mean[k]), sum += before[k];
    return error / sum;
  }
  Options options(bool with = true) const {
    return {.horizon = kHorizon, .quantiles = {0.1, 0.9}, .cumulative = true, .drivers = with ? &drivers : nullptr, .tree_rows = 20'000};
  }
  Forecasts forecasts(const Options& how) const { return forecast(panel, {}, how).value(); }
};

TEST(SparseDrivers, MoveTheMeanByWhatAPromotionDoes) {
  Shop shop(150);
  const Forecasts without = shop.forecasts(shop.options(false)), with = shop.forecasts(shop.options());
  EXPECT_EQ(without.models[0], "negative_binomial");
  EXPECT_EQ(with.models[0], "negative_binomial + trees");
  EXPECT_GT(shop.distance(without), 0.5);
  EXPECT_LT(shop.distance(with), 0.27);
  double promoted = 0, usual = 0, promoted_truth = 0, usual_truth = 0;
  for (std::size_t i = 0; i < shop.panel.size(); ++i)
    for (std::size_t k = 0; k < kHorizon; ++k) {
      const bool on = shop.drivers.columns[0].values[i * (kDays + kHorizon) + kDays + k] > 0;
      (on ? promoted : usual) += with.mean[i * kHorizon + k];
      (on ? promoted_truth : usual_truth) += shop.before[i * kHorizon + k];
    }
  EXPECT_NEAR(promoted / promoted_truth, 1, 0.25);
  EXPECT_NEAR(usual / usual_truth, 1, 0.25);
}

TEST(SparseDrivers, KeepQuantilesAndSumsOfTheMovedMean) {
  Shop shop(150);
  const Forecasts with = shop.forecasts(shop.options());
  std::size_t above = 0, sums_above = 0;
  for (std::size_t i = 0; i < shop.panel.size(); ++i) {
    double total = 0, sold = 0;
    for (std::size_t k = 0; k < kHorizon; ++k) {
      const std::size_t at = i * kHorizon + k;
      total += with.mean[at];
      sold += shop.ahead[at];
      EXPECT_NEAR(with.sum_mean[at], total, 1e-6 * total);
      above += shop.ahead[at] > with.quantiles[2 * at + 1];
    }
    sums_above += sold > with.sums[2 * (i * kHorizon + kHorizon - 1) + 1];
  }
  // At most a tenth lies above a quantile of .9, and less than that, because counts are whole.
  EXPECT_LT(static_cast<double>(above) / static_cast<double>(shop.ahead.size()), 0.12);
  EXPECT_GT(static_cast<double>(above) / static_cast<double>(shop.ahead.size()), 0.01);
  EXPECT_NEAR(static_cast<double>(sums_above) / static_cast<double>(shop.panel.size()), 0.07, 0.06);
}

TEST(SparseDrivers, ThatAreOfNoUseChangeNothing) {
  Shop shop(60);
  shop.drivers.columns.erase(shop.drivers.columns.begin());  // noise and colour are left
  const Forecasts with = shop.forecasts(shop.options());
  expect_same(shop.forecasts(shop.options(false)), with);
  EXPECT_EQ(with.tree_shares, std::vector<float>(60, 0));
  EXPECT_EQ(with.factors, nullptr);
}

TEST(SparseDrivers, DoNothingToNamedModels) {
  Shop shop(60);
  Options with = shop.options(), without = shop.options(false);
  with.models = without.models = {"croston_sba"};
  expect_same(shop.forecasts(without), shop.forecasts(with));
}

TEST(SparseDrivers, GiveTheSameBitsAtAnyNumberOfThreadsAndInAnyOrder) {
  Shop shop(90);
  Options options = shop.options();
  const Forecasts one = shop.forecasts(options);
  ASSERT_GT(one.tree_shares[0], 0);
  options.threads = 2;
  expect_same(one, shop.forecasts(options));
  Shop back = shop;
  const std::size_t n = shop.panel.size();
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t j = n - 1 - i;
    back.panel.keys[i] = shop.panel.keys[j];
    std::ranges::copy(shop.panel.series(j), back.panel.values.begin() + static_cast<std::ptrdiff_t>(i * kDays));
    for (std::size_t c = 0; c < 2; ++c)
      std::copy_n(shop.drivers.columns[c].values.begin() + static_cast<std::ptrdiff_t>(j * (kDays + kHorizon)), kDays + kHorizon,
                  back.drivers.columns[c].values.begin() + static_cast<std::ptrdiff_t>(i * (kDays + kHorizon)));
    back.drivers.columns[2].values[i] = shop.drivers.columns[2].values[j];
  }
  const Forecasts turned = back.forecasts(back.options());
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < kHorizon; ++k) EXPECT_EQ(one.mean[i * kHorizon + k], turned.mean[(n - 1 - i) * kHorizon + k]);
}

// What trees learn up to some periods ago, as text.
std::string learnt(const Shop& shop, std::size_t away, std::size_t rows = 150'000) {
  Options options = shop.options();
  options.tree_rows = rows;
  Run run(shop.panel, options, {});
  for (Facts& facts : run.facts) facts.sparse = true;
  const SparseSeasons seasons = learn_sparse_seasons(run, away);
  const FactorModel model = FactorModel::learn(run, seasons, away, nullptr).value();
  EXPECT_TRUE(model.knows());
  return model.knows() ? model.trees().text().value() : "";
}

TEST(SparseDrivers, LearnNothingOfTheFuture) {
  const Shop shop(40);
  Shop other = shop;
  constexpr std::size_t kAway = 18;
  for (std::size_t i = 0; i < 40; ++i) {
    for (std::size_t t = kDays - kAway; t < kDays; ++t) other.panel.values[i * kDays + t] = 3;
    for (std::size_t t = kDays - kAway; t < kDays + kHorizon; ++t)
      for (std::size_t c = 0; c < 2; ++c) other.drivers.columns[c].values[i * (kDays + kHorizon) + t] = -77;
  }
  EXPECT_EQ(learnt(shop, kAway), learnt(other, kAway));
  EXPECT_NE(learnt(shop, kAway - 1), learnt(other, kAway - 1));
}

// The rows of the first tree, of which each learns from 0.8.
TEST(SparseDrivers, AreLearntFromAboutAsManyRowsAsAreAskedFor) {
  const Shop shop(90);
  const std::string text = learnt(shop, 0, 4'000);
  const std::size_t at = text.find("leaf_count=") + 11;
  const std::string line = text.substr(at, text.find('\n', at) - at);
  double rows = 0;
  for (const char* c = line.c_str(); *c;) {
    char* end = nullptr;
    rows += std::strtod(c, &end);
    c = *end ? end + 1 : end;
  }
  EXPECT_NEAR(rows / 0.8, 4'000, 600);
}

TEST(SparseDrivers, StayWhatTheyWereInAWarmNight) {
  Shop shop(90);
  Options options = shop.options();
  options.keep = true;
  const Forecasts cold = shop.forecasts(options);
  ASSERT_FALSE(cold.warm->factor_trees.empty());
  auto state = std::make_shared<WarmState>(WarmState::shared_from(cold.warm->shared_bytes()).value());
  state->series = cold.warm->series;
  options.warm = state;
  const Forecasts warm = shop.forecasts(options);
  EXPECT_EQ(warm.counts.unchanged, 90U);
  expect_same(cold, warm);
  EXPECT_EQ(warm.tree_shares, cold.tree_shares);
  EXPECT_EQ(warm.warm->factor_trees, cold.warm->factor_trees);
}

TEST(SparseDrivers, StandOddData) {
  Shop shop(60);
  auto values = [&](std::size_t i) { return std::span(shop.panel.values).subspan(i * kDays, kDays); };
  for (double& v : values(0)) v = 0;
  values(0)[90] = 2;  // all but dead
  for (double& v : values(1)) v *= 1e25;
  values(2)[140] = 1e28;
  std::ranges::fill(values(3).first(kDays - 3), kMissing);
  values(4)[20] = kMissing;
  shop.panel.lost.assign(shop.panel.values.size(), 0);
  shop.panel.lost[5 * kDays + kDays - 2] = 1;
  for (std::size_t i = 6; i < 9; ++i)  // nothing is known of the promotion ahead, or ever
    for (std::size_t t = i == 8 ? 0 : kDays; t < kDays + kHorizon; ++t)
      shop.drivers.columns[0].values[i * (kDays + kHorizon) + t] = std::nanf("");
  shop.drivers.columns[2].values[9] = std::nanf("");
  const Forecasts found = shop.forecasts(shop.options());
  for (double v : found.mean) EXPECT_TRUE(std::isfinite(v) && v >= 0);
  for (double v : found.sums) EXPECT_TRUE(std::isfinite(v));
  for (double v : found.variance) EXPECT_TRUE(std::isfinite(v));
}

TEST(SparseDrivers, OfOneSeriesAloneAreNotTrusted) {
  Shop shop(1);
  expect_same(shop.forecasts(shop.options(false)), shop.forecasts(shop.options()));
}

TEST(SparseDrivers, DoNotHingeOnWhatDemandIsCountedIn) {
  Shop one(90), many(90, 1024);
  const Forecasts a = one.forecasts(one.options()), b = many.forecasts(many.options());
  ASSERT_GT(a.tree_shares[0], 0);
  for (std::size_t k = 0; k < a.mean.size(); ++k) EXPECT_NEAR(b.mean[k] / (1024 * a.mean[k]), 1, 1e-9);
}

TEST(SparseDrivers, AreExplainedByTheirFactors) {
  Shop shop(150);
  const Options options = shop.options();
  const Forecasts forecasts = shop.forecasts(options);
  std::size_t promoted = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    const Explanation why = explain(shop.panel, {}, options, forecasts, i).value();
    ASSERT_GT(why.tree_share, 0);
    ASSERT_EQ(why.trees.size(), kHorizon);
    for (std::size_t k = 0; k < kHorizon; ++k) {
      const TreeStep& step = why.trees[k];
      double score = step.expected;
      for (const Effect& effect : step.effects) score += effect.score;
      EXPECT_NEAR(score, step.score, 1e-9);
      EXPECT_EQ(why.mean[k], forecasts.mean[i * kHorizon + k]);
      EXPECT_NEAR(step.unit * std::exp(why.tree_share * step.score), why.mean[k], 1e-9);
      if (shop.drivers.columns[0].values[i * (kDays + kHorizon) + kDays + k] == 0) continue;
      ++promoted;
      const auto promotion = std::ranges::find(step.effects, "promotion", &Effect::name);
      ASSERT_LT(promotion - step.effects.begin(), 2);  // of four
      EXPECT_GT(promotion->score, std::log(kUplift) / 3);
      EXPECT_FLOAT_EQ(static_cast<float>(promotion->value), 0.2F);
    }
    // Without a season the mean without trees is the same in all periods.
    EXPECT_NEAR(why.trees[0].unit, why.trees[5].unit, 1e-6 * why.trees[0].unit);
    EXPECT_EQ(why.alike.size(), 5U);
    EXPECT_TRUE(why.members.empty());
  }
  EXPECT_GT(promoted, 20U);
}

}  // namespace
}  // namespace sinan::forecasting

// The properties that the forecasts of a panel must have, and the answers to odd data.
#include "intelligence/forecasting/forecast.hpp"

#include <gtest/gtest.h>

#include <random>

#include "intelligence/forecasting/clean.hpp"

namespace sinan::forecasting {
namespace {

Panel panel_of(const std::vector<std::vector<double>>& series) {
  Panel panel;
  for (const auto& values : series) {
    panel.values.insert(panel.values.end(), values.begin(), values.end());
    panel.offsets.push_back(panel.values.size());
    panel.keys.push_back("s" + std::to_string(panel.keys.size()));
  }
  return panel;
}

std::vector<double> random_series(std::uint32_t seed, std::size_t length, bool intermittent, int season = 0) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 1);
  std::vector<double> out;
  for (std::size_t t = 0; t < length; ++t) {
    double value = 50 + 0.1 * static_cast<double>(t) + 5 * normal(random);
    if (season) value += 20 * std::sin(2 * M_PI * static_cast<double>(t) / season);
    if (intermittent) value = random() % 4 == 0 ? 1 + random() % 5 : 0;
    out.push_back(value);
  }
  return out;
}

std::vector<std::vector<double>> mixed() {
  std::vector<std::vector<double>> out;
  for (std::uint32_t i = 0; i < 60; ++i) out.push_back(random_series(i, 30 + i * 3, i % 3 == 0, i % 2 ? 12 : 0));
  out.push_back({5});
  out.push_back({kMissing, kMissing, 4, kMissing, 6});
  out.push_back(std::vector<double>(3650, 0));
  out.push_back(std::vector<double>(40, -3));
  return out;
}

TEST(Forecast, NamesWhatWasUsedWhereNoModelFits) {
  const Panel panel = panel_of({{3, 5.25}, {7, 7, 7, 7, 7, 7, 7, 7}, {1, 4, 2, 3, 5, 4}});
  auto found = forecast(panel, {}, {.horizon = 2, .models = {"theta"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->models, (std::vector<std::string>{"naive", "naive", "theta"}));
  EXPECT_NEAR(found->median[0], 5.25, 1e-6);
  EXPECT_NEAR(found->median[2], 7, 1e-6);
}

TEST(Forecast, IsTheSameAtAnyNumberOfThreadsAndInAnyOrder) {
  auto series = mixed();
  Options options{.horizon = 8, .seasons = {4, 12}, .quantiles = {0.1, 0.5, 0.95}, .cumulative = true};
  auto one = forecast(panel_of(series), {}, options);
  options.threads = 2;
  auto two = forecast(panel_of(series), {}, options);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->quantiles, two->quantiles);
  EXPECT_EQ(one->sums, two->sums);
  std::vector<std::vector<double>> reversed(series.rbegin(), series.rend());
  Panel backwards = panel_of(reversed);
  std::ranges::reverse(backwards.keys);
  auto back = forecast(backwards, {}, options);
  for (std::size_t i = 0; i < series.size(); ++i)
    for (std::size_t h = 0; h < 8; ++h) {
      EXPECT_EQ(one->median[i * 8 + h], back->median[(series.size() - 1 - i) * 8 + h]);
      EXPECT_NEAR(one->quantiles[(i * 8 + h) * 3], back->quantiles[((series.size() - 1 - i) * 8 + h) * 3], 1e-9);
    }
}

TEST(Forecast, QuantilesRiseAndStayAtOrAboveZeroWhereDemandDoes) {
  auto series = mixed();
  auto result = forecast(panel_of(series), {}, {.horizon = 6, .quantiles = {0.9, 0.01, 0.5, 0.999}, .cumulative = true});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->quantile_levels, (std::vector<double>{0.01, 0.5, 0.9, 0.999}));
  for (std::size_t i = 0; i < series.size(); ++i)
    for (std::size_t h = 0; h < 6; ++h)
      for (const auto* values : {&result->quantiles, &result->sums})
        for (std::size_t q = 0; q < 4; ++q) {
          double value = (*values)[(i * 6 + h) * 4 + q];
          EXPECT_TRUE(std::isfinite(value)) << i;
          if (q > 0) EXPECT_GE(value, (*values)[(i * 6 + h) * 4 + q - 1]) << i;
          if (i < 63) EXPECT_GE(value, 0) << i;
        }
}

TEST(Forecast, FindsTheSeasonAndFollowsIt) {
  auto result = forecast(panel_of({random_series(9, 120, false, 12)}), {}, {.horizon = 12, .seasons = {4, 7, 12}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->seasons[0], 12);
  // The sine's peak is at phase 3, its trough at phase 9.
  EXPECT_GT(result->median[3], result->median[9] + 25);
}

TEST(Forecast, DeadItemsGoToZeroAndStockOutsDoNotLowerTheForecast) {
  std::vector<double> dead(200, 0);
  for (std::size_t t = 0; t < 60; ++t) dead[t] = 5;
  std::vector<double> sold = random_series(4, 100, false);
  Panel panel = panel_of({dead, sold, sold});
  panel.lost.assign(panel.values.size(), 0);
  for (std::size_t t = 0; t < 15; ++t) {
    panel.values[panel.offsets[3] - 1 - t] = 0;
    panel.lost[panel.offsets[3] - 1 - t] = 1;
  }
  auto result = forecast(panel, {}, {.horizon = 7});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->classes[0], DemandClass::kDead);
  EXPECT_EQ(result->median[0], 0);
  EXPECT_NEAR(result->median[14], result->median[7], 8);
}

// Sold five a day, then not for 200 days, then again.
TEST(Forecast, AnItemThatComesBackIsNotDeadAnyMore) {
  auto returned = [](std::size_t days) {
    std::vector<double> values(260, 0);
    std::fill_n(values.begin(), 60, 5.0);
    values.insert(values.end(), days, 5.0);
    return values;
  };
  auto result = forecast(panel_of({returned(0), returned(1), returned(10)}), {}, {.horizon = 7});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->classes[0], DemandClass::kDead);
  EXPECT_EQ(result->mean[0], 0);
  EXPECT_NE(result->classes[1], DemandClass::kDead);
  EXPECT_GT(result->mean[7], 0.5);  // a fifth is what smoothing over three days makes of the first
  EXPECT_NEAR(result->mean[14], 5, 1);
}

// A series of one value says nothing of errors, and so does not make others of its class look certain.
TEST(Forecast, LoneValuesMakeNoOtherForecastCertain) {
  std::vector<std::vector<double>> series{{1536, 1408, 1472, 1984}};
  auto alone = forecast(panel_of(series), {}, {.horizon = 2, .quantiles = {0.1, 0.9}});
  for (int i = 0; i < 5; ++i) series.push_back({5});
  auto beside = forecast(panel_of(series), {}, {.horizon = 2, .quantiles = {0.1, 0.9}});
  ASSERT_TRUE(alone && beside);
  EXPECT_GT(alone->quantiles[1], alone->median[0] + 100);
  EXPECT_EQ(alone->quantiles[1], beside->quantiles[1]);
  EXPECT_GT(beside->quantiles[2 * 2 + 1], beside->median[2]);
}

TEST(Forecast, ForgetsABurstThatIsOverFollowsOneThatRunsAndLearnsOneThatLasts) {
  const auto quiet = random_series(5, 96, false, 12);
  auto raised = [&](std::size_t from, std::size_t to) {
    auto values = quiet;
    for (std::size_t t = from; t < to; ++t) values[t] *= 4;
    return values;
  };
  auto result = forecast(panel_of({quiet, raised(86, 89), raised(94, 96), raised(80, 96)}), std::vector<int>(4, 12), {.horizon = 6});
  ASSERT_TRUE(result);
  auto mean = [&](std::size_t i) {
    double sum = 0;
    for (std::size_t h = 0; h < 6; ++h) sum += result->median[i * 6 + h] / 6;
    return sum;
  };
  EXPECT_NEAR(mean(1) / mean(0), 1, 0.1);
  EXPECT_GT(mean(2) / mean(0), 1.25);
  EXPECT_NEAR(mean(3) / mean(0), 4, 1);
}

// What fills a gap is no evidence: intervals grow with what is not known at the end, and hold where values are missing here and there.
TEST(Forecast, WhatIsNotKnownMakesNoForecastSurer) {
  std::mt19937 random(8);
  std::normal_distribution<double> normal;
  auto width = [&](std::size_t missing_at_end) {
    Panel panel;
    random.seed(8);
    for (std::size_t i = 0; i < 20; ++i) {
      for (std::size_t t = 0; t < 200 + missing_at_end; ++t)
        panel.values.push_back(t < 200 ? 50 + 20.0 * (t % 7 == 5) + 4 * normal(random) : kMissing);
      panel.offsets.push_back(panel.values.size());
      panel.keys.push_back(std::to_string(i));
    }
    auto found = forecast(panel, std::vector<int>(20, 7), {.horizon = 7, .quantiles = {0.1, 0.9}});
    double out = 0, high = 0;
    for (std::size_t k = 0; k < 140; ++k) out += (found->quantiles[2 * k + 1] - found->quantiles[2 * k]) / 140;
    for (std::size_t k = 0; k < 140; ++k)
      if ((200 + missing_at_end + k % 7) % 7 == 5) high += found->median[k] / 20;
    EXPECT_NEAR(high, 70, 3) << "the week goes on after " << missing_at_end;
    return out;
  };
  double before = width(0);
  EXPECT_NEAR(before, 2 * 1.2816 * 4, 2);
  for (std::size_t missing : {5U, 20U, 60U, 165U}) {
    const double now = width(missing);
    EXPECT_GT(now, before) << missing;
    before = now;
  }
  for (double share : {0.3, 0.6}) {
    Panel panel;
    std::vector<double> ahead;
    for (std::size_t i = 0; i < 60; ++i) {
      for (std::size_t t = 0; t < 307; ++t) {
        const double v = 50 + 20.0 * (t % 7 == 5) + 4 * normal(random);
        if (t >= 300)
          ahead.push_back(v);
        else
          panel.values.push_back(std::uniform_real_distribution<double>()(random) < share ? kMissing : v);
      }
      panel.offsets.push_back(panel.values.size());
      panel.keys.push_back(std::to_string(i));
    }
    auto found = forecast(panel, std::vector<int>(60, 7), {.horizon = 7, .quantiles = {0.1, 0.9}});
    ASSERT_TRUE(found);
    double inside = 0;
    for (std::size_t k = 0; k < ahead.size(); ++k)
      inside += (ahead[k] >= found->quantiles[2 * k] && ahead[k] <= found->quantiles[2 * k + 1]) / static_cast<double>(ahead.size());
    EXPECT_NEAR(inside, 0.8, 0.06) << share;
  }
}

TEST(Forecast, AFewValuesOfOneSeriesAreNotForecastWithCertainty) {
  for (const std::vector<double>& values : {std::vector<double>{-1, -5, -3, -2, -4, -3}, {-2, -3, -6, -2, -2, -3}, {0, 3, 3}, {3, 3}}) {
    Panel panel{values, {0, values.size()}, {"a"}, {}};
    auto found = forecast(panel, {}, {.horizon = 2, .quantiles = {0.1, 0.9}});
    ASSERT_TRUE(found);
    EXPECT_GT(found->quantiles[1] - found->quantiles[0], 0.3) << values.back() << " of " << values.size();
  }
}

TEST(Forecast, RefusesWhatItCannotUseAndNamesTheSeries) {
  auto infinite = forecast(panel_of({{1, 2}, {1, INFINITY}}), {}, {});
  ASSERT_FALSE(infinite);
  EXPECT_EQ(infinite.error().place, "s1");
  EXPECT_EQ(forecast(panel_of({{kMissing}}), {}, {}).error().place, "s0");
}

// A level that moves by `step` a period, seen with noise; of each the last `ahead` values are the truth.
struct Walks {
  std::vector<std::vector<double>> known, future;
};
Walks walks(std::uint32_t count, std::size_t length, std::size_t ahead, double step, double noise) {
  Walks out;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::mt19937 random(i + 1000);
    std::normal_distribution<double> normal(0, 1);
    double level = 200;
    std::vector<double> all;
    for (std::size_t t = 0; t < length + ahead; ++t) {
      level += step * normal(random);
      all.push_back(level + noise * normal(random));
    }
    out.known.emplace_back(all.begin(), all.end() - static_cast<std::ptrdiff_t>(ahead));
    out.future.emplace_back(all.end() - static_cast<std::ptrdiff_t>(ahead), all.end());
  }
  return out;
}

// The share of values from step `begin` on that lie in the interval of the first two quantiles, of the series from `first` on.
double inside(const Forecasts& forecasts, const Walks& truth, std::size_t first, std::size_t begin) {
  const auto horizon = static_cast<std::size_t>(forecasts.horizon);
  double in = 0;
  double all = 0;
  for (std::size_t i = 0; i < truth.future.size(); ++i)
    for (std::size_t h = begin; h < horizon; ++h, ++all) {
      const double* interval = &forecasts.quantiles[((first + i) * horizon + h) * 2];
      in += truth.future[i][h] >= interval[0] && truth.future[i][h] <= interval[1];
    }
  return in / all;
}

TEST(Forecast, IntervalsCoverWhatTheyPromiseOnSeriesOfAKnownProcess) {
  // Random walks with noise: the exact predictive distribution is normal; 80 % intervals over 400 series.
  const Walks some = walks(400, 84, 6, 1.5, 3);
  auto result = forecast(panel_of(some.known), {}, {.horizon = 6, .quantiles = {0.1, 0.9}});
  ASSERT_TRUE(result);
  EXPECT_NEAR(inside(*result, some, 0, 0), 0.8, 0.04);
}

TEST(Forecast, IntervalsOfShortSeriesAreNotMadeNarrowByErrorsOfTheSamePeriods) {
  // Of 8 values only the last 3 can be forecast from earlier origins, some of them thrice.
  const Walks some = walks(400, 8, 6, 1.5, 3);
  auto result = forecast(panel_of(some.known), {}, {.horizon = 6, .quantiles = {0.1, 0.9}});
  ASSERT_TRUE(result);
  EXPECT_NEAR(inside(*result, some, 0, 0), 0.8, 0.05);
}

TEST(Forecast, ErrorsGrowWithTheHorizonAsThoseOfSeriesWithALikeSeasonDo) {
  // Months that only scatter beside quarters that wander: at the end of the horizon each keeps its promise.
  const Walks months = walks(200, 120, 12, 0, 3);
  const Walks quarters = walks(200, 120, 12, 3, 0.5);
  std::vector<std::vector<double>> series = months.known;
  series.insert(series.end(), quarters.known.begin(), quarters.known.end());
  std::vector<int> seasons(200, 12);
  seasons.resize(400, 4);
  auto result = forecast(panel_of(series), seasons, {.horizon = 12, .quantiles = {0.1, 0.9}});
  ASSERT_TRUE(result);
  EXPECT_NEAR(inside(*result, months, 0, 8), 0.8, 0.05);
  EXPECT_NEAR(inside(*result, quarters, 200, 8), 0.8, 0.07);
}

void append(Panel& panel, const std::string& key, const std::vector<double>& values) {
  panel.keys.push_back(key);
  panel.values.insert(panel.values.end(), values.begin(), values.end());
  panel.offsets.push_back(panel.values.size());
}

std::vector<double> seasonal_series(unsigned seed, std::size_t length, double level, double noise) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> out;
  for (std::size_t t = 0; t < length; ++t)
    out.push_back(level * (1 + 0.3 * std::sin(static_cast<double>(t % 12) / 12 * 6.283)) + 0.2 * static_cast<double>(t) +
                  noise * normal(random));
  return out;
}

std::vector<double> rare_demand(unsigned seed, std::size_t length, double probability) {
  std::mt19937 random(seed);
  std::vector<double> out;
  for (std::size_t t = 0; t < length; ++t)
    out.push_back(static_cast<double>(random() % 1000) < 1000 * probability ? static_cast<double>(1 + random() % 5) : 0);
  return out;
}

Panel mixed_panel(double factor = 1) {
  Panel panel;
  for (unsigned i = 0; i < 40; ++i) append(panel, fmt::format("s{}", i), seasonal_series(i, 60 + i, 100 + i, 5));
  for (unsigned i = 0; i < 20; ++i) append(panel, fmt::format("r{}", i), rare_demand(i, 70, 0.25));
  for (double& v : panel.values) v *= factor;
  return panel;
}

const Options kOptions{.horizon = 8, .seasons = {12}, .quantiles = {0.05, 0.1, 0.5, 0.9, 0.95}, .cumulative = true};

Forecasts run(const Panel& panel, const Options& options = kOptions) {
  auto result = forecast(panel, {}, options);
  EXPECT_TRUE(result) << result.error().text();
  return std::move(*result);
}

TEST(Forecast, SameBitsAtAnyNumberOfThreads) {
  Panel panel = mixed_panel();
  Options two = kOptions;
  two.threads = 2;
  Forecasts a = run(panel);
  Forecasts b = run(panel, two);
  EXPECT_EQ(a.median, b.median);
  EXPECT_EQ(a.quantiles, b.quantiles);
  EXPECT_EQ(a.sums, b.sums);
  EXPECT_EQ(a.models, b.models);
}

TEST(Forecast, ScalingDemandScalesTheForecast) {
  Forecasts a = run(mixed_panel());
  Forecasts b = run(mixed_panel(1000));
  for (std::size_t i = 0; i < a.quantiles.size(); ++i)
    EXPECT_NEAR(a.quantiles[i] * 1000, b.quantiles[i], 1e-3 * (1000 + std::abs(b.quantiles[i])));
  for (std::size_t i = 0; i < a.median.size(); ++i) EXPECT_NEAR(a.median[i] * 1000, b.median[i], 1e-3 * (1000 + std::abs(b.median[i])));
}

TEST(Forecast, OrderOfSeriesChangesNothing) {
  Panel panel = mixed_panel();
  Panel turned;
  for (std::size_t i = panel.size(); i-- > 0;) append(turned, panel.keys[i], {panel.series(i).begin(), panel.series(i).end()});
  Forecasts a = run(panel);
  Forecasts b = run(turned);
  std::size_t width = 8 * 5;
  for (std::size_t i = 0; i < panel.size(); ++i)
    for (std::size_t k = 0; k < width; ++k)
      EXPECT_EQ(a.quantiles[i * width + k], b.quantiles[(panel.size() - 1 - i) * width + k]) << panel.keys[i];
}

TEST(Forecast, QuantilesIncreaseAndAreNeverNegativeWhereDemandIs) {
  Forecasts f = run(mixed_panel());
  for (std::size_t at = 0; at < f.median.size(); ++at) {
    auto check = [&](const std::vector<double>& quantiles) {
      for (std::size_t q = 0; q < 5; ++q) {
        EXPECT_GE(quantiles[at * 5 + q], 0);
        if (q > 0) {
          EXPECT_GE(quantiles[at * 5 + q], quantiles[at * 5 + q - 1]);
        }
      }
    };
    check(f.quantiles);
    check(f.sums);
    EXPECT_NEAR(f.median[at], f.quantiles[at * 5 + 2], 1e-6 * (1 + f.median[at]));
  }
}

// The truth is known: 80 % of new values of the generator must lie between the 10 % and the 90 % quantile.
TEST(Forecast, IntervalsCoverWhatTheyPromise) {
  Panel panel;
  std::vector<std::vector<double>> future;
  for (unsigned i = 0; i < 400; ++i) {
    auto all = seasonal_series(1000 + i, 84, 100, 8);
    future.emplace_back(all.end() - 12, all.end());
    all.resize(72);
    append(panel, fmt::format("{}", i), all);
  }
  Forecasts f = run(panel, {.horizon = 12, .seasons = {12}, .quantiles = {0.1, 0.9}, .cumulative = true});
  double inside = 0;
  double total_inside = 0;
  for (std::size_t i = 0; i < 400; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < 12; ++k) {
      std::size_t at = (i * 12 + k) * 2;
      inside += future[i][k] >= f.quantiles[at] && future[i][k] <= f.quantiles[at + 1];
      sum += future[i][k];
      total_inside += sum >= f.sums[at] && sum <= f.sums[at + 1];
    }
  }
  EXPECT_NEAR(inside / 4800, 0.8, 0.04);
  EXPECT_NEAR(total_inside / 4800, 0.8, 0.07);
}

TEST(Forecast, FollowsSeasonAndTrendThatAreThere) {
  Panel panel;
  append(panel, "a", seasonal_series(1, 120, 100, 0.01));
  auto truth = seasonal_series(1, 132, 100, 0.0);
  Forecasts f = run(panel, {.horizon = 12, .seasons = {7, 12}});
  EXPECT_EQ(f.seasons[0], 12);
  for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(f.median[k], truth[120 + k], 4) << k;
}

TEST(Forecast, LostSalesAreNotLearntAsLowDemand) {
  Panel panel;
  std::vector<double> values;
  std::vector<std::uint8_t> lost;
  std::mt19937 random(5);
  for (int t = 0; t < 200; ++t) {
    bool out = t % 10 >= 7;
    values.push_back(out ? 0 : 20 + static_cast<double>(random() % 5));
    lost.push_back(out);
  }
  append(panel, "a", values);
  panel.lost = lost;
  Forecasts f = run(panel);
  for (std::size_t k = 0; k < 8; ++k) EXPECT_NEAR(f.median[k], 22, 1.5);
}

TEST(Forecast, OddDataGivesDefinedResults) {
  Panel panel;
  append(panel, "one", {5});
  append(panel, "constant", std::vector<double>(40, 3.0));
  append(panel, "zeros", std::vector<double>(3650, 0.0));
  append(panel, "negative", {-1, -2, -3, -4, -3, -2, -1, -2, -3, -4, -5});
  append(panel, "gaps", {1, kMissing, 3, kMissing, kMissing, 4, 5, 6, kMissing, 7, 8, kMissing});
  append(panel, "huge", {1e29, 2e29, 1e29, 3e29, 2e29, 1e29, 2e29});
  append(panel, "tiny", {1e-29, 2e-29, 1e-29, 3e-29, 2e-29, 1e-29, 2e-29});
  append(panel, "died", [] {
    std::vector<double> v(60, 4.0);
    v.resize(120, 0.0);
    return v;
  }());
  Forecasts f = run(panel);
  for (const auto* out : {&f.median, &f.mean, &f.quantiles, &f.sum_mean, &f.sums})
    for (double v : *out) EXPECT_TRUE(std::isfinite(v));
  EXPECT_NEAR(f.median[0], 5, 1e-5);
  EXPECT_NEAR(f.median[1 * 8 + 7], 3, 1e-5);
  EXPECT_NEAR(f.quantiles[(1 * 8 + 7) * 5], 3, 1e-5);
  EXPECT_EQ(f.classes[2], DemandClass::kDead);
  EXPECT_LT(f.median[3 * 8], 0);
  EXPECT_EQ(f.classes[7], DemandClass::kDead);
  EXPECT_EQ(f.median[7 * 8], 0);
}

TEST(Forecast, BadInputNamesTheSeries) {
  Panel panel;
  append(panel, "good", {1, 2});
  append(panel, "A-17", {1, std::numeric_limits<double>::infinity()});
  auto result = forecast(panel, {}, kOptions);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().place.find("A-17"), std::string::npos);

  Panel fine;
  append(fine, "good", {1, 2});
  for (Options bad : {Options{.horizon = 0}, Options{.quantiles = {1.5}}, Options{.seasons = {0}}, Options{.origins = 0},
                      Options{.threads = 0}, Options{.models = {"crystal_ball"}}})
    EXPECT_FALSE(forecast(fine, {}, bad));
  EXPECT_FALSE(forecast(fine, std::vector<int>{1, 2}, kOptions));
}

TEST(Forecast, ACancelledRunSaysSo) {
  CancelToken cancel;
  cancel.cancel();
  auto result = forecast(mixed_panel(), {}, kOptions, &cancel);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

// Series forecast some at a time, with intervals of the whole, get what they get together.
TEST(Forecast, InPartsIsTheSameAsTogether) {
  auto series = mixed();
  Options options{.horizon = 8, .seasons = {4, 12}, .quantiles = {0.1, 0.5, 0.95}, .cumulative = true};
  const Panel all = panel_of(series);
  auto together = forecast(all, {}, options);
  auto shared = learn_shared(all, {}, options);
  ASSERT_TRUE(together && shared);
  options.shared = shared->get();
  for (std::size_t i = 0; i < series.size(); i += 7) {
    auto alone = forecast(panel_of({series[i]}), {}, options);
    ASSERT_TRUE(alone);
    for (std::size_t h = 0; h < 8; ++h) {
      EXPECT_EQ(alone->median[h], together->median[i * 8 + h]);
      for (std::size_t q = 0; q < 3; ++q) {
        EXPECT_EQ(alone->quantiles[h * 3 + q], together->quantiles[(i * 8 + h) * 3 + q]);
        EXPECT_EQ(alone->sums[h * 3 + q], together->sums[(i * 8 + h) * 3 + q]);
      }
    }
  }
  options.horizon = 9;
  EXPECT_EQ(forecast(all, {}, options).error().code, ErrorCode::kInvalidInput);
}

TEST(Forecast, WhereNoNamedModelFitsTheLastValueErrsAsItDid) {
  Panel panel;
  std::mt19937 random(5);
  std::normal_distribution<double> noise(1000, 100);
  for (int i = 0; i < 80; ++i) {
    for (int t = 0; t < 20; ++t) panel.values.push_back(noise(random));
    panel.offsets.push_back(panel.values.size());
    panel.keys.push_back(fmt::format("s{}", i));
  }
  Options options{.horizon = 12, .quantiles = {0.1, 0.5, 0.9}};
  options.models = {"holt_winters"};  // needs two seasons
  const std::vector<int> seasons(80, 12);
  auto found = forecast(panel, seasons, options);
  options.models = {"naive"};
  auto naive = forecast(panel, seasons, options);
  ASSERT_TRUE(found && naive);
  for (std::size_t at = 0; at < found->median.size(); ++at) {
    EXPECT_LE(found->quantiles[3 * at], found->median[at]);
    EXPECT_EQ(found->quantiles[3 * at + 1], found->median[at]);
    EXPECT_GE(found->quantiles[3 * at + 2], found->median[at]);
    EXPECT_NEAR(found->quantiles[3 * at + 2], naive->quantiles[3 * at + 2], 1e-3 * found->median[at]);
  }
}

TEST(Forecast, WhatIsUnknownForLongerThanModelsLookBackIsUnknown) {
  for (std::size_t empty : {kMaxLength - 10, kMaxLength + 10}) {
    Panel panel{std::vector<double>(2000, 100), {0}, {"a"}};
    panel.values.resize(2000 + empty, kMissing);
    panel.offsets.push_back(panel.values.size());
    auto found = forecast(panel, {}, {.horizon = 2});
    EXPECT_EQ(found.has_value(), empty < kMaxLength);
    if (found) EXPECT_NEAR(found->median[0], 100, 1);
  }
}

TEST(Forecast, TheUsualSeasonIsTakenWhereTooFewSeasonsProveAny) {
  Panel panel;
  for (int t = 0; t < 36; ++t) panel.values.push_back(100 + 60 * std::sin(t * 0.5235987755982988) + (t * 7919 % 11));
  panel.offsets.push_back(36);
  panel.keys.push_back("a");
  Options options{.horizon = 12, .seasons = {12}};
  EXPECT_EQ(forecast(panel, {}, options)->seasons[0], 1);
  options.usual_season = 12;
  const auto found = forecast(panel, {}, options);
  EXPECT_EQ(found->seasons[0], 12);
  EXPECT_GT(found->median[3], 140);
  EXPECT_LT(found->median[9], 60);
}

TEST(Forecast, AnOutlierOnTheLastDayIsNoBurstBeforeASecondOne) {
  for (int days : {1, 3}) {
    Panel panel;
    std::mt19937 random(3);
    std::normal_distribution<double> noise(0, 3);
    for (int t = 0; t < 364; ++t) panel.values.push_back(40 + (t % 7 >= 5 ? 20 : 0) + noise(random) + (t >= 364 - days ? 400 : 0));
    panel.offsets.push_back(panel.values.size());
    panel.keys.push_back("a");
    const std::vector<int> season{7};
    const auto found = forecast(panel, season, {.horizon = 28});
    double sum = 0;
    for (double v : found->median) sum += v;
    const double usual = 4 * (5 * 40 + 2 * 60);
    if (days == 1)
      EXPECT_NEAR(sum, usual, 0.1 * usual);
    else
      EXPECT_GT(sum, 2 * usual);
  }
}

}  // namespace
}  // namespace sinan::forecasting

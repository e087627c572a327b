#include "intelligence/forecasting/warm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "intelligence/forecasting/expect_same.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kDays = 240;
constexpr std::size_t kSeries = 60;

// Smooth with a week, erratic, intermittent with a week, lumpy, dead and short series, in turn; each as long as `days` after the first.
Panel company(std::size_t days, std::size_t from = 0) {
  Panel panel;
  for (std::size_t i = 0; i < kSeries; ++i) {
    std::mt19937 random(static_cast<unsigned>(i) + 5);
    std::vector<double> values;
    for (std::size_t t = 0; t < days; ++t) {
      const double noise = std::uniform_real_distribution<double>()(random);
      const bool weekend = t % 7 > 4;
      double v = 0;
      if (i % 6 == 0) v = std::floor(50 + 20 * weekend + 10 * noise);
      if (i % 6 == 1) v = std::floor(200 * noise * noise) + 1;
      if (i % 6 == 2) v = noise < (weekend ? 0.1 : 0.4) ? 2 : 0;
      if (i % 6 == 3) v = noise < 0.2 ? std::floor(1000 * noise * noise) + 1 : 0;
      if (i % 6 == 4) v = t < 20 ? 3 : 0;
      if (i % 6 == 5) v = t < kDays - 5 ? kMissing : 5 + 4 * noise;
      values.push_back(v);
    }
    panel.keys.push_back(fmt::format("s{}", i));
    panel.values.insert(panel.values.end(), values.begin() + static_cast<std::ptrdiff_t>(from), values.end());
    panel.offsets.push_back(panel.values.size());
    panel.ends.push_back(static_cast<std::int64_t>(days));
  }
  return panel;
}

Options nightly() {
  Options options{.horizon = 28, .seasons = {7}, .quantiles = {0.05, 0.5, 0.9, 0.99}, .cumulative = true};
  options.keep = true;
  return options;
}

Forecasts run(const Panel& panel, const std::shared_ptr<const WarmState>& warm = nullptr, Options options = nightly()) {
  options.warm = warm;
  return forecast(panel, {}, options).value();
}

std::shared_ptr<const WarmState> round_trip(const WarmState& state) {
  auto out = std::make_shared<WarmState>(WarmState::shared_from(state.shared_bytes()).value());
  for (const auto& [key, series] : state.series)
    out->series[key] = std::make_shared<const WarmSeries>(WarmState::series_from(WarmState::bytes_of(*series)).value());
  return out;
}

TEST(Warm, what_has_not_changed_is_forecast_with_the_same_bits_and_learnt_from_nothing) {
  const Panel panel = company(kDays);
  const Forecasts cold = run(panel);
  EXPECT_EQ(cold.counts.learnt, kSeries);
  const Forecasts warm = run(panel, round_trip(*cold.warm));
  expect_same(cold, warm);
  EXPECT_EQ(warm.counts.unchanged, kSeries);
  Options without = nightly();
  without.keep = false;
  expect_same(cold, run(panel, nullptr, without));
}

// The slow twin of every night is the cold forecast of the same panel. Quantiles of regular demand come from errors at other origins then,
// so they differ as from one night to the next; by class they agree.
TEST(Warm, what_has_grown_has_the_median_of_a_cold_night_where_demand_is_regular_and_nearly_the_rest) {
  const Forecasts first = run(company(kDays));
  for (std::size_t more = 1; more < static_cast<std::size_t>(warm_periods(28)); ++more) {
    const Panel panel = company(kDays + more);
    const Forecasts cold = run(panel);
    const Forecasts warm = run(panel, first.warm);
    EXPECT_EQ(warm.counts.grown, kSeries);
    for (std::size_t kind : {0U, 1U, 2U, 3U, 5U}) {
      double mean = 0, mean_error = 0, high = 0, high_error = 0;
      for (std::size_t i = kind; i < kSeries; i += 6)
        for (std::size_t k = i * 28; k < (i + 1) * 28; ++k) {
          if (kind != 2 && kind != 3) EXPECT_EQ(warm.median[k], cold.median[k]) << i;
          mean += cold.mean[k], mean_error += warm.mean[k] - cold.mean[k];
          high += cold.quantiles[k * 4 + 2], high_error += warm.quantiles[k * 4 + 2] - cold.quantiles[k * 4 + 2];
        }
      EXPECT_LT(std::abs(mean_error), (kind == 1 ? 0.08 : kind == 5 ? 0.05 : 0.03) * mean) << kind << " after " << more;
      EXPECT_LT(std::abs(high_error), 0.12 * high) << kind << " after " << more;
    }
  }
}

TEST(Warm, a_night_after_the_schedule_a_state_of_other_options_and_none_at_all_are_the_same) {
  const Panel late = company(kDays + static_cast<std::size_t>(warm_periods(28)));
  const Forecasts cold = run(late);
  const Forecasts due = run(late, run(company(kDays)).warm);
  expect_same(cold, due);
  EXPECT_EQ(due.counts.learnt, kSeries);
  EXPECT_EQ(due.warm->learnt, late.latest_end());
  Options longer = nightly();
  longer.horizon = 29;
  const Forecasts other = run(late, run(late, nullptr, longer).warm);
  expect_same(cold, other);
  EXPECT_EQ(warm_periods(1), 1) << "with a short horizon nothing is old";
}

TEST(Warm, only_a_series_whose_history_was_revised_or_misses_something_new_is_learnt_anew) {
  const Forecasts first = run(company(kDays));
  auto learnt = [&](const Panel& panel) { return run(panel, first.warm).counts.learnt; };
  Panel panel = company(kDays + 2);
  const std::size_t usual = learnt(panel);
  for (std::size_t t : {std::size_t{0}, std::size_t{100}, kDays - 1}) {
    Panel revised = panel;
    revised.values[revised.offsets[2] + t] += 1;
    EXPECT_EQ(learnt(revised), usual + 1) << t;
  }
  Panel missing = panel;
  missing.values[missing.offsets[1] - 1] = kMissing;
  EXPECT_EQ(learnt(missing), usual + 1);
  Panel sold_out = panel;
  sold_out.lost.assign(panel.values.size(), 0);
  sold_out.lost[sold_out.offsets[3] - 1] = 1;
  EXPECT_EQ(learnt(sold_out), usual + 1);
  Panel alive = panel;
  alive.values[alive.offsets[5] - 1] = 4;
  EXPECT_EQ(learnt(alive), usual + 1) << "a dead series sold again";
}

TEST(Warm, goes_on_when_the_window_of_history_moves_with_the_days) {
  const Forecasts first = run(company(kDays));
  const Forecasts moved = run(company(kDays + 3, 3), first.warm);
  EXPECT_GT(moved.counts.grown, kSeries / 2);
  EXPECT_EQ(run(company(kDays + 3, 30), first.warm).counts.grown, 0U) << "it was cut shorter";
}

TEST(Warm, the_number_of_threads_and_the_order_of_series_change_no_bit) {
  const Forecasts first = run(company(kDays));
  const Panel panel = company(kDays + 3);
  Panel backwards;
  for (std::size_t i = kSeries; i-- > 0;) {
    const std::span<const double> values = panel.series(i);
    backwards.values.insert(backwards.values.end(), values.begin(), values.end());
    backwards.offsets.push_back(backwards.values.size());
    backwards.keys.push_back(panel.keys[i]);
    backwards.ends.push_back(panel.ends[i]);
  }
  Options two = nightly();
  two.threads = 2;
  const Forecasts a = run(panel, first.warm), b = run(panel, first.warm, two), c = run(backwards, first.warm, two);
  expect_same(a, b);
  for (std::size_t i = 0; i < kSeries; ++i)
    for (std::size_t k = 0; k < 112; ++k) EXPECT_EQ(a.quantiles[i * 112 + k], c.quantiles[(kSeries - 1 - i) * 112 + k]);
}

TEST(Warm, a_damaged_state_is_an_error_and_never_a_forecast) {
  const Forecasts first = run(company(kDays));
  const std::string whole = WarmState::bytes_of(*first.warm->series.at("s0"));
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_EQ(WarmState::series_from(damaged).error().code, ErrorCode::kCorrupt) << at;
    EXPECT_FALSE(WarmState::series_from(whole.substr(0, at))) << at;
  }
  EXPECT_FALSE(WarmState::shared_from(whole));
  EXPECT_FALSE(WarmState::series_from(first.warm->shared_bytes()));
}

// A promotion that doubles demand, known ahead, and the category of each series.
Drivers promotions(const Panel& panel, int moved_category) {
  Drivers out{.horizon = 28, .last = panel.latest_end()};
  out.columns.resize(2);
  Driver& promotion = out.columns[0];
  promotion.name = "promotion";
  promotion.known_ahead = true;
  Driver& category = out.columns[1];
  category.name = "category";
  category.fixed = category.category = true;
  for (std::size_t i = 0; i < panel.size(); ++i) {
    category.values.push_back(static_cast<float>(i % 2));
    const auto begin = static_cast<std::size_t>(panel.end_of(i)) - panel.series(i).size();
    for (std::size_t t = 0; t < panel.series(i).size() + 28; ++t) promotion.values.push_back((begin + t) % 11 < 2 ? 1 : 0);
  }
  category.values[0] = static_cast<float>(moved_category);
  return out;
}

TEST(Warm, trees_of_an_earlier_night_forecast_until_a_category_means_something_else) {
  auto panel_of = [](std::size_t days) {
    Panel panel = company(days);
    for (std::size_t i = 0; i < kSeries; i += 6)
      for (std::size_t t = 0; t < days; ++t)
        if (t % 11 < 2) panel.values[panel.offsets[i] + t] *= 1 + static_cast<double>((13 * t + i) % 4);
    return panel;
  };
  auto with = [&](const Panel& panel, const std::shared_ptr<const WarmState>& warm, int category) {
    const Drivers drivers = promotions(panel, category);
    Options options = nightly();
    options.drivers = &drivers;
    options.tree_rows = 4'000;
    return run(panel, warm, options);
  };
  const Panel panel = panel_of(kDays);
  const Forecasts first = with(panel, nullptr, 0);
  EXPECT_TRUE(first.trees && first.widths);
  const Forecasts again = with(panel, round_trip(*first.warm), 0);
  expect_same(first, again);
  EXPECT_EQ(first.tree_shares, again.tree_shares);
  const Panel next = panel_of(kDays + 3);
  const Forecasts cold = with(next, nullptr, 0);
  const Forecasts warm = with(next, first.warm, 0);
  EXPECT_EQ(warm.counts.grown, kSeries);
  double error = 0, size = 0;
  for (std::size_t k = 0; k < 28; ++k) error += std::abs(warm.median[k] - cold.median[k]), size += cold.median[k];
  EXPECT_LT(error, 0.05 * size);
  EXPECT_EQ(with(next, first.warm, 1).counts.learnt, kSeries);
}

}  // namespace
}  // namespace sinan::forecasting

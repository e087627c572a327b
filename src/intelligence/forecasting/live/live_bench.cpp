// One sale into the state of its series, and where it stands then: beside the cold refit of one series, which is what else would tell.
// Budget: a microsecond a sale, five with a burst.
#include <benchmark/benchmark.h>

#include <random>

#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/live/live.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kSeries = 10'000;
constexpr std::size_t kDays = 730;
constexpr std::size_t kLead = 14;

std::vector<double> history(std::size_t days) {
  std::mt19937 random(5);
  std::vector<double> out;
  for (std::size_t t = 0; t < days; ++t) out.push_back(std::poisson_distribution<int>(t % 7 < 5 ? 8 : 14)(random));
  return out;
}

// Sales of one or two pieces to series in random order; of `quantity` pieces where it is above zero.
void sell(benchmark::State& state, double quantity) {
  const std::vector<double> mean(kLead, 10.0), deviation(kLead, 4.0), night{120, 140, 170, 190};
  std::vector<LiveSeries> series(kSeries, LiveSeries({.mean = mean, .deviation = deviation}));
  BurstDetector before({.season = 7}), scratch({.season = 7});
  for (double v : history(kDays)) before.update(v);
  std::mt19937 random(9);
  std::vector<double> now(night.size());
  std::size_t sales = 0;
  for (auto _ : state) {
    if (++sales % (8 * kSeries) == 0) std::ranges::fill(series, LiveSeries({.mean = mean, .deviation = deviation}));  // the next day
    LiveSeries& one = series[random() % kSeries];
    one.sell(quantity > 0 ? quantity : 1 + static_cast<double>(random() % 2), 0.5, before, scratch);
    const LivePosition position = one.position(0.5);
    one.quantiles(position, night, now);
    benchmark::DoNotOptimize(now.data());
  }
  state.SetItemsProcessed(state.iterations());
}

void sale(benchmark::State& state) { sell(state, 0); }
void sale_in_a_burst(benchmark::State& state) { sell(state, 40); }

void cold_refit(benchmark::State& state) {
  Panel panel;
  panel.values = history(kDays);
  panel.offsets.push_back(kDays);
  panel.keys.emplace_back("one");
  const Options options{.horizon = kLead, .seasons = {7}, .quantiles = {0.5, 0.9, 0.95, 0.99}};
  for (auto _ : state) benchmark::DoNotOptimize(forecast(panel, {}, options));
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(sale);
BENCHMARK(sale_in_a_burst);
BENCHMARK(cold_refit)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sinan::forecasting

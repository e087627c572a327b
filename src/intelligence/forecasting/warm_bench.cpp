// A night that goes on from an earlier one, beside the cold night, on one thread: two years of days, 28 ahead, quantiles included. Budget:
// sparse demand that has grown in a third of the cold time, regular demand in two thirds, what has not changed in a tenth.
#include <benchmark/benchmark.h>

#include <random>

#include "intelligence/forecasting/warm.hpp"

namespace sinan::forecasting {
namespace {

constexpr std::size_t kDays = 730;
constexpr std::size_t kSeries = 1'000;

// Poisson demand with a week, around that mean.
Panel shop(double mean, std::size_t days) {
  Panel panel;
  for (std::size_t i = 0; i < kSeries; ++i) {
    std::mt19937 random(static_cast<unsigned>(i));
    for (std::size_t t = 0; t < days; ++t) panel.values.push_back(std::poisson_distribution<int>(mean * (t % 7 < 5 ? 1 : 1.5))(random));
    panel.offsets.push_back(panel.values.size());
    panel.keys.push_back(fmt::format("s{}", i));
    panel.ends.push_back(static_cast<std::int64_t>(days));
  }
  return panel;
}

// The night `later` days after one that learnt everything; below zero: the cold night.
void night(benchmark::State& state, double mean, int later) {
  Options options{.horizon = 28, .seasons = {7}, .quantiles = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99}};
  options.keep = true;
  if (later >= 0) options.warm = forecast(shop(mean, kDays), {}, options)->warm;
  const Panel panel = shop(mean, kDays + static_cast<std::size_t>(std::max(later, 0)));
  for (auto _ : state) benchmark::DoNotOptimize(forecast(panel, {}, options));
  state.counters["series_per_second"] =
      benchmark::Counter(static_cast<double>(kSeries) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void regular_cold(benchmark::State& state) { night(state, 20, -1); }
void regular_grown(benchmark::State& state) { night(state, 20, 3); }
void regular_unchanged(benchmark::State& state) { night(state, 20, 0); }
void sparse_cold(benchmark::State& state) { night(state, 0.3, -1); }
void sparse_grown(benchmark::State& state) { night(state, 0.3, 3); }
void sparse_unchanged(benchmark::State& state) { night(state, 0.3, 0); }

BENCHMARK(regular_cold)->Unit(benchmark::kMillisecond);
BENCHMARK(regular_grown)->Unit(benchmark::kMillisecond);
BENCHMARK(regular_unchanged)->Unit(benchmark::kMillisecond);
BENCHMARK(sparse_cold)->Unit(benchmark::kMillisecond);
BENCHMARK(sparse_grown)->Unit(benchmark::kMillisecond);
BENCHMARK(sparse_unchanged)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sinan::forecasting

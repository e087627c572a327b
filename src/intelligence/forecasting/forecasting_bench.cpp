// Series forecast per second on one thread, quantiles included, with the default models; and the same with the naive model alone, as the
// cost of all that is not models. Budget: 10,000 a second for 100 months, 500 for 1,000 weeks.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {
namespace {

// A random walk with a season and noise, all by factors.
Panel seasonal_walks(std::size_t count, std::size_t length, std::size_t season) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  Panel panel;
  for (std::size_t i = 0; i < count; ++i) {
    double level = 100;
    std::size_t phase = random() % season;
    for (std::size_t t = 0; t < length; ++t) {
      level *= std::exp(0.03 * normal(random));
      double angle = 2 * M_PI * static_cast<double>(t + phase) / static_cast<double>(season);
      panel.values.push_back(level * (1 + 0.3 * std::sin(angle)) * std::exp(0.08 * normal(random)));
    }
    panel.offsets.push_back(panel.values.size());
    panel.keys.push_back(fmt::format("s{}", i));
  }
  return panel;
}

void run(benchmark::State& state, std::size_t count, std::size_t length, int season, int horizon, std::vector<std::string> models) {
  const Panel panel = seasonal_walks(count, length, static_cast<std::size_t>(season));
  const std::vector<int> seasons(count, season);
  const Options options{.horizon = horizon, .quantiles = {0.025, 0.1, 0.9, 0.975}, .models = std::move(models)};
  for (auto _ : state) benchmark::DoNotOptimize(forecast(panel, seasons, options));
  state.counters["series_per_second"] =
      benchmark::Counter(static_cast<double>(count) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void hundred_months(benchmark::State& state) { run(state, 4'000, 100, 12, 12, {}); }
void hundred_months_naive(benchmark::State& state) { run(state, 4'000, 100, 12, 12, {"naive"}); }
void thousand_weeks(benchmark::State& state) { run(state, 300, 1'000, 52, 13, {}); }
void thousand_weeks_naive(benchmark::State& state) { run(state, 300, 1'000, 52, 13, {"naive"}); }

BENCHMARK(hundred_months)->Unit(benchmark::kMillisecond);
BENCHMARK(hundred_months_naive)->Unit(benchmark::kMillisecond);
BENCHMARK(thousand_weeks)->Unit(benchmark::kMillisecond);
BENCHMARK(thousand_weeks_naive)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sinan::forecasting

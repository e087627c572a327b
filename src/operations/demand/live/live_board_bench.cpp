// Sales posted to a board of a hundred thousand items at places, with ids that are remembered, beside one map and one lock that count them
// and know nothing else. Budget: three microseconds of a sale on one thread; a place in the list of the farthest: 150 ns a series.
#include <benchmark/benchmark.h>

#include <random>

#include "operations/demand/live/live_board.hpp"

namespace sinan::demand {
namespace {

constexpr std::size_t kSeries = 100'000;
constexpr std::size_t kNames = 1'000'000;  // sales prepared

const Instant kNow = *parse_instant("2026-03-02T12:00:00Z");

LiveNights nights() {
  LiveNights out;
  out.model_versions = {"m1"};
  for (int p = 0; p < 10; ++p) out.places.push_back({fmt::format("W{}", p), Zone(), std::vector<double>(kQuartersOfDay, 1)});
  std::mt19937 random(5);
  forecasting::BurstDetector before(kDailyBursts);
  for (int t = 0; t < 182; ++t) before.update(std::poisson_distribution<int>(10)(random));
  for (std::size_t i = 0; i < kSeries; ++i)
    out.series.push_back({.item_id = fmt::format("HG-{:05}", i / 10),
                          .place = static_cast<std::uint32_t>(i % 10),
                          .begin = *parse_date("2026-03-02"),
                          .first = 28 * i,
                          .days = 28,
                          .lead_days = 14,
                          .before = before});
  out.mean.assign(28 * kSeries, 10);
  out.deviation.assign(28 * kSeries, 4);
  out.promotion.assign(28 * kSeries, 0);
  return out;
}

struct Posted {
  std::vector<std::string> ids, items, places;
  std::vector<int> quantities;
  Posted() {
    std::mt19937 random(9);
    for (std::size_t k = 0; k < kNames; ++k) {
      const std::size_t series = random() % kSeries;
      ids.push_back(fmt::format("order-{:07}-{}", k, k % 7));
      items.push_back(fmt::format("HG-{:05}", series / 10));
      places.push_back(fmt::format("W{}", series % 10));
      quantities.push_back(1 + static_cast<int>(random() % 2));
    }
  }
};
const Posted& posted() {
  static const Posted kPosted;
  return kPosted;
}

std::unique_ptr<LiveBoard> board;

void sale_on_the_board(benchmark::State& state) {
  const Posted& sales = posted();
  if (state.thread_index() == 0) board = std::make_unique<LiveBoard>(nights(), kNow);
  auto k = static_cast<std::size_t>(state.thread_index());
  for (auto _ : state) {
    const std::size_t at = k % kNames;
    bool burst = false;
    // Beyond the sales prepared they come again as others, at another time.
    const auto series = board->find(sales.items[at], sales.places[at]);
    benchmark::DoNotOptimize(board->sell(*series,
                                         {sales.ids[at], kNow - std::chrono::seconds(k / kNames), Decimal::whole(sales.quantities[at])},
                                         kNow, Instant::max(), burst));
    k += static_cast<std::size_t>(state.threads());
  }
  state.SetItemsProcessed(state.iterations());
}

void sale_counted_alone(benchmark::State& state) {
  const Posted& sales = posted();
  static std::mutex mutex;
  static std::unordered_map<std::string, double> sold;
  static std::unordered_set<std::string> known;
  if (state.thread_index() == 0) sold.clear(), known.clear();
  auto k = static_cast<std::size_t>(state.thread_index());
  for (auto _ : state) {
    const std::size_t at = k % kNames;
    std::lock_guard lock(mutex);
    const std::string key = sales.items[at] + "\x1f" + sales.places[at];
    if (known.insert(key + "\x1f" + sales.ids[at]).second) sold[key] += sales.quantities[at];
    k += static_cast<std::size_t>(state.threads());
  }
  state.SetItemsProcessed(state.iterations());
}

void rank_of_all(benchmark::State& state) {
  const LiveBoard all(nights(), kNow);
  for (auto _ : state)
    for (std::uint32_t i = 0; i < kSeries; ++i) benchmark::DoNotOptimize(all.rank(i, kNow));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kSeries));
}

void next_day_of_all(benchmark::State& state) {
  LiveBoard all(nights(), kNow);
  Instant now = kNow;
  for (auto _ : state) all.roll(now += std::chrono::hours(24));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kSeries));
}

BENCHMARK(sale_on_the_board)->Threads(1)->Threads(2)->Iterations(500'000)->UseRealTime();
BENCHMARK(sale_counted_alone)->Threads(1)->Threads(2)->Iterations(500'000)->UseRealTime();
BENCHMARK(rank_of_all)->Unit(benchmark::kMillisecond);
BENCHMARK(next_day_of_all)->Iterations(20)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sinan::demand

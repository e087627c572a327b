// How fast rows come into the lake, beside DuckDB's own COPY of the same rows in the same run.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <random>

#include "data/lake/lake.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::lake {
namespace {

constexpr std::int64_t kRows = 1'000'000;

const Schema& schema() {
  static const Schema kSchema{{{"id", Type{TypeId::kInt}, false},
                               {"item_id", Type{TypeId::kText}, false},
                               {"quantity", Type{TypeId::kInt}, true},
                               {"price", Type{TypeId::kDecimal, 12, 2}, true},
                               {"sold_at", Type{TypeId::kTimestamp}, true}}};
  return kSchema;
}

// Rows with ids [first, first + count); about one in `changed` has another quantity than with changed = 0.
std::vector<Batch> batches(std::int64_t first, std::int64_t count, std::int64_t changed) {
  std::mt19937_64 random(7);
  std::vector<Batch> out;
  for (std::int64_t row = 0; row < count; ++row) {
    if (row % 2048 == 0) {
      Batch& batch = out.emplace_back();
      for (const Field& field : schema().fields) batch.columns.emplace_back(field.type);
    }
    auto& columns = out.back().columns;
    std::int64_t id = first + row;
    std::uint64_t noise = random();
    columns[0].append_int(id);
    columns[1].append_text(fmt::format("item-{:06}", noise % 20'000));
    columns[2].append_int(static_cast<std::int64_t>(noise % 90) + (changed > 0 && id % changed == 0 ? 1000 : 0));
    columns[3].append_decimal(static_cast<std::int64_t>(noise % 100'000));
    columns[4].append_int(1'700'000'000'000'000 + id * 1'000'000);
  }
  return out;
}

// A lake in a temporary folder.
struct Place {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("sinan-lake-bench-{}", ::getpid());
  SystemClock clock;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<Lake> lake;

  Place() {
    std::filesystem::remove_all(folder);
    store = std::move(*storage::Store::open(folder / "state.db"));
    lake = std::move(*Lake::open(folder / "lake", *store, clock, {.memory_mb = 512, .threads = 2}));
  }
  ~Place() {
    lake.reset();
    store.reset();
    std::filesystem::remove_all(folder);
  }
  void load(const std::vector<Batch>& rows, Mode mode) {
    std::vector<Lake::Load> loads(1);
    loads[0].staged = std::move(*lake->stage("lake.t", schema(), {"id"}));
    for (const Batch& batch : rows)
      if (!loads[0].staged->append(batch)) std::abort();
    loads[0].mode = mode;
    if (!lake->commit(std::move(loads))) std::abort();
  }
};

void report(benchmark::State& state, std::int64_t rows) {
  state.SetItemsProcessed(state.iterations() * rows);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

// The peer: DuckDB writes the same rows from a table in its memory, without fsync, numbers or catalogue.
void copy_by_duckdb(benchmark::State& state) {
  Place place;
  place.load(batches(0, kRows, 0), Mode::kAppend);
  auto database = duck::Database::open({.memory_mb = 1024, .threads = 2});
  auto connection = database->connect();
  if (!connection->run("CREATE TABLE t AS SELECT * FROM " + *place.lake->scan_sql("lake.t", place.lake->current()))) std::abort();
  for (auto _ : state)
    if (!connection->run(
            fmt::format("COPY t TO {} (FORMAT parquet, COMPRESSION zstd)", duck::quote_text((place.folder / "copy.parquet").string()))))
      std::abort();
  report(state, kRows);
}
BENCHMARK(copy_by_duckdb)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

// Budget: within three times of copy_by_duckdb.
void stage_and_append(benchmark::State& state) {
  auto rows = batches(0, kRows, 0);
  for (auto _ : state) {
    state.PauseTiming();
    auto place = std::make_unique<Place>();
    state.ResumeTiming();
    place->load(rows, Mode::kAppend);
    state.PauseTiming();
    place.reset();
    state.ResumeTiming();
  }
  report(state, kRows);
}
BENCHMARK(stage_and_append)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

// Budget: 3 s for a million rows onto a million, of which one in `range` changed.
void upsert_a_million_onto_a_million(benchmark::State& state) {
  auto first = batches(0, kRows, 0);
  auto second = batches(0, kRows, state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    auto place = std::make_unique<Place>();
    place->load(first, Mode::kUpsert);
    state.ResumeTiming();
    place->load(second, Mode::kUpsert);
    state.PauseTiming();
    place.reset();
    state.ResumeTiming();
  }
  report(state, kRows);
}
BENCHMARK(upsert_a_million_onto_a_million)->Arg(10)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(2);

// Budget: 300 ms, the daily case.
void upsert_a_thousand_onto_a_million(benchmark::State& state) {
  Place place;
  place.load(batches(0, kRows, 0), Mode::kUpsert);
  std::int64_t first = kRows - 500;
  for (auto _ : state) {
    state.PauseTiming();
    auto delta = batches(first, 1000, 2);
    first += 1000;
    state.ResumeTiming();
    place.load(delta, Mode::kUpsert);
  }
  report(state, 1000);
}
BENCHMARK(upsert_a_thousand_onto_a_million)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(5);

// Budget: peak memory below 900 MB for ten million rows onto ten million; the rows themselves are generated as they are read.
void upsert_ten_million_onto_ten_million(benchmark::State& state) {
  for (auto _ : state) {
    Place place;
    for (std::int64_t changed : {0, 10}) {
      std::vector<Lake::Load> loads(1);
      loads[0].staged = std::move(*place.lake->stage("lake.t", schema(), {"id"}));
      for (std::int64_t first = 0; first < 10 * kRows; first += 2048 * 8)
        for (const Batch& batch : batches(first, 2048 * 8, changed))
          if (!loads[0].staged->append(batch)) std::abort();
      loads[0].mode = Mode::kUpsert;
      if (!place.lake->commit(std::move(loads))) std::abort();
    }
  }
  report(state, 20 * kRows);
}
BENCHMARK(upsert_ten_million_onto_ten_million)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace sinan::lake

// How much the policy at the scan costs: the same queries over 2 million rows of the lake by the owner (who reads its files directly), by
// a role (through the row filter and the masks), and by DuckDB alone on the same Parquet files.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <fstream>

#include "data/fabric/fabric.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::fabric {
namespace {

constexpr std::int64_t kRows = 2'000'000;

struct Setup {
  Setup() {
    dir = std::filesystem::temp_directory_path() / fmt::format("sinan_fabric_bench_{}", getpid());
    std::filesystem::create_directories(dir / "ws/policies");
    std::ofstream(dir / "ws/sinan.yaml") << "name: acme\n";
    std::ofstream(dir / "ws/policies/a.yaml")
        << "roles: {sales: }\ntables: {lake.sales: {sales: {rows: region = 'EU', masks: {note: null}}}}\n";
    Diagnostics diagnostics;
    workspace = std::make_unique<Workspace>(*Workspace::open(dir / "ws", diagnostics));
    store = *storage::Store::open(dir / "store.db");
    lake = *lake::Lake::open(dir / "lake", *store, clock);
    FabricContext context;
    context.workspace = workspace.get();
    context.lake = lake.get();
    context.lake_dir = dir / "lake";
    context.clock = &clock;
    context.mask_key = "a key of the benchmarks";
    fabric = *open(std::move(context), diagnostics);
    auto sql = fmt::format(
        "SELECT range AS id, 'item' || (range % 2000) AS item_id, CASE WHEN range % 2 = 0 THEN 'EU' ELSE 'US' END AS region, "
        "(hash(range) % 10000 / 100)::DECIMAL(18,4) AS quantity, DATE '2024-01-01' + (range % 730)::INTEGER AS sold_at, 'n' AS note FROM "
        "range({})",
        kRows);
    if (auto version = fabric->materialize(owner_principal(), sql, "lake.sales", {}, lake::Mode::kAppend); !version)
      throw std::runtime_error(version.error().text());
  }
  ~Setup() { std::filesystem::remove_all(dir); }

  std::filesystem::path dir;
  SystemClock clock;
  std::unique_ptr<Workspace> workspace;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<lake::Lake> lake;
  std::unique_ptr<Fabric> fabric;
};

Setup& setup() {
  static Setup out;
  return out;
}

std::string sql_of(const std::string& from) {
  return fmt::format("SELECT item_id, sold_at, sum(quantity) AS q FROM {} WHERE sold_at >= DATE '2024-06-01' GROUP BY ALL", from);
}

void run_as(benchmark::State& state, const Principal& principal) {
  Setup& s = setup();
  for (auto _ : state) {
    auto table = query_table(*s.fabric, principal, sql_of("lake.sales"));
    if (!table) return state.SkipWithError(table.error().text().c_str());
    benchmark::DoNotOptimize(table->rows());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

// Budget: within 1.3 times of DuckDB alone.
void Owner(benchmark::State& state) { run_as(state, owner_principal()); }
// Budget: 4 million rows a second.
void Role(benchmark::State& state) { run_as(state, {"anna", {"sales"}}); }

void DuckDbAlone(benchmark::State& state) {
  Setup& s = setup();
  auto scan = *s.lake->scan_sql("lake.sales", s.lake->current());
  auto database = *duck::Database::open({});
  for (auto _ : state) {
    auto connection = *database.connect();
    auto table = connection.table(sql_of(scan));
    if (!table) return state.SkipWithError(table.error().text().c_str());
    benchmark::DoNotOptimize(table->rows());
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

// Budget: 40 ms from SQL to the first row, engine included.
void SmallQuery(benchmark::State& state) {
  Setup& s = setup();
  for (auto _ : state) {
    auto table = query_table(*s.fabric, {"anna", {"sales"}}, "SELECT quantity FROM lake.sales WHERE id = 4242");
    if (!table) return state.SkipWithError(table.error().text().c_str());
  }
}

BENCHMARK(DuckDbAlone)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(Owner)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(Role)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(SmallQuery)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sinan::fabric

// How long a company's plan takes: 2,000 items at 5 places, two suppliers with two price breaks each, 28 days of forecasts. The budget is
// two seconds on two cores, reading and writing included; recording the proposals comes on top.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <fstream>

#include "operations/inventory/planning.hpp"

namespace sinan::inventory {
namespace {

struct Company {
  Company() {
    dir = std::filesystem::temp_directory_path() / fmt::format("sinan_inventory_bench_{}", getpid());
    std::filesystem::create_directories(dir / "ws");
    std::ofstream(dir / "ws/sinan.yaml") << "name: acme\n";
    Diagnostics diagnostics;
    workspace = *Workspace::open(dir / "ws", diagnostics);
    store = *storage::Store::open(dir / "store.db");
    lake = *lake::Lake::open(dir / "lake", *store, clock);
    fabric::FabricContext context;
    context.workspace = &workspace;
    context.lake = lake.get();
    context.lake_dir = dir / "lake";
    context.clock = &clock;
    context.mask_key = "a key of the benchmarks";
    fabric = *fabric::open(std::move(context), diagnostics);
    ledger = *audit::Ledger::open(*store, dir, clock);
    decisions = *decisions::Decisions::open({*ledger, {}, Zone()});
    keep("ops.items",
         "SELECT 'I' || i AS item_id, 'each' AS unit, 2.5::DECIMAL(18,4) AS unit_cost, 4::DECIMAL(18,4) AS unit_price, 'EUR' AS currency,"
         " chr((65 + i % 3)::INTEGER) AS class, 'active' AS status FROM range(2000) t(i)");
    keep(
        "ops.forecasts",
        "SELECT 'I' || i AS item_id, 'W' || w AS location_id, DATE '2026-03-01' + h::INTEGER AS ds, h AS horizon, m AS yhat, 0.4 * m AS q5,"
        " 0.5 * m AS q10, 0.7 * m AS q25, m AS q50, 1.3 * m AS q75, 1.7 * m AS q90, 2 * m AS q95, 2.6 * m AS q99, 'theta' AS model,"
        " 'smooth' AS class FROM (SELECT i, w, h, (1 + i % 37) / 4.0 AS m FROM range(2000) t(i), range(5) u(w), range(1, 29) v(h))");
    keep("ops.stock",
         "SELECT 'I' || i AS item_id, 'W' || w AS location_id, TIMESTAMP '2026-03-01 00:00:00' AS as_of, (i * 7 + w) % 200 AS on_hand,"
         " 0 AS reserved, 0 AS in_transit, 'each' AS unit FROM range(2000) t(i), range(5) u(w)");
    keep(
        "ops.supplier_items",
        "SELECT s AS supplier_id, 'I' || i AS item_id, m::DECIMAL(18,4) AS min_quantity, p::DECIMAL(18,4) AS unit_price, 'EUR' AS currency,"
        " 7 + i % 20 AS lead_time_days, 1.5 AS lead_time_sd_days, 10 AS moq, 5 AS pack_size FROM range(2000) t(i),"
        " (VALUES ('S1', 0, 2.50), ('S1', 500, 2.45), ('S2', 0, 2.60), ('S2', 200, 2.44)) x(s, m, p)");
  }
  ~Company() { std::filesystem::remove_all(dir); }

  void keep(const std::string& table, const std::string& sql) {
    if (auto version = fabric->materialize(owner_principal(), sql, table, {}, lake::Mode::kReplace); !version)
      broken(version.error().text());
  }

  std::filesystem::path dir;
  FixedClock clock{*parse_instant("2026-03-01T06:00:00Z")};
  Workspace workspace;
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<lake::Lake> lake;
  std::unique_ptr<fabric::Fabric> fabric;
  std::unique_ptr<audit::Ledger> ledger;
  std::unique_ptr<decisions::Decisions> decisions;
};

PlanReport plan_of(Company& company) {
  PlanRequest request;
  request.config.currency = "EUR";
  request.config.order_cost = Decimal::whole(8);
  request.run_id = "r1";
  request.now = company.clock.now();
  request.threads = 2;
  auto report = plan(*company.fabric, *company.decisions->commitments(), request);
  if (!report) broken(report.error().text());
  return *std::move(report);
}

void plan_ten_thousand_item_places(benchmark::State& state) {
  Company company;
  std::int64_t orders = 0;
  for (auto _ : state) orders = plan_of(company).orders;
  state.counters["orders"] = static_cast<double>(orders);
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(plan_ten_thousand_item_places)->Unit(benchmark::kMillisecond)->UseRealTime();

// Judging and recording all proposals of such a plan, chained and durable, in one transaction.
void record_the_proposals(benchmark::State& state) {
  Company company;
  PlanReport report = plan_of(company);
  for (auto _ : state) {
    auto done = company.decisions->propose(system_principal("planner"), report.batch);
    if (!done) broken(done.error().text());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(report.batch.proposals.size()));
}
BENCHMARK(record_the_proposals)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(2);

void verify_the_record(benchmark::State& state) {
  Company company;
  PlanReport report = plan_of(company);
  (void)company.decisions->propose(system_principal("planner"), report.batch);
  std::int64_t records = 0;
  for (auto _ : state) records = company.decisions->verify()->records;
  state.SetItemsProcessed(state.iterations() * records);
}
BENCHMARK(verify_the_record)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sinan::inventory

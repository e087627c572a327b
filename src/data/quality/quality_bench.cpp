// How fast a table is judged: three million order lines by eight rules, in one pass, beside one pass a rule.
//
// Budget: three million rows by eight rules in six seconds on two cores, memory within the engine's limit.
#include <benchmark/benchmark.h>

#include "data/fabric/fabric_fixture.hpp"
#include "data/quality/quality.hpp"

namespace sinan::quality {
namespace {

const std::vector<std::string> kRules{
    "{rule: not_null, column: customer}",
    "{rule: unique, column: id}",
    "{rule: range, column: quantity, min: 1, max: 1000}",
    "{rule: range, column: price, above: 0}",
    "{rule: pattern, column: sku, regex: '[A-Z]{2}-[0-9]{1,6}'}",
    "{rule: accepted_values, column: status, values: [open, paid, shipped, returned]}",
    "{rule: reference, column: customer, to: crm.customers, to_column: id}",
    "{rule: range, column: shipped_at, min_column: ordered_at}",
};

struct World : fabric::FabricFixture {
  explicit World(std::int64_t rows) : FabricFixture({{"quality/rules.yaml", yaml(kRules)}}) {
    put("lake.crm_customers", "SELECT 'C' || range AS id FROM range(50000)", {"id"});
    // One row in a thousand is broken, in one of five ways.
    put("lake.shop_orders", fmt::format(R"(
      SELECT range AS id, CASE WHEN range % 5000 = 1 THEN NULL WHEN range % 5000 = 2 THEN 'C' || (90000 + range) ELSE 'C' || (range * 7919 % 50000) END AS customer,
        CASE WHEN range % 5000 = 3 THEN -1 ELSE 1 + range % 40 END AS quantity, CAST(0.5 + range % 900 AS DECIMAL(18, 2)) AS price,
        CASE WHEN range % 5000 = 4 THEN 'bad sku' ELSE 'AB-' || (range % 2000) END AS sku,
        CASE WHEN range % 5000 = 5 THEN 'lost' ELSE ['open', 'paid', 'shipped', 'returned'][1 + range % 4] END AS status,
        TIMESTAMP '2024-01-01' + to_seconds(range) AS ordered_at, TIMESTAMP '2024-01-02' + to_seconds(range) AS shipped_at
      FROM range({}))",
                                        rows));
  }
  static std::string yaml(const std::vector<std::string>& rules) {
    std::string out = "tables:\n  shop.orders:\n    rules:\n";
    for (const std::string& rule : rules) out += "      - " + rule + "\n";
    return out;
  }
};

Report run(World& world, const Config& config) {
  CheckOptions options;
  options.principal = system_principal("quality");
  options.run_id = "bench";
  options.now = world.clock.now();
  return World::must(check(config, *world.fabric, options));
}

void one_pass_for_all_rules(benchmark::State& state) {
  World world(state.range(0));
  Diagnostics out;
  Config config = read_config(*world.workspace, out);
  std::int64_t held_back = 0;
  for (auto _ : state) held_back = run(world, config).tables.at(0).held_back;
  state.counters["held_back"] = static_cast<double>(held_back);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(one_pass_for_all_rules)->Arg(3'000'000)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

void one_pass_for_each_rule(benchmark::State& state) {
  World world(state.range(0));
  Diagnostics out;
  Config all = read_config(*world.workspace, out);
  for (auto _ : state) {
    for (auto& rule : all.tables.at(0).rules) {
      Config one;
      TableRules& table = one.tables.emplace_back();
      table.table = all.tables[0].table;
      table.rules.push_back(std::move(rule));
      benchmark::DoNotOptimize(run(world, one));
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(one_pass_for_each_rule)->Arg(3'000'000)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace sinan::quality

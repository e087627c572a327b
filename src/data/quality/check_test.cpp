// Whole checks over a real lake: what is held back, what comes back by itself, what stops, and what people read about it.
#include <gtest/gtest.h>

#include "data/fabric/fabric_fixture.hpp"
#include "data/quality/quality.hpp"

namespace sinan::quality {
namespace {

using fabric::FabricFixture;
using Lines = std::vector<std::string>;

const std::string kRules = R"(
tables:
  erp.orders:
    stop_above_percent: 60
    rules:
      - {rule: not_null, column: customer}
      - {rule: range, column: quantity, min: 1, severity: warn}
      - {rule: reference, column: customer, to: crm.customers, to_column: id}
      - {rule: row_count, min: 2}
  crm.customers:
    stop_above_percent: 50
    rules:
      - {rule: pattern, column: email, format: email}
)";

const std::string kCustomers = "SELECT * FROM (VALUES ('A', 'a@x.de'), ('B', 'b at x.de'), ('C', NULL)) v(id, email)";
const std::string kOrders =
    "SELECT * FROM (VALUES (1, 'A', 5), (2, NULL, 5), (3, 'B', 5), (4, 'Z', 0), (5, 'C', -1), (6, 'A', 1)) v(no, customer, quantity)";

Report checked(FabricFixture& world, const std::string& run_id = "run-1") {
  Diagnostics out;
  Config config = read_config(*world.workspace, out);
  EXPECT_TRUE(out.ok()) << out.error().text();
  CheckOptions options;
  options.principal = system_principal("quality");
  options.run_id = run_id;
  options.now = world.clock.now();
  auto report = check(config, *world.fabric, options);
  EXPECT_TRUE(report) << report.error().text();
  return std::move(*report);
}

Lines accepted(FabricFixture& world) { return world.rows("SELECT no FROM lake.erp_orders ORDER BY no"); }

TEST(Check, holds_back_bad_rows_and_those_that_point_at_them) {
  FabricFixture world({{"quality/rules.yaml", kRules}});
  world.put("lake.crm_customers", kCustomers, {"id"});
  world.put("lake.erp_orders", kOrders, {"no"});
  Report report = checked(world);
  // Customer B is held back for its e-mail, so order 3 is too; order 4 points nowhere; order 5 is only warned about.
  EXPECT_EQ(accepted(world), (Lines{"1", "5", "6"}));
  EXPECT_EQ(world.rows("SELECT source, \"table\", \"key\", rule, reason, run_id FROM quality.quarantine ORDER BY ALL"),
            (Lines{"crm | customers | B | pattern.email | email 'b at x.de' is not an e-mail address | run-1",
                   "erp | orders | 2 | not_null.customer | customer is empty | run-1",
                   "erp | orders | 3 | reference.customer | customer 'B' is not in crm.customers | run-1",
                   "erp | orders | 4 | reference.customer | customer 'Z' is not in crm.customers | run-1"}));
  EXPECT_EQ(world.rows("SELECT \"row\" FROM quality.quarantine WHERE \"key\" = '4'"), Lines{R"({"no":4,"customer":"Z","quantity":0})"});

  ASSERT_EQ(report.tables.size(), 2u);
  const TableResult& orders = report.tables[1];
  EXPECT_EQ(orders.table, "erp.orders");
  EXPECT_EQ(orders.rows, 6);
  EXPECT_EQ(orders.held_back, 3);
  EXPECT_EQ(orders.verdict, Verdict::kWarn);
  EXPECT_EQ(orders.rules[1].broken, 2);
  EXPECT_EQ(orders.rules[3].broken, 0);
  EXPECT_EQ(
      orders.rules[0].recommendation.en,
      "erp.orders: 1 of 6 rows (16.67 %) break not_null.customer, for example 2: customer is empty. They are held back until they are "
      "mended. Fill in customer in erp, and make the field mandatory there.");
  EXPECT_EQ(
      orders.rules[0].recommendation.zh,
      "erp.orders：6 行中有 1 行（16.67%）违反规则 not_null.customer，例如 2：customer 为空。这些行已被隔离，修正后自动恢复。请在 erp "
      "中补填 customer，并把该字段设为必填。");
  EXPECT_EQ(report.verdict, Verdict::kWarn);
}

TEST(Check, lets_rows_in_by_themselves_once_they_are_mended_or_what_they_point_at_has_come) {
  FabricFixture world({{"quality/rules.yaml", kRules}});
  world.put("lake.crm_customers", kCustomers, {"id"});
  world.put("lake.erp_orders", kOrders, {"no"});
  checked(world);
  world.put("lake.crm_customers", "SELECT 'B' AS id, 'b@x.de' AS email UNION ALL SELECT 'Z', 'z@x.de'", {"id"}, lake::Mode::kUpsert);
  world.put("lake.erp_orders", "SELECT 2 AS no, 'A' AS customer, 5 AS quantity", {"no"}, lake::Mode::kUpsert);
  Report report = checked(world, "run-2");
  EXPECT_EQ(accepted(world), (Lines{"1", "2", "3", "4", "5", "6"}));
  EXPECT_EQ(world.rows("SELECT count(*) FROM quality.quarantine"), Lines{"0"});
  EXPECT_EQ(report.tables[1].held_back_before, 2) << "the row that was mended is a new one";
}

TEST(Check, repeated_changes_nothing) {
  FabricFixture world({{"quality/rules.yaml", kRules}});
  world.put("lake.crm_customers", kCustomers, {"id"});
  world.put("lake.erp_orders", kOrders, {"no"});
  checked(world);
  auto before = world.rows("SELECT * FROM quality.quarantine ORDER BY ALL");
  checked(world);
  EXPECT_EQ(world.rows("SELECT * FROM quality.quarantine ORDER BY ALL"), before);
  EXPECT_EQ(accepted(world), (Lines{"1", "5", "6"}));
}

struct VerdictCase {
  std::string rule;
  std::string table_options;
  Verdict verdict;
};

TEST(Check, draws_the_verdict_from_the_thresholds) {
  // One bad row of four: 25 %.
  const VerdictCase cases[] = {
      {"{rule: not_null, column: c}", "stop_above_percent: 25", Verdict::kWarn},
      {"{rule: not_null, column: c}", "stop_above_percent: 24", Verdict::kStop},
      {"{rule: not_null, column: c, warn_above_percent: 30}", "{stop_above_percent: 50, warn_above_percent: 30}", Verdict::kOk},
      {"{rule: not_null, column: c, severity: stop}", "stop_above_percent: 100", Verdict::kStop},
      {"{rule: not_null, column: c, severity: stop, stop_above_percent: 40}", "stop_above_percent: 100", Verdict::kWarn},
      {"{rule: not_null, column: c, severity: warn}", "stop_above_percent: 0", Verdict::kWarn},
      {"{rule: not_null, column: c, severity: warn, stop_above_percent: 10}", "stop_above_percent: 100", Verdict::kStop},
      {"{rule: not_null, column: c, where: k = 2}", "stop_above_percent: 100", Verdict::kWarn},
      {"{rule: freshness, column: t, within: 1d, severity: stop}", "stop_above_percent: 100", Verdict::kStop},
      {"{rule: freshness, column: t, within: 9000d}", "stop_above_percent: 100", Verdict::kOk},
  };
  for (const VerdictCase& one : cases) {
    std::string options =
        one.table_options.starts_with('{') ? one.table_options.substr(1, one.table_options.size() - 2) : one.table_options;
    std::string yaml = fmt::format("tables:\n  erp.t: {{{}, rules: [{}]}}\n", options, one.rule);
    FabricFixture world({{"quality/rules.yaml", yaml}});
    world.put("lake.erp_t",
              "SELECT * FROM (VALUES (1, 'a', DATE '2020-01-01'), (2, NULL, NULL), (3, 'c', NULL), (4, 'd', NULL)) v(k, c, t)");
    const Report report = checked(world);
    EXPECT_EQ(name_of(report.verdict), name_of(one.verdict)) << yaml;
    EXPECT_EQ(report.tables.at(0).stop.en.empty(), one.verdict != Verdict::kStop) << yaml;
  }
}

TEST(Check, a_stop_by_too_many_rows_names_the_threshold_and_the_rule_that_refused_most) {
  FabricFixture world({{"quality/rules.yaml", R"(
tables:
  erp.t:
    rules:
      - {rule: not_null, column: c}
      - {rule: range, column: k, max: 1}
)"}});
  world.put("lake.erp_t", "SELECT * FROM (VALUES (1, 'a'), (2, NULL), (3, 'c')) v(k, c)");
  const Text stop = checked(world).tables.at(0).stop;
  EXPECT_TRUE(stop.en.starts_with(
      "erp.t: 2 of 3 rows are held back, more than stop_above_percent: 20 allows; most by the rule range.k. erp.t: 2 of 3 "
      "rows (66.67 %) break range.k"))
      << stop.en;
  EXPECT_TRUE(stop.zh.starts_with("erp.t：3 行中有 2 行被隔离")) << stop.zh;
}

TEST(Check, a_rule_that_raises_is_named_and_the_others_still_hold) {
  FabricFixture world({{"quality/rules.yaml", R"(
tables:
  erp.t:
    rules:
      - {rule: not_null, column: c, severity: warn}
      - {rule: custom_sql, id: raises, expression: "CAST(c AS INTEGER) > 0"}
      - {rule: custom_sql, id: missing, expression: "nothing > 0"}
      - {rule: row_count, min: 9, where: "CAST(c AS INTEGER) > 0"}
      - {rule: row_count, min: 4}
)"}});
  world.put("lake.erp_t", "SELECT * FROM (VALUES ('1'), ('x'), (NULL)) v(c)");
  Report report = checked(world);
  EXPECT_EQ(report.verdict, Verdict::kStop);
  const auto& rules = report.tables.at(0).rules;
  EXPECT_EQ(rules[0].broken, 1);
  EXPECT_TRUE(rules[0].error.empty());
  EXPECT_FALSE(rules[1].error.empty());
  EXPECT_FALSE(rules[2].error.empty());
  EXPECT_FALSE(rules[3].error.empty());
  EXPECT_EQ(rules[4].broken, 1);
  EXPECT_NE(rules[1].recommendation.en.find("cannot be judged"), std::string::npos);
}

TEST(Check, tables_that_point_at_each_other_are_judged_by_their_raw_rows) {
  FabricFixture world({{"quality/rules.yaml", R"(
tables:
  erp.a: {stop_above_percent: 100, rules: [{rule: reference, column: b, to: erp.b, to_column: id}]}
  erp.b: {stop_above_percent: 100, rules: [{rule: reference, column: a, to: erp.a, to_column: id}]}
)"}});
  world.put("lake.erp_a", "SELECT * FROM (VALUES (1, 1), (2, 9)) v(id, b)");
  world.put("lake.erp_b", "SELECT * FROM (VALUES (1, 1), (2, 2)) v(id, a)");
  checked(world);
  checked(world);
  EXPECT_EQ(world.rows("SELECT id FROM lake.erp_a ORDER BY id"), Lines{"1"});
}

TEST(Check, a_table_that_was_never_read_is_noted) {
  FabricFixture world({{"quality/rules.yaml", kRules}});
  world.put("lake.crm_customers", kCustomers, {"id"});
  Report report = checked(world);
  EXPECT_EQ(report.tables[1].note.en, "erp.orders has not been read yet; nothing was judged");
  EXPECT_EQ(report.tables[0].held_back, 1);
}

TEST(Check, keeps_a_limited_copy_of_very_many_bad_rows_but_holds_all_back) {
  FabricFixture world({{"quality/rules.yaml", "tables:\n  erp.t: {rules: [{rule: range, column: k, min: 90}]}\n"}});
  world.put("lake.erp_t", "SELECT range AS k FROM range(100)");
  Diagnostics out;
  Config config = read_config(*world.workspace, out);
  CheckOptions options;
  options.principal = system_principal("quality");
  options.now = world.clock.now();
  options.max_quarantine_rows = 7;
  auto report = check(config, *world.fabric, options);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->tables[0].held_back, 90);
  EXPECT_EQ(world.rows("SELECT count(*) FROM quality.quarantine"), Lines{"7"});
  EXPECT_EQ(world.rows("SELECT count(*) FROM lake.erp_t"), Lines{"10"});
}

TEST(Check, conditions_know_the_time_of_the_check) {
  FabricFixture world(
      {{"quality/rules.yaml",
        "tables:\n  erp.t: {stop_above_percent: 90, rules: [{rule: custom_sql, id: past, expression: 'due < $now::TIMESTAMP'}]}\n"}});
  EXPECT_TRUE(
      (*make_sql_check())->try_select("SELECT CAST((due < $now::TIMESTAMP) AS BOOLEAN) FROM t", Schema{{{"due", {TypeId::kDate}}}}));
  world.put("lake.erp_t", "SELECT * FROM (VALUES (1, DATE '2024-06-30'), (2, DATE '2024-07-01')) v(id, due)", {"id"});
  Report report = checked(world);
  EXPECT_EQ(report.tables.at(0).rules.at(0).error, "");
  EXPECT_EQ(world.rows("SELECT id FROM lake.erp_t"), Lines{"1"});
}

TEST(Check, source_text_cannot_command_the_terminal) {
  FabricFixture world({{"quality/rules.yaml", "tables:\n  erp.t: {rules: [{rule: pattern, column: c, format: digits}]}\n"}});
  world.put("lake.erp_t", "SELECT 'x' || chr(27) || '[31m' || repeat('y', 100) AS c");
  Report report = checked(world);
  std::string text = to_text(report, "en") + to_text(report, "zh") + dump(to_json(report));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find(std::string(70, 'y')), std::string::npos);
}

}  // namespace
}  // namespace sinan::quality

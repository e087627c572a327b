// What each kind of rule calls bad, run by the engine over small tables whose bad rows are known by hand.
#include <gtest/gtest.h>

#include "data/quality/statement.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::quality {
namespace {

const Instant kNow = *parse_instant("2024-06-30T12:00:00Z");

class Tables final : public TableLookup {
 public:
  std::map<std::string, Schema> known;
  std::vector<std::string> tables() const override {
    std::vector<std::string> out;
    for (const auto& [name, schema] : known) out.push_back(name);
    return out;
  }
  std::optional<Schema> schema(const std::string& table) const override {
    auto it = known.find(table);
    return it == known.end() ? std::nullopt : std::optional(it->second);
  }
};

// An engine with a `lake` schema; tables get `_row` as the lake gives it.
struct Engine {
  duck::Database database = *duck::Database::open({.memory_mb = 256, .threads = 2});
  duck::Connection connection = *database.connect();
  Tables tables;

  Engine() { EXPECT_TRUE(connection.run("CREATE SCHEMA lake")); }

  void add(const std::string& table, const std::string& select) {
    auto schema = connection.describe(select);
    ASSERT_TRUE(schema) << schema.error().text();
    tables.known[table] = *schema;
    auto made = connection.run(fmt::format("CREATE TABLE {} AS SELECT *, CAST(row_number() OVER () AS BIGINT) AS _row FROM ({})",
                                           PlanContext::from(table), select));
    ASSERT_TRUE(made) << made.error().text();
  }
};

std::vector<std::unique_ptr<Rule>> read(const std::string& yaml, Diagnostics& out) {
  auto tree = parse_yaml(yaml, "quality/test.yaml", out);
  if (!tree || !tree->find("rule")) return {};
  for (const RuleInfo& info : rules())
    if (info.name == tree->find("rule")->scalar) return info.read(*tree, out);
  return {};
}

std::vector<std::unique_ptr<Rule>> read_good(const std::string& yaml) {
  Diagnostics out;
  auto rules = read(yaml, out);
  EXPECT_TRUE(out.ok()) << yaml << ": " << (out.ok() ? "" : out.error().text());
  EXPECT_FALSE(rules.empty()) << yaml;
  return rules;
}

struct Found {
  std::vector<std::int64_t> rows;
  std::string first_reason;
};

Found bad_rows(Engine& engine, const std::string& table, const std::string& yaml, const std::vector<std::string>& key = {},
               const Zone& zone = {}) {
  auto owned = read_good(yaml);
  std::vector<const RowRule*> rules;
  for (const auto& rule : owned) rules.push_back(dynamic_cast<const RowRule*>(rule.get()));
  PlanContext context{table, engine.tables.known.at(table), key, "", kNow, zone, engine.tables};
  auto sql = bad_rows_sql(rules, context);
  EXPECT_TRUE(sql) << sql.error().text();
  Found out;
  auto result = engine.connection.table(*sql);
  EXPECT_TRUE(result) << yaml << "\n" << *sql << "\n" << result.error().text();
  if (!result) return out;
  std::size_t number = context.schema.fields.size();
  for (const Batch& batch : result->batches) {
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      if (out.rows.empty()) out.first_reason = rules[0]->reason(BadRow(context.schema, batch, row)).en;
      out.rows.push_back(batch.columns[number].ints[row]);
    }
  }
  return out;
}

struct RowCase {
  std::string name;
  std::string table;  // a SELECT
  std::string rule;
  std::vector<std::int64_t> bad;
  std::string reason;
};

class RowRules : public testing::TestWithParam<RowCase> {};

TEST_P(RowRules, find_the_rows_known_to_be_bad) {
  Engine engine;
  engine.add("erp.items", "SELECT * FROM (VALUES ('A', 1), ('B', 2), (NULL, 3)) v(id, n)");
  engine.add("erp.t", GetParam().table);
  Found found = bad_rows(engine, "erp.t", GetParam().rule, {"k"});
  EXPECT_EQ(found.rows, GetParam().bad);
  EXPECT_EQ(found.first_reason, GetParam().reason);
}

const std::string kTexts = "SELECT * FROM (VALUES (1, 'A'), (2, ''), (3, NULL), (4, ' \t\u3000'), (5, 'x')) v(k, c)";
const std::string kNumbers = "SELECT * FROM (VALUES (1, 5), (2, -3), (3, NULL), (4, 100), (5, 0)) v(k, c)";
const std::string kDoubles = "SELECT k, c::DOUBLE AS c FROM (VALUES (1, '5'), (2, 'NaN'), (3, NULL), (4, 'inf'), (5, '0')) v(k, c)";
const std::string kTimes =
    "SELECT k, c::TIMESTAMP AS c, d::DATE AS d FROM (VALUES (1, '2024-06-30 11:00:00', '2024-07-01'), (2, '2024-07-02', '2024-07-01'), "
    "(3, NULL, NULL), (4, '1970-01-01', '1969-12-31')) v(k, c, d)";
const std::string kTwice =
    "SELECT * FROM (VALUES (1, 'a', 1), (2, 'b', 1), (3, 'a', 1), (4, NULL, 1), (5, NULL, 1), (6, 'a', 2), (7, 'a', 1)) v(k, c, d)";

const std::vector<RowCase> kCases{

    RowCase{"not_null", kTexts, "{rule: not_null, column: c}", {2, 3, 4}, "c is empty"},
    RowCase{"not_null_blank", kTexts, "{rule: not_null, column: c, allow_blank: true}", {3}, "c is empty"},
    RowCase{"where", kTexts, "{rule: not_null, column: c, where: k > 2}", {3, 4}, "c is empty"},
    RowCase{"where_with_comment", kTexts, "{rule: not_null, column: c, where: 't.k > 3 -- new ones'}", {4}, "c is empty"},
    RowCase{"unique_first", kTwice, "{rule: unique, column: c}", {3, 6, 7}, "another row has the same c: a"},
    RowCase{"unique_last", kTwice, "{rule: unique, column: c, keep: last}", {1, 3, 6}, "another row has the same c: a"},
    RowCase{"unique_none", kTwice, "{rule: unique, columns: [c, d], keep: none}", {1, 3, 7}, "another row has the same c, d: a, 1"},
    RowCase{"unique_where", kTwice, "{rule: unique, columns: [c, d], where: k > 1}", {7}, "another row has the same c, d: a, 1"},
    RowCase{"range", kNumbers, "{rule: range, column: c, min: 0, max: 99}", {2, 4}, "c is -3; it must be at least 0 and at most 99"},
    RowCase{"range_open",
            kNumbers,
            "{rule: range, column: c, above: 0, below: 100}",
            {2, 4, 5},
            "c is -3; it must be more than 0 and less than 100"},
    RowCase{"range_double", kDoubles, "{rule: range, column: c, max: 5}", {2, 4}, "c is nan; it must be at most 5"},
    RowCase{"range_text",
            "SELECT * FROM (VALUES (1, '5'), (2, 'x'), (3, '-1'), (4, NULL)) v(k, c)",
            "{rule: range, column: c, min: 0}",
            {2, 3},
            "c is x; it must be at least 0"},
    RowCase{"range_time",
            kTimes,
            "{rule: range, column: c, min: 2000-01-01, max: now+1h}",
            {2, 4},
            "c is 2024-07-02 00:00:00; it must be at least 2000-01-01 and at most now+1h"},
    RowCase{"range_columns",
            kTimes,
            "{rule: range, column: d, min_column: c}",
            {2, 4},
            "d is 2024-07-01; it must be at least c (2024-07-02 00:00:00)"},
    RowCase{"pattern",
            "SELECT * FROM (VALUES (1, 'AB-1'), (2, 'ab-1'), (3, 'AB-1x'), (4, NULL), (5, '')) v(k, c)",
            "{rule: pattern, column: c, regex: '[A-Z]+-[0-9]'}",
            {2, 3, 5},
            "c 'ab-1' does not have the form [A-Z]+-[0-9]"},
    RowCase{"pattern_case",
            "SELECT * FROM (VALUES (1, 'AB-1'), (2, 'ab-1'), (3, 'AB-1x')) v(k, c)",
            "{rule: pattern, column: c, regex: '[A-Z]+-[0-9]', ignore_case: true}",
            {3},
            "c 'AB-1x' does not have the form [A-Z]+-[0-9]"},
    RowCase{"pattern_email",
            "SELECT * FROM (VALUES (1, 'a@b.de'), (2, 'a@b'), (3, 'a b@c.de'), (4, '张@例子.公司')) v(k, c)",
            "{rule: pattern, column: c, format: email}",
            {2, 3},
            "c 'a@b' is not an e-mail address"},
    RowCase{"accepted",
            "SELECT * FROM (VALUES (1, 'open'), (2, 'opem'), (3, 'OPEN'), (4, NULL)) v(k, c)",
            "{rule: accepted_values, column: c, values: [open, closed], ignore_case: true}",
            {2},
            "c 'opem' is not one of open, closed; perhaps 'open' is meant"},
    RowCase{"accepted_numbers",
            "SELECT k, c::DECIMAL(9,2) AS c FROM (VALUES (1, 1.0), (2, 2.5), (3, 3)) v(k, c)",
            "{rule: accepted_values, column: c, values: [1, 2.50]}",
            {3},
            "c '3.00' is not one of 1, 2.50"},
    RowCase{"reference", kTexts, "{rule: reference, column: c, to: erp.items, to_column: id}", {2, 4, 5}, "c '' is not in erp.items"},
    RowCase{"reference_types",
            "SELECT * FROM (VALUES (1, '1'), (2, '9'), (3, NULL)) v(k, c)",
            "{rule: reference, column: c, to: erp.items, to_column: n}",
            {2},
            "c '9' is not in erp.items"},
    RowCase{"reference_self",
            "SELECT * FROM (VALUES (1, 2), (2, NULL), (3, 7)) v(k, parent)",
            "{rule: reference, column: parent, to: erp.t, to_column: k}",
            {3},
            "parent '7' is not in erp.t"},
    RowCase{"reference_two",
            "SELECT * FROM (VALUES (1, 'A', 1), (2, 'A', 2), (3, 'A', NULL)) v(k, c, m)",
            "{rule: reference, columns: [c, m], to: erp.items, to_columns: [id, n]}",
            {2},
            "c, m 'A, 2' is not in erp.items"},
    RowCase{"custom_expression",
            kNumbers,
            "{rule: custom_sql, id: even, expression: 'c % 5 = 0 -- fives'}",
            {2},
            "this does not hold: c % 5 = 0 -- fives"},
    RowCase{"custom_query",
            kNumbers,
            "{rule: custom_sql, id: biggest, query: 'SELECT max(k) AS k FROM lake.erp_t'}",
            {5},
            "the query of rule biggest names this row"}};

INSTANTIATE_TEST_SUITE_P(Kinds, RowRules, testing::ValuesIn(kCases), [](const auto& info) { return info.param.name; });

TEST(RowRules, every_kind_of_the_manifest_is_tried) {
  for (const RuleInfo& info : rules()) {
    if (!info.judges_rows) continue;
    bool tried =
        std::any_of(kCases.begin(), kCases.end(), [&](const RowCase& one) { return one.rule.starts_with("{rule: " + info.name + ","); });
    EXPECT_TRUE(tried) << "add rows and a rule of kind " << info.name << " to kCases";
  }
}

TEST(RowRules, of_one_table_share_a_statement_and_each_row_comes_once) {
  Engine engine;
  engine.add("erp.t", kNumbers);
  auto a = read_good("{rule: range, column: c, min: 0}");
  auto b = read_good("{rule: not_null, column: c}");
  auto c = read_good("{rule: range, id: big, column: c, min: 50, max: 99}");
  PlanContext context{"erp.t", engine.tables.known.at("erp.t"), {"k"}, "", kNow, {}, engine.tables};
  auto sql =
      bad_rows_sql({dynamic_cast<RowRule*>(a[0].get()), dynamic_cast<RowRule*>(b[0].get()), dynamic_cast<RowRule*>(c[0].get())}, context);
  auto rows = engine.connection.table(fmt::format(
      "SELECT string_agg(concat(_row, ':', \"_broken_0\"::INT, \"_broken_1\"::INT, \"_broken_2\"::INT), ' ' ORDER BY _row) FROM ({})",
      *sql));
  ASSERT_TRUE(rows) << rows.error().text();
  EXPECT_EQ(rows->batches[0].columns[0].to_text(0), "1:001 2:101 3:010 4:001 5:001");
}

TableFinding judge(Engine& engine, const std::string& yaml, const Zone& zone = {}) {
  auto owned = read_good(yaml);
  PlanContext context{"erp.t", engine.tables.known.at("erp.t"), {"k"}, "", kNow, zone, engine.tables};
  auto facts = facts_sql({owned[0].get()}, context);
  EXPECT_TRUE(facts) << facts.error().text();
  auto rows = engine.connection.table(facts->sql);
  EXPECT_TRUE(rows) << facts->sql << rows.error().text();
  std::vector<std::optional<std::int64_t>> measured;
  const Batch& batch = rows->batches[0];
  for (std::size_t i = 1; i < batch.columns.size(); ++i)
    measured.push_back(batch.columns[i].is_null(0) ? std::nullopt : std::optional(batch.columns[i].ints[0]));
  return dynamic_cast<TableRule*>(owned[0].get())->judge(measured, kNow);
}

TEST(TableRules, compare_row_counts_within_the_tolerance) {
  Engine engine;
  engine.add("erp.t", "SELECT range AS k FROM range(95)");
  engine.add("shop.t", "SELECT range AS k FROM range(100)");
  EXPECT_FALSE(judge(engine, "{rule: row_count, against: shop.t, tolerance_percent: 5}").broken);
  TableFinding found = judge(engine, "{rule: row_count, against: shop.t, tolerance_percent: 4.9}");
  EXPECT_TRUE(found.broken);
  EXPECT_DOUBLE_EQ(found.measured_percent, 5.0);
  EXPECT_EQ(found.reason.en, "it has 95 rows and shop.t has 100: 5.00 % apart, 4.9 % are allowed");
  EXPECT_FALSE(judge(engine, "{rule: row_count, against: shop.t, where: k < 50, against_where: k < 50}").broken);
  EXPECT_TRUE(judge(engine, "{rule: row_count, min: 96}").broken);
  EXPECT_TRUE(judge(engine, "{rule: row_count, max: 94}").broken);
  EXPECT_FALSE(judge(engine, "{rule: row_count, min: 95, max: 95}").broken);
}

TEST(RowRules, a_date_is_compared_with_the_day_in_the_zone_of_the_workspace) {
  Engine engine;
  engine.add("erp.t", kTimes);
  const auto bad = [&](const char* zone, const char* rule) { return bad_rows(engine, "erp.t", rule, {}, *Zone::find(zone)).rows; };
  EXPECT_EQ(bad("UTC", "{rule: range, column: d, max: now}"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(bad("Pacific/Auckland", "{rule: range, column: d, max: now}"), std::vector<std::int64_t>{}) << "it is the first of July there";
  EXPECT_EQ(bad("Pacific/Auckland", "{rule: range, column: d, max: now-12h}"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(bad("Pacific/Auckland", "{rule: range, column: c, max: now}"), std::vector<std::int64_t>{2}) << "a time is one everywhere";
}

TEST(TableRules, freshness_ignores_rows_that_claim_to_come_from_the_future) {
  Engine engine;
  engine.add("erp.t", "SELECT * FROM (VALUES (1, TIMESTAMP '2024-06-29 12:00:00'), (2, TIMESTAMP '2030-01-01')) v(k, happened)");
  EXPECT_FALSE(judge(engine, "{rule: freshness, column: happened, within: 1d}").broken);
  TableFinding found = judge(engine, "{rule: freshness, column: happened, within: 23h}");
  EXPECT_TRUE(found.broken);
  EXPECT_EQ(found.reason.en, "the newest row is of 2024-06-29 12:00:00; none came for longer than 23h00m");
  EXPECT_TRUE(judge(engine, "{rule: freshness, column: happened, within: 30d, where: k = 2}").broken);
}

TEST(TableRules, a_day_that_has_begun_in_the_zone_of_the_workspace_is_fresh) {
  Engine engine;
  engine.add("erp.t", "SELECT 1 AS k, DATE '2024-07-01' AS day");
  EXPECT_TRUE(judge(engine, "{rule: freshness, column: day, within: 1d}").broken) << "it is tomorrow in UTC";
  EXPECT_FALSE(judge(engine, "{rule: freshness, column: day, within: 1h}", *Zone::find("Pacific/Auckland")).broken)
      << "where it is midnight";
}

struct BadYaml {
  std::string yaml;
  std::string message;
};

TEST(Rules, that_are_written_wrongly_say_what_is_wrong) {
  const BadYaml cases[] = {
      {"{rule: not_null}", "not_null needs either 'column' or 'columns'"},
      {"{rule: range, column: c}", "range needs a bound"},
      {"{rule: range, colum: c, min: 1}", "range has no key 'colum'"},
      {"{rule: pattern, column: c}", "pattern needs either 'regex' or 'format'"},
      {"{rule: accepted_values, column: c, values: []}", "'values' is empty: every row would be refused"},
      {"{rule: reference, columns: [a, b], to: x.y, to_columns: [a]}", "as many columns must point as are pointed at"},
      {"{rule: row_count}", "row_count needs 'against', 'min' or 'max'"},
      {"{rule: row_count, min: 1, severity: quarantine}", "row_count judges the whole table and cannot hold rows back"},
      {"{rule: custom_sql, expression: 'a = 1'}", "custom_sql needs an 'id', so that reports can name it"},
      {"{rule: not_null, column: c, warn_above_percent: 5, stop_above_percent: 1}", "warn_above_percent is larger than stop_above_percent"},
      {"{rule: not_null, column: c, stop_above_percent: 101}", "101 is too large"},
      {"{rule: freshness, column: c, within: 999999999w}", "a duration is at most 36525d, a century: '999999999w'"},
  };
  for (const BadYaml& bad : cases) {
    Diagnostics out;
    read(bad.yaml, out);
    ASSERT_FALSE(out.ok()) << bad.yaml;
    bool said = false;
    for (const Diagnostic& diagnostic : out.sorted()) said = said || diagnostic.message == bad.message;
    EXPECT_TRUE(said) << bad.yaml << " said " << out.error().text();
  }
}

TEST(Rules, every_kind_of_the_manifest_describes_itself) {
  for (const RuleInfo& info : rules()) {
    EXPECT_FALSE(info.summary.empty()) << info.name;
    EXPECT_EQ(info.schema["properties"]["rule"]["enum"][0], info.name);
    for (const auto& [key, property] : info.schema["properties"].items()) EXPECT_FALSE(property["description"].empty()) << info.name << key;
  }
}

}  // namespace
}  // namespace sinan::quality

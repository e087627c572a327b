#include "data/fabric/fabric.hpp"

#include "data/fabric/small_company.hpp"

namespace sinan::fabric {
namespace {

using test::Company;
using test::table_of;

constexpr const char* kOrders =
    "SELECT range AS order_id, CASE WHEN range % 2 = 0 THEN 'EU' ELSE 'US' END AS region, 'c' || (range % 3) AS customer, "
    "(range * 1.5)::DECIMAL(12,2) AS amount, DATE '2026-01-01' + range::INTEGER AS placed_on, range * 0.5 AS weight FROM range(10)";

struct Fixture {
  Fixture()
      : company({{"model/sales.sql", "-- Orders as sales.\nSELECT order_id, region, amount FROM lake.erp_orders"},
                 {"model/totals.sql", "SELECT region, sum(amount) AS total FROM ops.sales GROUP BY region"},
                 {"model/loop.sql", "SELECT * FROM ops.loop2"},
                 {"model/loop2.sql", "SELECT * FROM ops.loop"}}) {
    company.sources["erp"].tables["orders"] = table_of(kOrders);
    company.sources["erp"].tables["Line Items"] = table_of("SELECT 1 AS \"Item No\", 'x' AS \"select\"");
    company.sources["erp"].tables["sales.targets"] = table_of("SELECT 'EU' AS region, 10 AS target");
    company.sources["crm"].tables["customers"] = table_of("SELECT 'c' || range AS customer, 'name ' || range AS name FROM range(3)");
    company.lake.put("lake.erp_orders", kOrders);
    company.lake.put("ops.forecasts", "SELECT 'i1' AS item_id, 2.5 AS yhat");
  }
  std::string ask(const std::string& sql, const QueryOptions& options = {}) { return company.ask(owner_principal(), sql, options); }
  Company company;
};

TEST(Fabric, JoinsLiveSourcesWithTheLake) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT name, count(*), sum(o.amount) FROM erp.orders o JOIN crm.customers c ON o.customer = c.customer "
                  "JOIN lake.erp_orders l ON l.order_id = o.order_id WHERE o.order_id < 6 GROUP BY name ORDER BY name"),
            "name 0|2|4.50\nname 1|2|7.50\nname 2|2|10.50\n");
}

TEST(Fabric, ViewsOfTheModelUseEachOther) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT * FROM ops.totals ORDER BY region"), "EU|30.00\nUS|37.50\n");
  EXPECT_EQ(f.ask("SELECT * FROM ops.forecasts"), "i1|2.5\n");
}

TEST(Fabric, NamesMayBeQuotedHaveThreePartsAndAnyCase) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT \"Item No\", \"select\" FROM erp.\"Line Items\""), "1|x\n");
  EXPECT_EQ(f.ask("SELECT t.target, count(*) FROM erp.sales.targets t JOIN ERP.Orders o USING (region) GROUP BY t.target"), "10|5\n");
  EXPECT_EQ(f.ask("SELECT erp.orders.order_id FROM erp.orders WHERE erp.orders.order_id = 3"), "3\n");
}

TEST(Fabric, AnUnknownTableSuggestsTheNearest) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT * FROM erp.ordrs"), "error: there is no table 'erp.ordrs'; did you mean 'erp.orders'?");
  EXPECT_EQ(f.ask("SELECT * FROM orders"), "error: there is no table 'orders'; did you mean 'erp.orders'?");
  EXPECT_TRUE(f.ask("SELECT * FROM 'sales.csv'").contains("files are read only outside a workspace"));
}

TEST(Fabric, ASuggestionAsksNoSourceThatTheNameDoesNotSpeakOf) {
  Fixture f;
  f.company.sources["crm"].listed = 0;
  EXPECT_TRUE(f.ask("SELECT * FROM erp.ordrs").starts_with("error"));
  EXPECT_TRUE(f.ask("SELECT * FROM ops.forcasts").contains("did you mean 'ops.forecasts'?"));
  EXPECT_EQ(f.company.sources["crm"].listed, 0);
}

TEST(Fabric, AViewThatUsesItselfIsNamed) {
  Fixture f;
  EXPECT_TRUE(f.ask("SELECT * FROM ops.loop").contains("uses itself: ops.loop → ops.loop2 → ops.loop")) << f.ask("SELECT * FROM ops.loop");
}

TEST(Fabric, MistakesInTheSqlHaveAPlace) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT 1\nFROM erp.orders\nWHRE x"), "error: SQL, line 3, column 6: syntax error at or near \"x\"");
  EXPECT_TRUE(f.ask("SELECT nope FROM erp.orders").contains("\"nope\" not found"));
  EXPECT_EQ(f.ask("SELECT 1; SELECT 2"), "error: only one SELECT can be run at a time");
}

TEST(Fabric, TheLakeIsReadAtOneVersion) {
  Fixture f;
  auto before = f.company.lake.current();
  f.company.lake.put("ops.forecasts", "SELECT 'i1' AS item_id, 3.5 AS yhat");
  EXPECT_EQ(f.ask("SELECT yhat FROM ops.forecasts"), "3.5\n");
  EXPECT_EQ(f.ask("SELECT yhat FROM ops.forecasts", {.at = before}), "2.5\n");
}

TEST(Fabric, TellsWhatAQueryReadsBelowItsViews) {
  Fixture f;
  auto found = f.company.fabric().reads(owner_principal(), "SELECT total, yhat FROM ops.totals, ops.forecasts");
  ASSERT_TRUE(found) << found.error().text();
  std::vector<std::string> names;
  for (const lake::TableVersion& table : *found) names.push_back(table.name);
  EXPECT_EQ(names, (std::vector<std::string>{"lake.erp_orders", "ops.forecasts"}));
  EXPECT_EQ(f.company.fabric().reads(owner_principal(), "SELECT * FROM erp.orders, ops.sales").error().code, ErrorCode::kPrecondition);
  EXPECT_EQ(f.company.fabric().reads(owner_principal(), "SELECT * FROM ops.nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(f.company.fabric().reads({"clerk", {"sales"}}, "SELECT * FROM ops.totals").error().code, ErrorCode::kDenied);
}

TEST(Fabric, TimeComesFromItsClock) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT now(), current_date, current_timestamp, today(), localtimestamp, current_date - DATE '2026-02-27'"),
            "2026-03-01 08:15:00|2026-03-01|2026-03-01 08:15:00|2026-03-01|2026-03-01 08:15:00|2\n");
}

TEST(Fabric, AllScansOfOneSourceReadOneSnapshot) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT count(*) FROM erp.orders a, erp.orders b, erp.sales.targets"), "100\n");
  EXPECT_EQ(f.company.sources["erp"].snapshots, 1);
  EXPECT_EQ(f.company.sources["crm"].snapshots, 0) << "a source that the query does not name is left alone";
}

TEST(Fabric, ConditionsAreHandedToTheSource) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT amount FROM erp.orders WHERE order_id BETWEEN 3 AND 4 AND region = 'EU' AND weight < 5"), "6.00\n");
  const auto& scan = f.company.sources["erp"].scans.at(0);
  std::set<std::string> pushed;
  for (const Filter& filter : scan.filters) pushed.insert(filter.column);
  EXPECT_EQ(pushed, (std::set<std::string>{"order_id", "region"}));
  EXPECT_EQ(std::ranges::count(scan.columns, "order_id"), 0) << "an exact condition needs its column no more";
}

TEST(Fabric, RowsAreKeptInTheLake) {
  Fixture f;
  auto version = f.company.fabric().materialize(system_principal("planner"),
                                                "SELECT region, sum(amount) AS total FROM ops.sales GROUP BY ALL ORDER BY 1",
                                                "ops.totals_kept", {"region"}, lake::Mode::kReplace);
  ASSERT_TRUE(version) << version.error().text();
  EXPECT_EQ(f.ask("SELECT * FROM ops.totals_kept"), "EU|30.00\nUS|37.50\n");
  auto twice = f.company.fabric().materialize(owner_principal(), "SELECT 1 AS a, 2 AS A", "ops.x", {}, lake::Mode::kReplace);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(f.company.fabric().materialize({"anna", {"planner"}}, "SELECT 1 AS a", "ops.x", {}, lake::Mode::kReplace).error().code,
            ErrorCode::kDenied);
}

TEST(Fabric, ListsAndDescribesTables) {
  Fixture f;
  std::vector<Error> problems;
  auto tables = f.company.fabric().tables(owner_principal(), {}, &problems);
  ASSERT_TRUE(tables);
  std::vector<std::string> names;
  for (const auto& table : *tables) names.push_back(table.name);
  EXPECT_EQ(names, (std::vector<std::string>{"crm.customers", "erp.Line Items", "erp.orders", "erp.sales.targets", "lake.erp_orders",
                                             "ops.forecasts", "ops.sales", "ops.totals"}));
  EXPECT_EQ(problems.size(), 2U) << "the views that use each other";
  auto sales = f.company.fabric().describe(owner_principal(), "ops.sales");
  ASSERT_TRUE(sales);
  EXPECT_EQ(sales->description, "Orders as sales.");
  ASSERT_EQ(sales->schema.fields.size(), 3U);
  EXPECT_EQ(sales->schema.fields[2].type.sql(), "decimal(12,2)");
}

TEST(Fabric, QualityReadsWhatItHoldsBack) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT count(*), max(_row) FROM lake.erp_orders", {.with_rejected = {"lake.erp_orders"}}), "11|11\n");
  EXPECT_TRUE(f.ask("SELECT _row FROM lake.erp_orders").starts_with("error:"));
  EXPECT_TRUE(f.company.ask({"anna", {}}, "SELECT 1", {.with_rejected = {"lake.erp_orders"}}).starts_with("error:"));
}

TEST(Fabric, ParametersLimitsAndErrorsOfSources) {
  Fixture f;
  EXPECT_EQ(f.ask("SELECT order_id FROM erp.orders WHERE order_id = $id", {.parameters = {{"id", "7"}}}), "7\n");
  EXPECT_TRUE(f.ask("SELECT * FROM erp.orders", {.max_rows = 5}).contains("more than 5 rows"));
  f.company.sources["erp"].fails_after = 3;
  auto failed = query_table(f.company.fabric(), owner_principal(), "SELECT * FROM erp.orders");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
}

TEST(Fabric, FilesAreReadOutsideAWorkspaceOnly) {
  auto file = std::filesystem::temp_directory_path() / fmt::format("sinan_fabric_files_{}.csv", getpid());
  std::ofstream(file) << "a,b\n1,x\n2,y\n";
  auto rows = query_files(fmt::format("SELECT sum(a) FROM '{}'", file.string()));
  ASSERT_TRUE(rows) << rows.error().text();
  Batch batch;
  ASSERT_TRUE(*(*rows)->next(batch));
  EXPECT_EQ(batch.columns[0].to_text(0), "3");
  auto copy = file.string() + ".out";
  // The rows may go anywhere but into a file that they come from.
  EXPECT_TRUE(query_files(fmt::format("SELECT * FROM '{}'", file.string()), {}, copy));
  const std::string pattern = (file.parent_path() / fmt::format("sinan_fabric_fil?s_{}*", getpid())).string();
  for (const std::string& from : {fmt::format("'{}'", file.string()), fmt::format("read_csv('{}', header = true)", file.string()),
                                  fmt::format("'{}'", pattern + ".csv"), fmt::format("read_csv(['{}'])", file.string())})
    EXPECT_EQ(query_files("SELECT * FROM " + from, {}, file).error().code, ErrorCode::kInvalidInput) << from;
  for (const std::string& sql :
       {fmt::format("COPY (SELECT 1) TO '{}'", copy), fmt::format("SELECT 1; COPY (SELECT 1) TO '{}'", copy),
        fmt::format("ATTACH '{}' AS x", copy), std::string("SET threads = 1"), std::string("CREATE TABLE t (a INT)")}) {
    auto refused = query_files(sql);
    ASSERT_FALSE(refused) << sql;
    EXPECT_EQ(refused.error().code, ErrorCode::kDenied) << sql;
  }
  EXPECT_FALSE(std::filesystem::exists(copy));
  Fixture f;
  EXPECT_TRUE(f.ask(fmt::format("SELECT sum(a) FROM '{}'", file.string())).contains("files are read only outside a workspace"));
  EXPECT_TRUE(f.ask(fmt::format("SELECT sum(a) FROM read_csv('{}')", file.string())).contains("'read_csv' cannot be called"));
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace sinan::fabric

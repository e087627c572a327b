#include "data/fabric/policy.hpp"

#include "data/fabric/small_company.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::fabric {
namespace {

using test::Company;
using test::table_of;

constexpr const char* kPolicies = R"(
roles:
  sales_eu: Sells in Europe
  sales_us: Sells in America
  support: Helps customers
  clerk: Sees own orders
  auditor: Sees all of the ERP
  broken: Has filters that fail
tables:
  erp.orders:
    sales_eu:
      columns: [order_id, region, customer, email, phone, amount, note, placed_on]
      rows: region = 'EU'
      masks: {email: hash, customer: partial, phone: constant, note: null}
    sales_us: {columns: [order_id, region, amount, margin], rows: region = 'US' -- America only}
    support: {columns: [order_id, email, customer], masks: {email: partial}}
    clerk: {rows: manager = $user}
    broken: {rows: CAST(code AS INTEGER) > 0}
  erp.*: {auditor: all}
  crm.customers:
    sales_eu: {masks: {email: hash}}
  lake.*:
    sales_eu: {rows: region = 'EU'}
)";

Principal role(const std::string& name) { return {"anna", {name}}; }

struct Fixture {
  explicit Fixture(const std::string& policies = kPolicies)
      : company({{"policies/access.yaml", policies}, {"model/sales.sql", "SELECT order_id, region, amount FROM lake.erp_orders"}}) {
    company.sources["erp"].tables["orders"] = table_of(
        "SELECT * FROM (VALUES "
        "(1, 'EU', 'Bauer GmbH', 'info@bauer.de', '+49 1', 10.50::DECIMAL(12,2), 2.5::DECIMAL(12,2), 'pays late', DATE '2026-01-01', "
        "'anna', '7'),"
        "(2, 'US', 'Miller Inc', 'joe@miller.com', '+1 2', 20.00, 5.0, 'hidden', DATE '2026-01-02', 'ben', 'x'),"
        "(3, 'EU', 'Li', NULL, NULL, 30.00, 7.0, NULL, NULL, 'anna', NULL),"
        "(4, NULL, 'Nowhere', 'a@b.c', '+0', 40.00, 9.0, 'hidden', DATE '2026-01-04', NULL, '-3'))"
        " t(order_id, region, customer, email, phone, amount, margin, note, placed_on, manager, code)");
    company.sources["erp"].tables["salaries"] = table_of("SELECT 'anna' AS employee, 4000 AS salary");
    company.sources["crm"].tables["customers"] = table_of("SELECT 'info@bauer.de' AS email, 'gold' AS class");
    company.lake.put("lake.erp_orders", "SELECT 1 AS order_id, 'EU' AS region, 10.5 AS amount UNION ALL SELECT 2, 'US', 20");
    company.lake.put("master.customer", "SELECT 'c1' AS id");
  }
  Company company;
};

TEST(Policy, ARoleSeesItsRowsAndItsMasks) {
  Fixture f;
  std::string hash = secrets::hmac_sha256("a key of the tests", "info@bauer.de").substr(0, 32);
  EXPECT_EQ(f.company.ask(role("sales_eu"), "SELECT * FROM erp.orders"),
            "1|EU|Ba***|" + hash + "|***|10.50|NULL|2026-01-01\n3|EU|***|NULL|***|30.00|NULL|NULL\n");
  EXPECT_TRUE(f.company.diagnostics.ok()) << f.company.diagnostics.error().text();
}

TEST(Policy, AColumnThatIsNotGrantedDoesNotExist) {
  Fixture f;
  EXPECT_TRUE(f.company.ask(role("sales_eu"), "SELECT margin FROM erp.orders").contains("\"margin\" not found"));
  EXPECT_EQ(f.company.ask(role("sales_us"), "SELECT * FROM erp.orders"), "2|US|20.00|5.00\n");
}

TEST(Policy, AClosedTableIsAsIfItWereNotThere) {
  Fixture f;
  auto without_name = [&](const std::string& table) {
    auto answer = query_table(f.company.fabric(), role("sales_eu"), "SELECT * FROM " + table);
    EXPECT_EQ(answer.error().code, ErrorCode::kDenied);
    std::string text = answer.error().text();
    return text.replace(text.find(table), table.size(), "T");
  };
  EXPECT_EQ(without_name("erp.salaries"), without_name("erp.salarios"));
  EXPECT_FALSE(without_name("erp.salarios").contains("salaries")) << "suggestions hold only what the caller may read";
  EXPECT_EQ(without_name("master.customer"), without_name("master.custom_r"));
  EXPECT_EQ(f.company.ask(owner_principal(), "SELECT salary FROM erp.salaries"), "4000\n");
  EXPECT_EQ(f.company.ask(system_principal("planner"), "SELECT * FROM master.customer"), "c1\n");
  EXPECT_TRUE(f.company.ask({"system:planner", {}}, "SELECT * FROM master.customer").starts_with("error"));
}

TEST(Policy, RowsOfSeveralRolesAddUpAndTheWeakestMaskWins) {
  Fixture f;
  EXPECT_EQ(f.company.ask({"anna", {"sales_eu", "sales_us"}}, "SELECT order_id, margin, phone FROM erp.orders ORDER BY 1"),
            "1|2.50|***\n2|5.00|***\n3|7.00|***\n");
  EXPECT_EQ(f.company.ask({"anna", {"sales_eu", "support"}}, "SELECT order_id, email FROM erp.orders ORDER BY 1"),
            "1|in***\n2|jo***\n3|NULL\n4|a@***\n")
      << "support has no filter, and partial shows more than hash";
}

TEST(Policy, TheMostExactPatternCounts) {
  Fixture f;
  EXPECT_EQ(f.company.ask(role("auditor"), "SELECT count(*), sum(salary) FROM erp.orders, erp.salaries"), "4|16000\n");
  Fixture g(
      "roles: {a: }\ntables:\n  '*': {a: all}\n  erp.*: {a: {rows: 'false'}}\n  erp.orders: {a: {columns: [order_id], rows: order_id = "
      "4}}\n");
  EXPECT_EQ(g.company.ask(role("a"), "SELECT * FROM erp.orders"), "4\n");
  EXPECT_EQ(g.company.ask(role("a"), "SELECT * FROM erp.salaries"), "");
  EXPECT_EQ(g.company.ask(role("a"), "SELECT class FROM crm.customers"), "gold\n");
}

TEST(Policy, AFilterKnowsWhoAsks) {
  Fixture f;
  EXPECT_EQ(f.company.ask({"anna", {"clerk"}}, "SELECT order_id FROM erp.orders"), "1\n3\n");
  EXPECT_EQ(f.company.ask({"ben", {"clerk"}}, "SELECT order_id FROM erp.orders"), "2\n");
  EXPECT_EQ(f.company.ask({"' OR true --", {"clerk"}}, "SELECT order_id FROM erp.orders"), "");
}

TEST(Policy, AFilterThatFailsOrIsNullDenies) {
  Fixture f;
  EXPECT_EQ(f.company.ask(role("broken"), "SELECT order_id FROM erp.orders"), "1\n")
      << "7 passes; 'x' fails, null is unknown, -3 does not pass";
  EXPECT_EQ(f.company.ask(role("broken"), "SELECT count(*) FROM erp.orders WHERE order_id = 2"), "0\n") << "and an error is no oracle";
}

TEST(Policy, ViewsRunAsTheCaller) {
  Fixture f;
  EXPECT_EQ(f.company.ask(role("sales_eu"), "SELECT * FROM ops.sales"), "1|EU|10.5\n");
  EXPECT_TRUE(f.company.ask(role("auditor"), "SELECT * FROM ops.sales").contains("or you may not read it"));
  EXPECT_EQ(f.company.ask(owner_principal(), "SELECT count(*) FROM ops.sales"), "2\n");
}

TEST(Policy, HashesJoinAcrossTablesAndNeedTheKey) {
  Fixture f;
  EXPECT_EQ(f.company.ask(role("sales_eu"), "SELECT order_id, class FROM erp.orders JOIN crm.customers USING (email)"), "1|gold\n");
  EXPECT_EQ(f.company.ask(role("sales_eu"), "SELECT count(*) FROM erp.orders WHERE email = 'info@bauer.de'"), "0\n");
}

TEST(Policy, ErrorsBelowAPolicyTellNoValues) {
  Fixture f;
  f.company.sources["erp"].fails_after = 1;
  auto answer = query_table(f.company.fabric(), role("sales_eu"), "SELECT * FROM erp.orders");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(answer.error().text(), "could not read erp.orders; an owner who runs the same query sees why");
  EXPECT_TRUE(f.company.ask(owner_principal(), "SELECT * FROM erp.orders").contains("10.1.2.3"));
}

TEST(Policy, ListsOnlyWhatTheCallerMayReadAsTheySeeIt) {
  Fixture f;
  auto tables = f.company.fabric().tables(role("sales_us"));
  ASSERT_TRUE(tables) << tables.error().text();
  ASSERT_EQ(tables->size(), 1U);
  EXPECT_EQ(tables->at(0).name, "erp.orders");
  EXPECT_EQ(tables->at(0).schema.fields.size(), 4U);
  auto with_view = f.company.fabric().tables(role("sales_eu"));
  ASSERT_TRUE(with_view);
  EXPECT_EQ(with_view->back().name, "ops.sales") << "a view is listed for those who may read what is below it";
  EXPECT_FALSE(tables->at(0).estimated_rows) << "the number of rows counts hidden ones";
}

TEST(Policy, ATotalFilterIsOneThatCannotFail) {
  auto database = *duck::Database::open({.threads = 1});
  auto parser = *database.connect();
  Schema schema{{{"region", {TypeId::kText}}, {"qty", {TypeId::kInt}}, {"day", {TypeId::kDate}}, {"price", {TypeId::kDouble}}}};
  struct Case {
    std::string condition;
    bool total;
  };
  const std::vector<Case> cases{
      {"region = 'EU'", true},
      {"REGION IN ('EU', 'US') OR qty >= 3", true},
      {"qty BETWEEN 1 AND 2 AND region IS NOT NULL", true},
      {"region = $user", true},
      {"day < '2026-01-01'", true},
      {"region = 5", false},
      {"qty = 'x'", false},
      {"qty > 1.5", false},
      {"region || 'x' = 'EUx'", false},
      {"1 / qty > 0", false},
      {"CAST(region AS INTEGER) > 1", false},
      {"price > 1", false},
      {"region = other", false},
      {"NOT (region = 'EU')", true},
      {"other = 'EU'", false},
      {"region = upper('eu')", false},
  };
  for (const auto& [condition, total] : cases) {
    auto tree = inspect_condition(parser, condition);
    ASSERT_TRUE(tree) << condition << ": " << tree.error().text();
    EXPECT_EQ(is_total(*tree, schema), total) << condition;
  }
}

TEST(Policy, ARowFilterIsOneConditionAndNothingElse) {
  auto database = *duck::Database::open({.threads = 1});
  auto parser = *database.connect();
  for (std::string condition : {"true) OR (true", "true); SELECT (1", "x IN (SELECT y FROM t)", "EXISTS (FROM t)", "getenv('HOME') = 'x'",
                                "x FROM t WHERE (true", "", "a = ", "read_text('/etc/passwd') IS NULL", "count(*) OVER () > 1 FROM t"})
    if (auto tree = inspect_condition(parser, condition)) EXPECT_EQ(condition, "true) OR (true") << "is refused";
}

TEST(Policy, CheckNamesEveryMistakeWithItsPlace) {
  Fixture f(R"(roles:
  buyer: Buys
tables:
  erp.orders:
    buyr: all
    buyer: {columns: [order_id, regin], rows: regoin = 'EU', masks: {emial: hash}}
  erp.ordrs: {buyer: all}
  ops.sales: {buyer: all}
  lake.erp_orders: {buyer: {rows: amount}}
  crm.customers:
    owner: all
    buyer: {mask: {email: hash}}
  erp.salaries: {buyer: everything}
  lake.erp_later: {buyer: all}
  crm.*: {buyer: {masks: {email: blur}}}
  erp.*: {buyer: {rows: (SELECT true)}}
  opps.*: {buyer: all}
  "*.sales": {buyer: all}
)");
  check(f.company.workspace(), f.company.fabric(), f.company.diagnostics);
  std::vector<std::string> found;
  for (const auto& item : f.company.diagnostics.sorted()) {
    found.push_back(fmt::format("{}:{} {}", item.place.line, item.place.column, item.code));
    EXPECT_FALSE(item.hint.empty()) << item.message;
  }
  EXPECT_EQ(found, (std::vector<std::string>{"1:1 missing_column", "5:5 unknown_role", "6:33 unknown_column", "6:47 bad_row_filter",
                                             "6:70 unknown_column", "7:3 unknown_table", "8:3 policy_on_view", "9:35 bad_row_filter",
                                             "11:5 needless_grant", "12:13 unknown_key", "13:25 bad_rule", "15:34 unknown_mask",
                                             "16:25 bad_row_filter", "17:3 unknown_table"}));
}

}  // namespace
}  // namespace sinan::fabric

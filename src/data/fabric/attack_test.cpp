// Queries that try to get at hidden rows and values. Each runs on two companies that differ in nothing but those: what the caller sees
// (rows, errors, explanations) must be the same bytes, and must not hold a hidden value.
#include "data/fabric/small_company.hpp"

namespace sinan::fabric {
namespace {

using test::Company;
using test::table_of;

constexpr const char* kPolicies = R"(
roles: {sales: }
tables:
  erp.orders:
    sales:
      columns: [order_id, region, customer, email, phone, amount, note, code]
      rows: region = 'EU'
      masks: {email: hash, customer: partial, phone: constant, note: null}
  crm.customers: {sales: {columns: [customer, class]}}
  lake.erp_orders: {sales: {rows: region = 'EU', masks: {note: null, phone: constant}}}
)";

// Hidden values hold `mark`, hidden numbers begin with `number`; `more` adds hidden rows.
std::unique_ptr<Company> company(const std::string& mark, int number, bool more) {
  auto out = std::make_unique<Company>(
      std::map<std::string, std::string>{{"policies/access.yaml", kPolicies},
                                         {"model/sales.sql", "SELECT order_id, region, amount, note FROM lake.erp_orders"},
                                         {"model/pay.sql", "SELECT * FROM erp.salaries"}});
  out->threads = 1;
  std::string orders = fmt::format(
      "SELECT * FROM (VALUES (1, 'EU', 'Bauer', 'e1@x.de', '{0}p1', 10.5::DECIMAL(12,2), '{0}n1', '5', {1}01),"
      "(2, 'US', '{0}Miller', '{0}@m.com', '{0}p2', {1}.00, '{0}n2', '{0}', {1}02),"
      "(3, 'EU', 'Blum', 'e3@x.de', '{0}p3', 30.0, NULL, '0', {1}03),"
      "({1}4, 'US', '{0}Four', NULL, NULL, 0, NULL, '0', 0){2})"
      " t(order_id, region, customer, email, phone, amount, note, code, margin)",
      mark, number,
      more ? fmt::format(", ({0}5, NULL, '{1}', '{1}', '{1}', NULL, '{1}', NULL, NULL), (9, 'US', 'Bauer', 'e1@x.de', '1', 1, 'x', '1', 1)",
                         number, mark)
           : "");
  out->sources["erp"].tables["orders"] = table_of(orders);
  out->sources["erp"].tables["salaries"] = table_of(fmt::format("SELECT '{}' AS employee, {} AS salary", mark, number));
  if (more) out->sources["erp"].tables["secret_plans"] = table_of("SELECT 1 AS a");
  out->sources["crm"].tables["customers"] =
      table_of(fmt::format("SELECT 'Bauer' AS customer, 'gold' AS class, '{}' AS iban, {} AS debt", mark, number));
  out->lake.put("lake.erp_orders", orders);
  out->lake.put("master.customer", fmt::format("SELECT '{}' AS id", mark));
  return out;
}

enum class Expected { kRows, kError, kDenied };

struct Attack {
  std::string sql;
  Expected expected;
};

const std::vector<Attack>& attacks() {
  static const std::vector<Attack> out{
      // Plain reading, and columns that are not there.
      {"SELECT * FROM erp.orders", Expected::kRows},
      {"SELECT margin FROM erp.orders", Expected::kError},
      {"SELECT order_id FROM erp.orders WHERE margin > 0", Expected::kError},
      {"SELECT order_id FROM erp.orders ORDER BY margin", Expected::kError},
      {"SELECT COLUMNS('.*') FROM erp.orders", Expected::kRows},
      {"SELECT COLUMNS(c -> c LIKE 'm%') FROM erp.orders", Expected::kError},
      {"SELECT * EXCLUDE (margin) FROM erp.orders", Expected::kError},
      {"SELECT t FROM erp.orders t", Expected::kRows},
      {"SELECT to_json(t) FROM erp.orders t", Expected::kRows},
      {"SELECT rowid FROM erp.orders", Expected::kError},
      {"SELECT _row FROM lake.erp_orders", Expected::kError},
      {"SELECT iban FROM crm.customers", Expected::kError},
      {"SELECT c.iban FROM crm.customers c JOIN erp.orders o ON true", Expected::kError},
      // Closed tables.
      {"SELECT * FROM erp.salaries", Expected::kDenied},
      {"SELECT * FROM erp.salary", Expected::kDenied},
      {"SELECT * FROM erp.secret_plans", Expected::kDenied},
      {"SELECT * FROM master.customer", Expected::kDenied},
      {"SELECT * FROM ops.pay", Expected::kDenied},
      {"SELECT count(*) FROM ERP.\"SALARIES\"", Expected::kDenied},
      {"SELECT (SELECT max(salary) FROM erp.salaries)", Expected::kDenied},
      {"SELECT 1 WHERE EXISTS (SELECT 1 FROM erp.salaries WHERE salary > 100)", Expected::kDenied},
      {"SELECT * FROM erp.orders WHERE order_id IN (SELECT salary FROM erp.salaries)", Expected::kDenied},
      {"SELECT sum(amount) OVER (ORDER BY (SELECT max(salary) FROM erp.salaries)) FROM erp.orders", Expected::kDenied},
      {"SELECT list_transform([1], x -> x + (SELECT max(salary) FROM erp.salaries))", Expected::kDenied},
      {"FROM erp.orders o, LATERAL (SELECT salary FROM erp.salaries) s", Expected::kDenied},
      {"SELECT * FROM erp.orders UNION ALL SELECT * FROM erp.salaries", Expected::kDenied},
      {"SELECT * FROM (VALUES ((SELECT salary FROM erp.salaries)))", Expected::kDenied},
      {"SELECT * FROM range((SELECT max(salary) FROM erp.salaries))", Expected::kDenied},
      {"SELECT count(*) FROM erp.orders GROUP BY (SELECT max(salary) FROM erp.salaries)", Expected::kDenied},
      {"SELECT * FROM erp.orders LIMIT (SELECT max(salary) FROM erp.salaries)", Expected::kDenied},
      {"SELECT order_id FROM erp.orders QUALIFY row_number() OVER () > (SELECT max(salary) FROM erp.salaries)", Expected::kDenied},
      {"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r, erp.salaries WHERE n < 3) SELECT * FROM r", Expected::kDenied},
      {"PIVOT erp.salaries ON employee USING sum(salary)", Expected::kDenied},
      {"SELECT * FROM (PIVOT erp.salaries ON employee IN ('a') USING sum(salary))", Expected::kDenied},
      // Values behind masks.
      {"SELECT phone, min(note), max(phone) FROM erp.orders GROUP BY phone", Expected::kRows},
      {"SELECT count(*) FROM erp.orders WHERE note IS NOT NULL", Expected::kRows},
      {"SELECT count(*) FROM erp.orders WHERE phone LIKE '%p1'", Expected::kRows},
      {"SELECT count(*) FROM erp.orders WHERE phone = '***' AND note IS NULL", Expected::kRows},
      {"SELECT customer FROM erp.orders WHERE customer > 'Bau' AND customer < 'Bav'", Expected::kRows},
      {"SELECT o.order_id FROM erp.orders o JOIN crm.customers c ON o.customer = c.customer", Expected::kRows},
      {"SELECT a.order_id FROM erp.orders a JOIN lake.erp_orders b ON a.phone = b.phone AND a.order_id = b.order_id", Expected::kRows},
      {"SELECT length(phone), md5(note) FROM erp.orders", Expected::kRows},
      {"SELECT note FROM ops.sales WHERE note LIKE 'S%'", Expected::kRows},
      // Hidden rows through aggregates, statistics, order and errors.
      {"SELECT count(*), sum(amount), min(order_id), max(order_id), count(DISTINCT region) FROM erp.orders", Expected::kRows},
      {"SELECT approx_count_distinct(customer), approx_quantile(amount, 0.5), histogram(region) FROM erp.orders", Expected::kRows},
      {"SELECT row_number() OVER () AS n, order_id FROM erp.orders", Expected::kRows},
      {"SELECT order_id FROM erp.orders ORDER BY order_id DESC LIMIT 1 OFFSET 1", Expected::kRows},
      {"SELECT CAST(code AS INTEGER) FROM erp.orders", Expected::kRows},
      {"SELECT CAST(customer AS INTEGER) FROM erp.orders", Expected::kError},
      {"SELECT CAST(phone AS INTEGER) FROM erp.orders", Expected::kError},
      {"SELECT order_id FROM erp.orders WHERE CAST(code AS INTEGER) = 5", Expected::kRows},
      {"SELECT 10 / (order_id - 2) FROM erp.orders", Expected::kRows},
      {"SELECT 10 // amount FROM erp.orders", Expected::kRows},
      {"SELECT order_id FROM erp.orders WHERE region <> 'EU' OR 1 / 0 > CAST('x' AS INTEGER)", Expected::kError},
      {"SELECT order_id FROM erp.orders WHERE region = 'US' AND CAST(customer AS INTEGER) > 0", Expected::kRows},
      {"SELECT CASE WHEN region = 'US' THEN CAST(customer AS INTEGER) END FROM erp.orders", Expected::kRows},
      {"SELECT sqrt(-amount) FROM erp.orders", Expected::kError},
      {"SELECT exp(order_id * 100000)::BIGINT FROM erp.orders", Expected::kError},
      {"SELECT error('found ' || customer) FROM erp.orders", Expected::kDenied},
      {"SELECT region FROM erp.orders WHERE region = 'US'", Expected::kRows},
      {"SELECT * FROM erp.orders WHERE region IS NULL", Expected::kRows},
      {"SELECT order_id FROM erp.orders WHERE order_id >= 4", Expected::kRows},
      {"SELECT * FROM erp.orders TABLESAMPLE 50 PERCENT (bernoulli, 42)", Expected::kRows},
      {"SELECT stats(amount) FROM erp.orders", Expected::kDenied},
      {"SELECT * FROM histogram('erp.orders', 'amount')", Expected::kDenied},
      {"SUMMARIZE erp.orders", Expected::kDenied},
      {"SELECT * FROM (SUMMARIZE erp.orders)", Expected::kDenied},
      {"DESCRIBE erp.salaries", Expected::kDenied},
      // Names: WITH that shadows, schemas, quotes, comments.
      {"WITH salaries AS (SELECT 1 AS salary) SELECT * FROM erp.salaries", Expected::kDenied},
      {"WITH orders AS (SELECT * FROM erp.orders) SELECT count(*) FROM orders", Expected::kRows},
      {"WITH x AS (SELECT 1) SELECT * FROM (WITH y AS (SELECT 2) SELECT * FROM y), y", Expected::kError},
      {"WITH duckdb_views AS (SELECT 1) SELECT * FROM duckdb_views", Expected::kDenied},
      {"SELECT * FROM (WITH sqlite_master AS (SELECT 1) SELECT 2), sqlite_master", Expected::kDenied},
      {"SELECT * FROM (WITH \"/etc/passwd\" AS (SELECT 1) SELECT 2), \"/etc/passwd\"", Expected::kError},
      {"SELECT * FROM erp.orders()", Expected::kDenied},
      {"SELECT * FROM erp.orders AT (VERSION => 1)", Expected::kError},
      {"SELECT order_id FROM erp.orders WHERE note LIKE '%n1'", Expected::kRows},
      {"SELECT order_id FROM erp.orders GROUP BY ALL HAVING max(phone) <> '***'", Expected::kRows},
      {"SELECT/**/*/*x*/FROM/**/erp/**/.\"salaries\"-- x", Expected::kDenied},
      {"SELECT * FROM memory.erp.salaries", Expected::kDenied},
      {"SELECT * FROM memory.erp.orders", Expected::kDenied},
      {"SELECT * FROM sinan_stream(1)", Expected::kDenied},
      {"SELECT sinan_mask('e1@x.de')", Expected::kDenied},
      // Files, settings, catalogue, other statements.
      {"SELECT * FROM read_csv('/etc/passwd')", Expected::kDenied},
      {"SELECT * FROM read_text('/etc/passwd')", Expected::kDenied},
      {"SELECT * FROM read_blob('/etc/passwd')", Expected::kDenied},
      {"SELECT * FROM read_parquet('*.parquet')", Expected::kDenied},
      {"SELECT * FROM parquet_metadata('x.parquet')", Expected::kDenied},
      {"SELECT * FROM glob('/*')", Expected::kDenied},
      {"SELECT * FROM sniff_csv('/etc/passwd')", Expected::kDenied},
      {"SELECT * FROM '/etc/passwd'", Expected::kDenied},
      {"SELECT * FROM \"x.csv\"", Expected::kDenied},
      {"SELECT * FROM query('SELECT 1')", Expected::kDenied},
      {"SELECT * FROM query_table('erp.salaries')", Expected::kDenied},
      {"SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))", Expected::kDenied},
      {"SELECT getenv('HOME')", Expected::kDenied},
      {"SELECT current_setting('temp_directory')", Expected::kDenied},
      {"SELECT * FROM duckdb_settings()", Expected::kDenied},
      {"SELECT * FROM duckdb_views()", Expected::kDenied},
      {"SELECT sql FROM duckdb_views", Expected::kDenied},
      {"SELECT * FROM information_schema.tables", Expected::kDenied},
      {"SELECT * FROM pg_catalog.pg_class", Expected::kDenied},
      {"SELECT * FROM pg_views", Expected::kDenied},
      {"SELECT pg_get_viewdef(1)", Expected::kDenied},
      {"SELECT current_query()", Expected::kDenied},
      {"SELECT main.\"current_setting\"('threads')", Expected::kDenied},
      {"SELECT system.main.current_setting('threads')", Expected::kDenied},
      {"SHOW TABLES", Expected::kDenied},
      {"PRAGMA table_info('erp.orders')", Expected::kDenied},
      {"CALL duckdb_tables()", Expected::kDenied},
      {"COPY erp.orders TO '/tmp/out.csv'", Expected::kDenied},
      {"COPY (SELECT * FROM erp.orders) TO '/tmp/out.csv'", Expected::kDenied},
      {"ATTACH '/tmp/other.db' AS other", Expected::kDenied},
      {"INSTALL httpfs", Expected::kDenied},
      {"LOAD httpfs", Expected::kDenied},
      {"SET enable_external_access = true", Expected::kDenied},
      {"RESET ALL", Expected::kDenied},
      {"PREPARE p AS SELECT * FROM erp.salaries", Expected::kDenied},
      {"EXECUTE p", Expected::kDenied},
      {"EXPLAIN SELECT * FROM erp.orders", Expected::kDenied},
      {"EXPLAIN ANALYZE SELECT * FROM erp.orders", Expected::kDenied},
      {"CREATE TABLE t AS SELECT * FROM erp.orders", Expected::kDenied},
      {"CREATE MACRO now() AS 1", Expected::kDenied},
      {"CREATE OR REPLACE VIEW erp.orders AS SELECT 1", Expected::kDenied},
      {"INSERT INTO erp.orders VALUES (1)", Expected::kDenied},
      {"UPDATE erp.orders SET amount = 0", Expected::kDenied},
      {"DELETE FROM erp.orders", Expected::kDenied},
      {"DROP VIEW erp.orders", Expected::kDenied},
      {"SELECT 1; SELECT * FROM erp.salaries", Expected::kDenied},
      {"SELECT 1; DROP VIEW erp.orders", Expected::kDenied},
      {"EXPORT DATABASE '/tmp/x'", Expected::kDenied},
      {"BEGIN", Expected::kDenied},
      {"SELECT setseed(0.5)", Expected::kDenied},
      {"SELECT nextval('s')", Expected::kDenied},
      {"SELECT write_log('x')", Expected::kDenied},
  };
  return out;
}

struct Seen {
  std::string text;  // rows or error, then the explanation
  ErrorCode code{};
  bool failed = false;
};

Seen look(Company& company, const std::string& sql) {
  Principal principal{"anna", {"sales"}};
  Seen out;
  auto table = query_table(company.fabric(), principal, sql);
  out.failed = !table;
  if (table) {
    out.text = test::text_of(*table);
  } else {
    out.text = table.error().text();
    out.code = table.error().code;
  }
  auto explanation = company.fabric().explain(principal, sql);
  if (!explanation) {
    out.text += "\nexplain: " + explanation.error().text();
    return out;
  }
  out.text += "\n" + explanation->plan;
  for (const ScanPlan& scan : explanation->scans) {
    out.text += fmt::format("\n{} {} {}", scan.table, scan.where, scan.remote);
    for (const auto& column : scan.columns) out.text += " " + column;
    for (const auto& pushed : scan.pushed) out.text += "\npushed " + pushed;
    for (const auto& [kept, why] : scan.kept) out.text += "\nkept " + kept + ": " + why;
  }
  return out;
}

void expect_nothing_hidden(std::unique_ptr<Company> one, std::unique_ptr<Company> other) {
  ASSERT_GE(attacks().size(), 60U);
  for (const Attack& attack : attacks()) {
    Seen first = look(*one, attack.sql);
    Seen second = look(*other, attack.sql);
    EXPECT_EQ(first.text, second.text) << attack.sql;
    for (const char* mark : {"SECRET", "777", "10.1.2.3", "lake.put"})
      EXPECT_FALSE(first.text.contains(mark)) << attack.sql << "\n" << first.text;
    EXPECT_EQ(first.failed, attack.expected != Expected::kRows) << attack.sql << "\n" << first.text;
    if (attack.expected == Expected::kDenied) EXPECT_EQ(first.code, ErrorCode::kDenied) << attack.sql << "\n" << first.text;
  }
}

TEST(Attack, NothingHiddenAppears) { expect_nothing_hidden(company("SECRET", 777, false), company("HIDDEN", 888, true)); }

// The same two companies with their tables in a real server.
void expect_nothing_hidden_in(const std::string& kind, testing::Server& server) {
  auto one = company("SECRET", 777, false);
  auto other = company("HIDDEN", 888, true);
  for (Company* each : {one.get(), other.get()})
    for (const char* source : {"erp", "crm"}) each->move_to(source, kind, server);
  EXPECT_TRUE(one->ask(owner_principal(), "SELECT * FROM erp.orders").contains("SECRETMiller")) << "or the attacks would prove nothing";
  expect_nothing_hidden(std::move(one), std::move(other));
}

TEST(Attack, NothingHiddenAppearsOfPostgres) { expect_nothing_hidden_in("postgres", testing::PostgresServer::shared()); }

TEST(Attack, NothingHiddenAppearsOfMariadb) { expect_nothing_hidden_in("mysql", testing::MariadbServer::shared()); }

TEST(Attack, TheOwnerSeesWhatTheAttacksLookedFor) {
  auto one = company("SECRET", 777, false);
  EXPECT_TRUE(one->ask(owner_principal(), "SELECT * FROM erp.orders").contains("SECRETMiller")) << "or the attacks would prove nothing";
  EXPECT_EQ(one->ask(owner_principal(), "SELECT salary FROM ops.pay"), "777\n");
}

}  // namespace
}  // namespace sinan::fabric

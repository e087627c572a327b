#include "data/fabric/explain.hpp"

#include "data/fabric/small_company.hpp"
#include "data/lake/lake.hpp"

namespace sinan::fabric {
namespace {

using test::Company;
using test::table_of;

constexpr const char* kPolicies = R"(
roles: {sales: }
tables:
  erp.orders: {sales: {columns: [order_id, region, amount, email], rows: region = 'EU', masks: {email: hash}}}
)";

constexpr const char* kSql =
    "SELECT region, sum(amount) FROM erp.orders WHERE order_id > 3 AND region <> 'XX' AND amount > 2 AND length(email) > 1 GROUP BY region";

struct Fixture {
  Fixture() : company({{"policies/access.yaml", kPolicies}}) {
    company.sources["erp"].tables["orders"] =
        table_of("SELECT range AS order_id, 'EU' AS region, (range * 1.5)::DECIMAL(12,2) AS amount, 'e' AS email FROM range(10)");
  }
  Explanation explain(const Principal& principal, const std::string& sql) {
    auto out = company.fabric().explain(principal, sql);
    EXPECT_TRUE(out) << out.error().text();
    return out ? *out : Explanation{};
  }
  Company company;
};

std::map<std::string, std::string> kept_of(const ScanPlan& scan) { return {scan.kept.begin(), scan.kept.end()}; }

TEST(Explain, TellsWhatTheSourceAnswersAndWhyTheRestStays) {
  Fixture f;
  auto scans = f.explain(owner_principal(), kSql).scans;
  ASSERT_EQ(scans.size(), 1U);
  EXPECT_EQ(scans[0].table, "erp.orders");
  EXPECT_EQ(scans[0].where, "source erp (memory)");
  EXPECT_EQ(scans[0].columns, (std::vector<std::string>{"region", "amount", "email"}));
  EXPECT_EQ(scans[0].pushed, (std::vector<std::string>{"\"order_id\" > 3", "\"region\" <> 'XX'"}));
  auto kept = kept_of(scans[0]);
  EXPECT_EQ(kept.at("\"region\" <> 'XX'"), "the source answers it roughly, so it is applied here once more");
  EXPECT_EQ(kept.at("(amount > 2.00)"), "the source cannot answer it exactly as SQL says");
  EXPECT_EQ(kept.at("(length(email) > 1)"), "not a comparison of a column with a constant");
  EXPECT_EQ(scans[0].remote, "read orders where \"order_id\" > 3 where \"region\" <> 'XX'");
  EXPECT_TRUE(f.company.sources["erp"].scans.empty()) << "nothing is read";
}

TEST(Explain, ACallerSeesTheirOwnConditionsAndNotThePolicy) {
  Fixture f;
  auto explanation = f.explain({"anna", {"sales"}}, kSql);
  ASSERT_EQ(explanation.scans.size(), 1U);
  const ScanPlan& scan = explanation.scans[0];
  EXPECT_EQ(scan.pushed, (std::vector<std::string>{"\"order_id\" > 3", "\"region\" <> 'XX'"}));
  auto kept = kept_of(scan);
  EXPECT_TRUE(kept.at("\"amount\" > CAST('2.00' AS DECIMAL(12,2))").starts_with("applied above the source"));
  EXPECT_TRUE(scan.remote.empty());
  std::string all = explanation.plan;
  for (const auto& pushed : scan.pushed) all += pushed;
  for (const auto& [condition, why] : scan.kept) all += condition;
  EXPECT_FALSE(all.contains("'EU'")) << all;
}

TEST(Explain, EachReadOfATableIsTold) {
  Fixture f;
  auto scans =
      f.explain(owner_principal(), "SELECT count(*) FROM erp.orders a, erp.orders b WHERE a.order_id = 1 AND b.order_id = 2").scans;
  ASSERT_EQ(scans.size(), 2U);
  std::set<std::vector<std::string>> pushed{scans[0].pushed, scans[1].pushed};
  EXPECT_EQ(pushed, (std::set<std::vector<std::string>>{{"\"order_id\" = 1"}, {"\"order_id\" = 2"}}));
}

// With the real lake: Parquet files, read straight by a trusted caller and through the policy by others.
TEST(Explain, TheLakeTellsItsFiltersAndAnswersAlikeForAll) {
  auto dir = std::filesystem::temp_directory_path() / fmt::format("sinan_fabric_lake_{}", getpid());
  std::filesystem::create_directories(dir / "ws/policies");
  std::ofstream(dir / "ws/sinan.yaml") << "name: acme\n";
  std::ofstream(dir / "ws/policies/a.yaml") << "roles: {sales: }\ntables: {lake.orders: {sales: {rows: region = 'EU'}}}\n";
  {
    Diagnostics diagnostics;
    auto workspace = *Workspace::open(dir / "ws", diagnostics);
    auto store = *storage::Store::open(dir / "store.db");
    FixedClock clock(*parse_instant("2026-03-01T00:00:00Z"));
    auto lake = *lake::Lake::open(dir / "lake", *store, clock);
    FabricContext context;
    context.workspace = &workspace;
    context.lake = lake.get();
    context.lake_dir = dir / "lake";
    context.clock = &clock;
    context.mask_key = "a key of the tests";
    auto fabric = *open(std::move(context), diagnostics);
    auto version = fabric->materialize(
        owner_principal(),
        "SELECT range AS id, CASE WHEN range % 4 = 0 THEN 'EU' ELSE 'US' END AS region, range * 0.5 AS v FROM range(10000)", "lake.orders",
        {"id"}, lake::Mode::kReplace);
    ASSERT_TRUE(version) << version.error().text();
    auto ask = [&](const Principal& principal, const std::string& sql) {
      auto table = query_table(*fabric, principal, sql);
      return table ? test::text_of(*table) : table.error().text();
    };
    Principal sales{"anna", {"sales"}};
    EXPECT_EQ(ask(owner_principal(), "SELECT count(*), sum(v) FROM lake.orders WHERE id < 5000"), "5000|6248750.0\n");
    EXPECT_EQ(ask(sales, "SELECT count(*), max(id), min(region) FROM lake.orders WHERE id < 5000"), "1250|4996|EU\n");
    EXPECT_FALSE(ask(owner_principal(), "SELECT * FROM read_parquet('" + (dir / "lake").string() + "/*')").contains("EU"));
    auto scans = fabric->explain(owner_principal(), "SELECT v FROM lake.orders WHERE id = 7")->scans;
    ASSERT_EQ(scans.size(), 1U);
    EXPECT_EQ(scans[0].table, "lake.orders");
    EXPECT_EQ(scans[0].where, "lake");
    EXPECT_EQ(scans[0].pushed, std::vector<std::string>{"id=7"});

    // Rows that are gone are looked up by their numbers, which nobody asked for; what two tables have in common is told of both.
    ASSERT_TRUE(fabric->materialize(owner_principal(), "SELECT range AS id, 'x' AS name FROM range(10)", "lake.names", {"id"},
                                    lake::Mode::kReplace));
    ASSERT_TRUE(lake->reject("lake.orders", {1, 2, 3}));
    scans = fabric->explain(owner_principal(), "SELECT o.v, n.name FROM lake.orders o JOIN lake.names n USING (id)")->scans;
    std::set<std::string> told;
    for (const ScanPlan& scan : scans) told.insert(scan.table);
    EXPECT_EQ(told, (std::set<std::string>{"lake.orders", "lake.names"}));
    scans = fabric->explain(owner_principal(), "SELECT count(DISTINCT o.id), count(DISTINCT n.id) FROM lake.orders o, lake.names n")->scans;
    for (const ScanPlan& scan : scans) EXPECT_EQ(scan.table, "lake.names or lake.orders");
  }
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace sinan::fabric

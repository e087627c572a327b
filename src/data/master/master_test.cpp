// Golden records over a real lake: who is one, which value survives, which id stays, and what the history tells.
#include "data/master/master.hpp"

#include <gtest/gtest.h>

#include <random>

#include "data/fabric/fabric_fixture.hpp"
#include "data/master/identity.hpp"

namespace sinan::master {
namespace {

using fabric::FabricFixture;
using Lines = std::vector<std::string>;

const std::string kCustomers = R"(
records:
  crm.customers:
    key: [id]
    updated_at: changed
    columns: {name: full_name, email: mail, phone: tel}
  shop.users:
    columns: {name: name, email: email}
attributes:
  name: {kind: person, survivorship: longest}
  email: {kind: email, survivorship: newest}
  phone: {kind: phone}
source_priority: [shop, crm]
match:
  same: [[email], [phone, name]]
)";

const std::string kCrm =
    "SELECT * FROM (VALUES (1, 'Anna Schmidt', 'anna@x.de', '+49 30 1234567', DATE '2024-01-02'), "
    "(2, 'Anna Schmidt', 'a.schmidt@y.de', '030/1234567', DATE '2024-03-01'), (3, 'Ben Li', 'ben@x.de', NULL, DATE '2024-01-01')) "
    "v(id, full_name, mail, tel, changed)";
const std::string kShop = "SELECT * FROM (VALUES ('u7', 'Dr. Anna  SCHMIDT', 'ANNA+shop@x.de'), ('u8', 'Cem', NULL)) v(uid, name, email)";

EntityReport resolved(FabricFixture& world, const std::string& run_id = "run-1", unsigned threads = 1) {
  Diagnostics out;
  auto entities = read_config(*world.workspace, out);
  EXPECT_TRUE(out.ok()) << out.error().text();
  Options options;
  options.principal = system_principal("master");
  options.run_id = run_id;
  options.now = world.clock.now();
  options.threads = threads;
  auto report = resolve(entities.at(0), *world.fabric, options);
  EXPECT_TRUE(report) << report.error().text();
  return std::move(*report);
}

Lines links(FabricFixture& world) {
  return world.rows("SELECT golden_id, source, \"table\", \"key\" FROM master.customers_links ORDER BY source, \"table\", \"key\"");
}

struct Company : FabricFixture {
  Company() : FabricFixture({{"entities/customers.yaml", kCustomers}}) {
    put("lake.crm_customers", kCrm, {"id"});
    put("lake.shop_users", kShop, {"uid"});
  }
};

TEST(Master, joins_records_that_agree_on_a_key_and_keeps_the_surviving_values) {
  Company world;
  EntityReport report = resolved(world);
  // 1 and 2 share telephone and name, 1 and u7 the e-mail.
  EXPECT_EQ(links(world), (Lines{"customers-000001 | crm | customers | 1", "customers-000001 | crm | customers | 2",
                                 "customers-000002 | crm | customers | 3", "customers-000001 | shop | users | u7",
                                 "customers-000003 | shop | users | u8"}));
  EXPECT_EQ(world.rows("SELECT golden_id, name, email, phone, records, sources, confidence FROM master.customers ORDER BY golden_id"),
            (Lines{"customers-000001 | Dr. Anna  SCHMIDT | a.schmidt@y.de | +49 30 1234567 | 3 | crm, shop | 1",
                   "customers-000002 | Ben Li | ben@x.de | - | 1 | crm | 1", "customers-000003 | Cem | - | - | 1 | shop | 1"}));
  EXPECT_EQ(report.records, 5);
  EXPECT_EQ(report.golden, 3);
  EXPECT_EQ(report.created, 3);
  EXPECT_EQ(world.rows("SELECT attribute, new_value, source, \"key\" FROM master.customers_history "
                       "WHERE golden_id = 'customers-000001' AND change = 'created' ORDER BY attribute"),
            (Lines{"email | a.schmidt@y.de | crm | 2", "name | Dr. Anna  SCHMIDT | shop | u7", "phone | +49 30 1234567 | crm | 1"}));
}

TEST(Master, repeated_on_the_same_rows_changes_nothing) {
  Company world;
  resolved(world);
  auto golden = world.rows("SELECT * FROM master.customers ORDER BY ALL");
  auto history = world.rows("SELECT * FROM master.customers_history ORDER BY ALL");
  EntityReport report = resolved(world, "run-2");
  EXPECT_EQ(report.created + report.changed + report.retired + report.merged + report.split, 0);
  EXPECT_EQ(world.rows("SELECT * FROM master.customers ORDER BY ALL"), golden);
  EXPECT_EQ(world.rows("SELECT * FROM master.customers_history ORDER BY ALL"), history);
}

TEST(Master, records_every_change_with_its_source_and_run) {
  Company world;
  resolved(world);
  world.put("lake.crm_customers",
            "SELECT 3 AS id, 'Benjamin Li' AS full_name, 'ben@x.de' AS mail, '040 99' AS tel, DATE '2024-05-01' AS changed", {"id"},
            lake::Mode::kUpsert);
  EntityReport report = resolved(world, "run-2");
  EXPECT_EQ(report.changed, 1);
  EXPECT_EQ(
      world.rows("SELECT golden_id, attribute, old_value, new_value, change, source, \"key\", changed_at FROM master.customers_history "
                 "WHERE run_id = 'run-2' ORDER BY attribute"),
      (Lines{"customers-000002 | name | Ben Li | Benjamin Li | changed | crm | 3 | 2024-06-30 12:00:00",
             "customers-000002 | phone | - | 040 99 | changed | crm | 3 | 2024-06-30 12:00:00"}));
}

TEST(Master, keeps_ids_when_records_merge_split_and_go) {
  Company world;
  resolved(world);
  // Ben turns out to be Cem: the older id stays.
  world.put("lake.shop_users", "SELECT 'u8' AS uid, 'Cem' AS name, 'ben@x.de' AS email", {"uid"}, lake::Mode::kUpsert);
  EntityReport merged = resolved(world, "run-2");
  EXPECT_EQ(merged.merged, 1);
  EXPECT_EQ(merged.events.at(0).golden_id, "customers-000003");
  EXPECT_EQ(merged.events.at(0).other, "customers-000002");
  EXPECT_EQ(world.rows("SELECT golden_id, old_value, new_value FROM master.customers_history WHERE change = 'merged'"),
            Lines{"customers-000003 | customers-000003 | customers-000002"});
  // And then again that he is not: the part that holds the first record keeps the id, the other gets a new one, never an old one again.
  world.put("lake.shop_users", "SELECT 'u8' AS uid, 'Cem' AS name, 'cem@x.de' AS email", {"uid"}, lake::Mode::kUpsert);
  EntityReport split = resolved(world, "run-3");
  EXPECT_EQ(split.split, 1);
  EXPECT_EQ(world.rows("SELECT golden_id FROM master.customers_links WHERE \"key\" = 'u8'"), Lines{"customers-000004"});
  EXPECT_EQ(world.rows("SELECT golden_id, old_value, new_value FROM master.customers_history WHERE change = 'split'"),
            Lines{"customers-000004 | customers-000002 | customers-000004"});
  // All of a record's sources are gone.
  world.put("lake.shop_users", "SELECT 'u7' AS uid, 'Anna' AS name, 'anna@x.de' AS email", {"uid"});
  EntityReport retired = resolved(world, "run-4");
  EXPECT_EQ(retired.retired, 1);
  EXPECT_EQ(world.rows("SELECT golden_id FROM master.customers_history WHERE change = 'retired'"), Lines{"customers-000004"});
  EXPECT_EQ(world.rows("SELECT count(*) FROM master.customers"), Lines{"2"});
}

TEST(Master, ignores_keys_that_very_many_records_share) {
  FabricFixture world({{"entities/customers.yaml", R"(
records:
  crm.customers: {key: [id], columns: {name: name, email: mail}}
attributes: {name: {kind: person}, email: {kind: email}}
match: {same: [[email]]}
)"}});
  world.put(
      "lake.crm_customers",
      "SELECT range AS id, 'N' || range AS name, CASE WHEN range < 60 THEN 'info@x.de' ELSE 'n' || (range // 2) || '@x.de' END AS mail "
      "FROM range(100)");
  EntityReport report = resolved(world);
  EXPECT_EQ(report.golden, 60 + 20);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_EQ(report.notes[0], "1 values of email are shared by more than 50 records (one by 60) and do not count as keys");
}

struct SurvivalCase {
  std::string survivorship;
  std::string winner;
};

TEST(Master, lets_each_survivorship_choose_its_value) {
  const SurvivalCase cases[] = {
      {"source_priority", "Oak Table"}, {"newest", "TABLE, OAK"}, {"longest", "Table of solid oak"}, {"most_frequent", "Oak Table."}};
  for (const SurvivalCase& one : cases) {
    FabricFixture world({{"entities/customers.yaml", fmt::format(R"(
records:
  erp.t: {{key: [id], updated_at: changed, columns: {{name: name, code: code}}}}
  pim.t: {{key: [id], updated_at: changed, columns: {{name: name, code: code}}}}
attributes: {{name: {{survivorship: {}}}, code: {{kind: code}}}}
source_priority: [pim]
match: {{same: [[code]]}}
)",
                                                                 one.survivorship)}});
    world.put(
        "lake.erp_t",
        "SELECT id, name, code, DATE '2024-01-01' + day AS changed FROM (VALUES (1, 'Table of solid oak', 'A-1', 3), (2, 'Oak Table.', "
        "'a1', 2), (3, 'oak table', 'A1', 1), (4, 'Oak Table.', 'a 1', NULL), (5, NULL, 'a1', 9), (6, 'TABLE, OAK', 'A1', 8)) "
        "v(id, name, code, day)");
    world.put("lake.pim_t", "SELECT 1 AS id, 'Oak Table' AS name, 'A1' AS code, DATE '2024-01-05' AS changed");
    resolved(world);
    EXPECT_EQ(world.rows("SELECT name FROM master.customers"), Lines{one.winner}) << one.survivorship;
  }
}

TEST(Master, finds_the_same_person_by_likeness) {
  FabricFixture world({{"entities/customers.yaml", R"(
records:
  crm.people: {key: [id], columns: {name: name, city: city, email: mail, phone: tel}}
  shop.people: {key: [id], columns: {name: name, city: city, email: mail, phone: tel}}
attributes: {name: {kind: person}, city: {kind: text}, email: {kind: email}, phone: {kind: phone}}
match: {similar: {attributes: [name, city, email, phone], above: 0.8}}
)"}});
  // 300 people; the shop knows 100 of them, with two letters of the name swapped and no e-mail.
  const std::string person =
      "SELECT range AS id, chr((97 + range % 23)::INT) || 'o' || chr((97 + range % 19)::INT) || 'ara ' || chr((98 + range % 17)::INT) || "
      "'e' || "
      "chr((97 + range % 13)::INT) || 'er' || (range % 7) AS name, 'city' || (range % 29) AS city, 'p' || range || '@x.de' AS mail, "
      "'030' || (1000000 + range * 7919 % 999983) AS tel FROM range(300)";
  world.put("lake.crm_people", person, {"id"});
  world.put("lake.shop_people",
            "SELECT id, name[1:1] || name[3:3] || name[2:2] || name[4:] AS name, city, NULL::VARCHAR AS mail, tel FROM (" + person +
                ") WHERE id < 100",
            {"id"});
  EntityReport report = resolved(world, "run-1", 2);
  EXPECT_NEAR(static_cast<double>(report.golden), 300, 3);
  auto pairs = world.rows(
      "SELECT count(*) FROM master.customers_links a JOIN master.customers_links b USING (golden_id, \"key\") "
      "WHERE a.source = 'crm' AND b.source = 'shop'");
  EXPECT_GE(std::stoi(pairs[0]), 97);
}

TEST(Master, says_what_is_wrong_in_an_entity_file) {
  FabricFixture world({{"entities/customers.yaml", R"(records:
  crm.customer: {columns: {name: full_name}}
  shop.users: {columns: {name: nam, tel: phone}}
attributes:
  name: {kind: persn, survivorship: longest}
  email: {kind: email}
match:
  same: [[emial]]
)"}});
  Diagnostics out;
  auto entities = read_config(*world.workspace, out);
  Schema schema{{{"uid", {TypeId::kText}}, {"name", {TypeId::kText}}}};
  std::vector<catalog::TableEntry> tables{{"crm.customers", catalog::Kind::kSource, schema, {"uid"}, "", {}},
                                          {"shop.users", catalog::Kind::kSource, schema, {}, "", {}}};
  check_config(entities, tables, out);
  Lines lines;
  for (const Diagnostic& one : out.sorted()) lines.push_back(fmt::format("{}:{} {}", one.place.line, one.place.column, one.message));
  EXPECT_EQ(lines, (Lines{"2:3 no source has a table 'crm.customer'", "3:3 shop.users has no key that is known",
                          "3:32 shop.users has no column 'nam'", "3:37 'tel' is not among the attributes of customers",
                          "5:16 'persn' is not one of the values that are possible here",
                          "8:11 'emial' is not among the attributes of customers"}));
}

// Whatever happens to groups, an id never names two groups, is never given twice, and nothing vanishes without a word.
TEST(Identities, hold_their_promises_over_random_histories) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::string> id_of(40);
    std::set<std::string> ever;
    std::int64_t last = 0;
    for (int cycle = 0; cycle < 8; ++cycle) {
      std::map<std::size_t, std::vector<std::size_t>> groups;
      for (std::size_t record = 0; record < id_of.size(); ++record)
        if (random() % 6 != 0) groups[random() % 15].push_back(record);
      std::vector<std::vector<std::string>> before;
      for (const auto& [name, members] : groups) {
        auto& ids = before.emplace_back();
        for (std::size_t member : members) ids.push_back(id_of[member]);
      }
      std::set<std::string> alive(id_of.begin(), id_of.end());
      alive.erase("");
      Identities now = assign_ids("e", before, {alive.begin(), alive.end()}, last);
      std::set<std::string> used(now.id.begin(), now.id.end());
      EXPECT_EQ(used.size(), now.id.size()) << "seed " << seed;
      std::set<std::string> gone(now.retired.begin(), now.retired.end());
      for (const Event& event : now.events)
        if (event.kind == "merged") gone.insert(event.golden_id);
      for (const std::string& id : alive) EXPECT_NE(used.contains(id), gone.contains(id)) << "seed " << seed << ' ' << id;
      for (std::size_t group = 0; group < now.id.size(); ++group) {
        EXPECT_EQ(now.created[group], !ever.contains(now.id[group])) << "seed " << seed;
        ever.insert(now.id[group]);
      }
      last = now.last_number;
      id_of.assign(id_of.size(), "");
      std::size_t group = 0;
      for (const auto& [name, members] : groups) {
        for (std::size_t member : members) id_of[member] = now.id[group];
        ++group;
      }
    }
  }
}

}  // namespace
}  // namespace sinan::master

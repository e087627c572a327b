// What sync reads must be what the source holds, whatever happens to the source between two reads.
#include "data/sync/sync.hpp"

#include "data/sync/changing_company.hpp"

namespace sinan::sync {
namespace {

class SyncTest : public testing_company::Company {
 protected:
  // Reads again and again while the source changes; every version must keep showing what the source held then.
  void read_and_compare(int rounds, std::uint32_t seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    State state = open_state();
    std::map<lake::Version, std::map<std::string, testing_company::Rows>> history;
    for (int round = 0; round < rounds; ++round) {
      change(random);
      auto report = read(state);
      ASSERT_TRUE(report) << report.error().text();
      EXPECT_TRUE(report->consistent);
      history[report->version] = in_source();
    }
    for (const auto& [version, rows] : history) EXPECT_EQ(in_lake(*state.lake, version), rows) << "version " << version;
  }

  using State = testing_company::State;
};

const TableReport& of(const SourceReport& report, std::string_view table) {
  return *std::find_if(report.tables.begin(), report.tables.end(), [&](const TableReport& t) { return t.table == table; });
}

TEST_F(SyncTest, TheLakeHoldsWhatTheSqliteSourceHeldAtEachRead) {
  start_sqlite();
  read_and_compare(12, 1);
}

TEST_F(SyncTest, TheLakeHoldsWhatThePostgresSourceHeldAtEachRead) {
  start_postgres();
  read_and_compare(12, 2);
}

TEST_F(SyncTest, ARowWhoseTransactionBeganEarlierAndCommittedLaterIsNotLost) {
  start_postgres();
  auto slow = database_->another_session();
  slow->execute("BEGIN; INSERT INTO orders VALUES (1, 'slow', 1, 100)");
  database_->execute("INSERT INTO orders VALUES (2, 'quick', 1, 101)");
  ASSERT_TRUE(read());
  EXPECT_EQ(in_lake()["orders"], (testing_company::Rows{"2|quick|1|101"}));
  slow->execute("COMMIT");
  ASSERT_TRUE(read());
  EXPECT_EQ(in_lake()["orders"], (testing_company::Rows{"1|slow|1|100", "2|quick|1|101"}));
}

TEST_F(SyncTest, TheReportCountsWhatHappenedAndAReadWithoutNewsLeavesTheTableAlone) {
  start_sqlite();
  database_->execute("INSERT INTO orders VALUES (1, 'a', 1, 1), (2, 'b', 2, 2), (3, 'c', 3, 3); INSERT INTO notes VALUES ('x')");
  auto first = read();
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_TRUE(of(*first, "orders").whole);
  EXPECT_EQ(of(*first, "orders").counts.inserted, 3);
  EXPECT_GT(of(*first, "orders").bytes, 0);
  database_->execute(
      "UPDATE orders SET quantity = 9, seq = 4 WHERE id = 1; DELETE FROM orders WHERE id = 2; INSERT INTO orders VALUES "
      "(7, 'd', 1, 5)");
  auto second = read();
  ASSERT_TRUE(second);
  const TableReport& orders = of(*second, "orders");
  EXPECT_FALSE(orders.whole);
  EXPECT_EQ(orders.counts.inserted, 1);
  EXPECT_EQ(orders.counts.changed, 1);
  EXPECT_EQ(orders.counts.deleted, 1);
  EXPECT_NE(orders.position, of(*first, "orders").position);
  ASSERT_TRUE(read());
  State state = open_state();
  EXPECT_EQ(state.lake->table("lake.erp_orders", state.lake->current())->version, second->version);
}

TEST_F(SyncTest, DeletionsAreIgnoredWhereTheWorkspaceSaysSo) {
  start_sqlite();
  configure("tables: {orders: {cursor: seq, deletions: ignore}, items: {}, notes: {}}\n");
  database_->execute("INSERT INTO orders VALUES (1, 'a', 1, 1), (2, 'b', 2, 2)");
  ASSERT_TRUE(read());
  database_->execute("DELETE FROM orders WHERE id = 1; INSERT INTO orders VALUES (3, 'c', 3, 3)");
  ASSERT_TRUE(read());
  EXPECT_EQ(in_lake()["orders"].size(), 3U);
}

TEST_F(SyncTest, ANewColumnAndAWiderTypeAreFollowed) {
  start_postgres();
  database_->execute("INSERT INTO orders VALUES (1, 'a', 1, 1)");
  ASSERT_TRUE(read());
  database_->execute("ALTER TABLE orders ADD COLUMN colour text DEFAULT 'red'; ALTER TABLE orders ALTER quantity TYPE numeric(22, 2)");
  auto report = read();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(of(*report, "orders").notes.size(), 2U);
  EXPECT_EQ(in_lake()["orders"], (testing_company::Rows{"1|a|1.00|1|red"}));
}

TEST_F(SyncTest, AColumnThatIsGoneIsNamedAndNothingIsReadUntilTheWorkspaceAgrees) {
  start_sqlite();
  database_->execute("INSERT INTO orders VALUES (1, 'a', 1, 1); INSERT INTO items VALUES ('a', 'A')");
  ASSERT_TRUE(read());
  auto before = in_lake();
  database_->execute("ALTER TABLE orders DROP COLUMN item; INSERT INTO items VALUES ('b', 'B')");
  auto report = read();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kPrecondition);
  std::string text = report.error().text();
  for (std::string part : {"erp.orders", "column 'item' is gone", "sources/erp.yaml"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
  EXPECT_EQ(in_lake(), before);
  configure("tables: {orders: {cursor: seq, columns: [id, quantity, seq]}, items: {}, notes: {}}\n");
  report = read();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(in_lake()["orders"], (testing_company::Rows{"1|1|1"}));
  EXPECT_EQ(in_lake()["items"].size(), 2U);
}

TEST_F(SyncTest, ANarrowerTypeIsNamed) {
  start_postgres();
  database_->execute("ALTER TABLE orders ALTER quantity TYPE numeric(12, 2); INSERT INTO orders VALUES (1, 'a', 1.5, 1)");
  ASSERT_TRUE(read());
  database_->execute("ALTER TABLE orders ALTER quantity TYPE bigint");
  auto report = read();
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().text().find("column 'quantity' changed from decimal(12,2) to bigint"), std::string::npos)
      << report.error().text();
}

TEST_F(SyncTest, ACancelledReadLeavesEverythingAsItWas) {
  start_sqlite();
  database_->execute("INSERT INTO orders VALUES (1, 'a', 1, 1)");
  cancel_.cancel();
  auto report = read();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(in_lake().empty());
}

TEST_F(SyncTest, AServerThatIsDownIsWorthARetryAndTheRetryReadsOn) {
  start_postgres();
  database_->execute("INSERT INTO orders VALUES (1, 'a', 1, 1)");
  ASSERT_TRUE(read());
  database_->execute("INSERT INTO orders VALUES (2, 'b', 2, 2)");
  auto& server = testing::PostgresServer::shared();
  server.kill();
  auto report = read();
  ASSERT_FALSE(report);
  EXPECT_TRUE(info(report.error().code).retry) << report.error().text();
  EXPECT_EQ(in_lake()["orders"].size(), 1U);
  server.start();
  ASSERT_TRUE(read());
  EXPECT_EQ(in_lake()["orders"].size(), 2U);
}

}  // namespace
}  // namespace sinan::sync

// For tests of sync: a source that changes at random, the state beside it, and the comparison of both.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "data/sync/sync.hpp"
#include "platform/duck/duck.hpp"
#include "tests/servers/servers.hpp"

namespace sinan::sync::testing_company {

// Rows of a table as text, cells joined by '|', in order.
using Rows = std::vector<std::string>;
inline const std::vector<std::string> kTables{"items", "notes", "orders"};

// The source as its own client sees it: the oracle.
class Database {
 public:
  virtual ~Database() = default;
  virtual void execute(const std::string& sql) = 0;
  virtual Rows query(const std::string& sql) = 0;
  virtual std::string yaml() const = 0;
  // A second connection, for transactions that stay open.
  virtual std::unique_ptr<testing::Session> another_session() = 0;
};

std::unique_ptr<Database> sqlite_database(const std::filesystem::path& file);
std::unique_ptr<Database> postgres_database();

// Store, lake and sync, as one process has them open.
struct State {
  std::unique_ptr<storage::Store> store;
  std::unique_ptr<lake::Lake> lake;
  std::unique_ptr<Sync> sync;
};

class Company : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("sinan-sync-{}", ::getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void start_sqlite() { start(sqlite_database(folder_ / "erp.db")); }
  void start_postgres() { start(postgres_database()); }
  // orders: changes are seen by the cursor `seq`; items: by comparing keys; notes: without a key, whole.
  void start(std::unique_ptr<Database> database) {
    database_ = std::move(database);
    database_->execute("CREATE TABLE orders (id BIGINT PRIMARY KEY, item TEXT, quantity BIGINT, seq BIGINT NOT NULL)");
    database_->execute("CREATE TABLE items (code TEXT PRIMARY KEY, name TEXT)");
    database_->execute("CREATE TABLE notes (body TEXT)");
    configure("tables: {orders: {cursor: seq}, items: {}, notes: {}}\n");
  }
  void configure(const std::string& tables) {
    std::filesystem::path root = folder_ / "workspace";
    std::filesystem::create_directories(root / "sources");
    std::ofstream(root / "sinan.yaml") << "name: Test\n";
    std::ofstream(root / "sources" / "erp.yaml") << database_->yaml() << tables;
    Diagnostics diagnostics;
    auto workspace = Workspace::open(root, diagnostics);
    auto configs = sources::read_configs(*workspace, diagnostics);
    for (const Diagnostic& d : diagnostics.sorted()) ADD_FAILURE() << d.place.text() << ": " << d.message;
    ASSERT_EQ(configs.size(), 1U);
    config_ = configs[0];
  }

  State open_state() {
    State out;
    out.store = std::move(*storage::Store::open(folder_ / "state.db"));
    out.lake = std::move(*lake::Lake::open(folder_ / "lake", *out.store, clock_, {.memory_mb = 256, .threads = 1}));
    out.sync = std::move(*Sync::open(*out.store, *out.lake, clock_));
    return out;
  }
  Result<SourceReport> read(State& state) {
    SINAN_TRY(auto source, sources::open_source(config_, {.base_dir = folder_}));
    return state.sync->read(config_, *source, cancel_);
  }
  Result<SourceReport> read() {
    State state = open_state();
    return read(state);
  }

  // A few committed transactions at the source.
  void change(std::mt19937& random) {
    for (std::uint32_t i = 1 + random() % 4; i > 0; --i) {
      std::string sql = "BEGIN;";
      for (std::uint32_t j = 1 + random() % 6; j > 0; --j) sql += one_change(random);
      database_->execute(sql + "COMMIT");
    }
  }

  std::map<std::string, Rows> in_source() {
    return {{"orders", database_->query("SELECT id, item, quantity, seq FROM orders ORDER BY id")},
            {"items", database_->query("SELECT code, name FROM items ORDER BY code")},
            {"notes", database_->query("SELECT body FROM notes ORDER BY body")}};
  }
  std::map<std::string, Rows> in_lake(lake::Lake& lake, lake::Version at) {
    std::map<std::string, Rows> out;
    auto database = duck::Database::open({.memory_mb = 256, .threads = 1});
    auto connection = database->connect();
    for (const std::string& table : kTables) {
      auto from = lake.scan_sql(lake_table("erp", table), at);
      if (!from) continue;
      auto rows = connection->table(fmt::format("SELECT * EXCLUDE (_row) FROM {} ORDER BY 1", *from));
      EXPECT_TRUE(rows) << rows.error().text();
      Rows& lines = out[table];
      for (const Batch& batch : rows->batches)
        for (std::size_t i = 0; i < batch.rows(); ++i) {
          std::string& line = lines.emplace_back();
          for (std::size_t c = 0; c < batch.columns.size(); ++c)
            line += (c > 0 ? "|" : "") + (batch.columns[c].is_null(i) ? "NULL" : batch.columns[c].to_text(i));
        }
    }
    return out;
  }
  std::map<std::string, Rows> in_lake() {
    State state = open_state();
    return in_lake(*state.lake, state.lake->current());
  }

  std::filesystem::path folder_;
  FixedClock clock_{*parse_instant("2026-03-01T00:00:00Z")};
  CancelToken cancel_;
  std::unique_ptr<Database> database_;
  sources::SourceConfig config_;

 private:
  std::string one_change(std::mt19937& random) {
    std::uint32_t id = random() % 40;
    std::string item = fmt::format("'i{}'", random() % 9);
    switch (random() % 8) {
      case 0: return fmt::format("DELETE FROM orders WHERE id = {};", id);
      case 1: return fmt::format("DELETE FROM items WHERE code = {};", item);
      case 2: return fmt::format("INSERT INTO notes VALUES ('n{}');", random() % 50);
      case 3: return fmt::format("DELETE FROM notes WHERE body = 'n{}';", random() % 50);
      case 4:
        return fmt::format("INSERT INTO items VALUES ({}, {}) ON CONFLICT (code) DO UPDATE SET name = excluded.name;", item,
                           random() % 5 == 0 ? "NULL" : fmt::format("'name {}'", random() % 3));
      default:
        return fmt::format(
            "INSERT INTO orders VALUES ({}, {}, {}, {}) ON CONFLICT (id) DO UPDATE SET item = excluded.item, quantity = "
            "excluded.quantity, seq = excluded.seq;",
            id, item, random() % 5 == 0 ? "NULL" : std::to_string(random() % 100), ++seq_);
    }
  }

  std::int64_t seq_ = 0;
};

}  // namespace sinan::sync::testing_company

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <fstream>

#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"

namespace sinan::sources::sqlite {
namespace {

using conformance::config_from;
using conformance::LogicalRow;
using conformance::rows_of;

class Sqlite : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / fmt::format("sinan-sqlite-test-{}.db", ::getpid());
    remove();
    ASSERT_EQ(::sqlite3_open(path_.c_str(), &db_), SQLITE_OK);
  }
  void TearDown() override {
    ::sqlite3_close(db_);
    remove();
  }
  void remove() {
    for (const char* ending : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(path_.string() + ending);
  }

  void run(const std::string& sql) {
    char* message = nullptr;
    ASSERT_EQ(::sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
  }

  std::string read(const std::string& table, const std::string& extra = {}, const Zone& zone = {}) {
    config_ = config_from("kind: sqlite\npath: " + path_.string() + "\n" + extra);
    auto source = open_source(config_, {.base_dir = ".", .zone = zone, .timeout = std::chrono::seconds{1}});
    if (!source) return source.error().text();
    auto info = (*source)->describe(table);
    if (!info) return info.error().text();
    std::vector<std::string> columns;
    types_.clear();
    for (const Field& field : info->schema.fields) columns.push_back(field.name), types_ += (types_.empty() ? "" : " ") + field.type.sql();
    auto snapshot = (*source)->snapshot();
    if (!snapshot) return snapshot.error().text();
    auto scan = (*snapshot)->scan({table, columns, {}});
    if (!scan) return scan.error().text();
    std::string out;
    try {
      for (const LogicalRow& row : rows_of(**scan)) out += (out.empty() ? "" : "; ") + conformance::text_of(row);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return out;
  }

  std::filesystem::path path_;
  sqlite3* db_ = nullptr;
  SourceConfig config_;
  std::string types_;
};

TEST_F(Sqlite, DeclaredTypesAreReadInTheWaysThatPeopleStoreThem) {
  run(R"(CREATE TABLE t (id INTEGER PRIMARY KEY, ok BOOLEAN, price DECIMAL(10,2), at DATETIME, "from" DATE, free, uuid UUID, n NUMERIC);
    INSERT INTO t VALUES (1, 1, 0.1 + 0.2, '2024-03-01 10:00:00', '2024-03-01', 5, 'ab', 1.5);
    INSERT INTO t VALUES (2, 0, '12.34', 1709287200, NULL, 'text', 7, 2))");
  EXPECT_EQ(
      read("t"),
      "1 | true | 0.30 | 2024-03-01 10:00:00 | 2024-03-01 | 5 | ab | 1.5; 2 | false | 12.34 | 2024-03-01 10:00:00 | NULL | text | 7 | 2");
  EXPECT_EQ(types_, "bigint boolean decimal(10,2) timestamp date text text double");
  EXPECT_EQ(read("t", "timezone: Asia/Shanghai\n").substr(0, 38), "1 | true | 0.30 | 2024-03-01 02:00:00 ")
      << "seconds since 1970 stay, local text moves";
}

TEST_F(Sqlite, AValueThatBreaksItsColumnsTypeIsNamedByItsRow) {
  run("CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, d DECIMAL(6,2)); INSERT INTO t VALUES (1, 5, 1.25), (42, 'many', 1)");
  std::string error = read("t");
  EXPECT_NE(error.find("x.t.n"), std::string::npos) << error;
  EXPECT_NE(error.find("rowid 42 holds text"), std::string::npos) << error;
  EXPECT_EQ(read("t", "tables: {t: {types: {n: text}}}\n"), "1 | 5 | 1.25; 42 | many | 1.00");
  run("UPDATE t SET n = 1, d = 1.2345 WHERE id = 42");
  EXPECT_NE(read("t").find("x.t.d"), std::string::npos) << "digits would be lost";
}

TEST_F(Sqlite, NamesMayBeAnythingAndViewsAreRead) {
  run(R"(CREATE TABLE "Select ""x""" ("order by" INT PRIMARY KEY, "ünï" TEXT) WITHOUT ROWID; INSERT INTO "Select ""x""" VALUES (1, 'a');
    CREATE VIEW v AS SELECT "order by" + 1 AS n, "ünï" AS t FROM "Select ""x""")");
  EXPECT_EQ(read("Select \"x\""), "1 | a");
  EXPECT_EQ(read("v"), "2 | a");
}

TEST_F(Sqlite, AFileThatIsNoDatabaseOrIsNotThereIsToldSo) {
  auto noise = path_.string() + "-journal";
  std::ofstream(noise)
      << "this is a text file, and long enough to have a header of a hundred bytes if it were a database. It is none, though.";
  auto open = [](const std::string& path) {
    auto config = config_from("kind: sqlite\npath: " + path + "\n");
    auto source = open_source(config, {.base_dir = "."});
    if (!source) return source.error();
    auto tables = (*source)->discover();
    return tables ? Error{} : tables.error();
  };
  EXPECT_EQ(open(noise).code, ErrorCode::kCorrupt) << open(noise).text();
  EXPECT_EQ(open("nothing/here.db").code, ErrorCode::kNotFound);
}

TEST_F(Sqlite, AWriterWaitsForTheLockAndThenSaysWhoIsInTheWay) {
  run("CREATE TABLE o (k TEXT NOT NULL UNIQUE); BEGIN IMMEDIATE");
  auto config = config_from("kind: sqlite\npath: " + path_.string() + "\n");
  auto source = open_source(config, {.base_dir = ".", .timeout = std::chrono::seconds{1}});
  auto locked = (*source)->writer()->write({"o", "k", "a", {}});
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ErrorCode::kUnavailable) << locked.error().text();
  run("COMMIT");
  EXPECT_EQ((*source)->writer()->write({"o", "k", "a", {}}), WriteOutcome::kWritten);
  run("CREATE TRIGGER dropping BEFORE INSERT ON o BEGIN SELECT RAISE(IGNORE); END");
  EXPECT_FALSE((*source)->writer()->write({"o", "k", "b", {}})) << "a row that a trigger drops is not written";
}

TEST_F(Sqlite, ATimeTakenBeforeItsCommitIsCoveredByTheLag) {
  run("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, changed TEXT); INSERT INTO t VALUES (1, '2024-03-01 10:00:00')");
  auto config = config_from("kind: sqlite\npath: " + path_.string() + "\ncursor_lag: 1h\ntables: {t: {cursor: changed}}\n");
  auto source = open_source(config, {.base_dir = "."});
  auto options = change_options(config, *(*source)->describe("t"));
  Position position;
  auto next = [&] {
    auto snapshot = (*source)->snapshot();
    Position after;
    auto changes = (*snapshot)->changes(options, position, after);
    auto rows = rows_of(*changes->upserts).size();
    position = after;
    return rows;
  };
  EXPECT_EQ(next(), 1U);
  run("INSERT INTO t VALUES (2, '2024-03-01 11:00:00')");
  EXPECT_EQ(next(), 2U);
  run("INSERT INTO t VALUES (3, '2024-03-01 10:30:00')");  // its time was taken before that of 2
  EXPECT_EQ(next(), 3U);
}

}  // namespace
}  // namespace sinan::sources::sqlite

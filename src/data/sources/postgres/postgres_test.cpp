#include <gtest/gtest.h>

#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"
#include "tests/servers/servers.hpp"

namespace sinan::sources::postgres {
namespace {

using conformance::config_from;
using conformance::LogicalRow;
using conformance::rows_of;

class Postgres : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = server_.fresh_database();
    session_ = server_.connect(database_);
  }

  std::unique_ptr<Source> open(const std::string& extra = {}, const Zone& zone = {}) {
    config_ = config_from("kind: postgres\nconnection: " + server_.url(database_) + "\n" + extra);
    auto source = open_source(config_, {.base_dir = ".", .zone = zone});
    if (!source) throw std::runtime_error(source.error().text());
    return std::move(*source);
  }

  // One table, rows in order of the first column; an error's text if there is one.
  std::string read(Source& source, const std::string& table) {
    auto info = source.describe(table);
    if (!info) return info.error().text();
    std::vector<std::string> columns;
    types_.clear();
    for (const Field& field : info->schema.fields) columns.push_back(field.name), types_ += (types_.empty() ? "" : " ") + field.type.sql();
    auto snapshot = source.snapshot();
    if (!snapshot) return snapshot.error().text();
    auto scan = (*snapshot)->scan({table, columns, {}});
    if (!scan) return scan.error().text();
    std::string out;
    try {
      for (const LogicalRow& row : rows_of(**scan)) out += (out.empty() ? "" : "; ") + conformance::text_of(row);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    warnings_ = (*scan)->warnings();
    return out;
  }

  testing::PostgresServer& server_ = testing::PostgresServer::shared();
  std::string database_;
  std::unique_ptr<testing::Session> session_;
  SourceConfig config_;
  std::string types_;
  std::vector<Warning> warnings_;
};

TEST_F(Postgres, EveryTypeArrivesAsAValueOrAsItsText) {
  session_->execute(R"(
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE DOMAIN price AS numeric(10,3);
    CREATE TABLE odd (id smallint, free numeric, bounded price, money money, u uuid, tags text[], j jsonb, m mood, padded char(5), bits bit(3),
      dur interval, real4 real, ok boolean, at timestamptz, day time, net inet, num numeric(20,0));
    INSERT INTO odd VALUES (1, 123456789012345678901234567890.123456789, 1.5, 12.34, '00000000-0000-0000-0000-00000000000a', '{a,"b c"}',
      '{"x": 1}', 'happy', 'ab', B'101', '1 day 02:00', 0.1, true, '2024-03-01 10:00+08', '10:30', '10.0.0.1', 18446744073709551615))");
  auto source = open();
  EXPECT_EQ(read(*source, "odd"),
            "1 | 123456789012345678901234567890.123456789 | 1.500 | 12.3400 | 00000000-0000-0000-0000-00000000000a | {a,\"b c\"} | {\"x\": "
            "1} | happy | ab | "
            "101 | P1DT2H | 0.10000000149011612 | true | 2024-03-01 02:00:00 | 10:30:00 | 10.0.0.1/32 | 18446744073709551615");
  EXPECT_EQ(types_,
            "bigint text decimal(10,3) decimal(24,4) text text text text text text text double boolean timestamp text text decimal(20,0)");
}

TEST_F(Postgres, DecimalsAreExactToTheLastOf38Digits) {
  session_->execute(R"(
    CREATE TABLE d (id int, wide numeric(38,0), deep numeric(38,38), mixed numeric(38,2), tiny numeric(5,5));
    INSERT INTO d VALUES (1, 99999999999999999999999999999999999999, 0.99999999999999999999999999999999999999, -999999999999999999999999999999999999.99,
      0.00001), (2, -1, 0.00000000000000000000000000000000000001, 10000, -0.12345), (3, 0, 0, 0.01, 0))");
  auto source = open();
  EXPECT_EQ(read(*source, "d"),
            "1 | 99999999999999999999999999999999999999 | 0.99999999999999999999999999999999999999 | "
            "-999999999999999999999999999999999999.99 | 0.00001; "
            "2 | -1 | 0.00000000000000000000000000000000000001 | 10000.00 | -0.12345; "
            "3 | 0 | 0.00000000000000000000000000000000000000 | 0.01 | 0.00000");
}

TEST_F(Postgres, WhatATypeCannotHoldIsNullAndCountedOrRefused) {
  session_->execute(R"(
    CREATE TABLE odd (id int, d numeric(6,2), valid_to date, seen timestamptz);
    INSERT INTO odd VALUES (1, 'NaN', 'infinity', '-infinity'), (2, 1.5, '2024-01-01', '2024-01-01Z'), (3, 'NaN', NULL, NULL))");
  auto source = open();
  EXPECT_EQ(read(*source, "odd"), "1 | NULL | NULL | NULL; 2 | 1.50 | 2024-01-01 | 2024-01-01 00:00:00; 3 | NULL | NULL | NULL");
  ASSERT_EQ(warnings_.size(), 3U);
  EXPECT_EQ(warnings_[0].column, "d");
  EXPECT_EQ(warnings_[0].count, 2U);
  // Filters see them as null too.
  for (const auto& [column, nulls] : std::vector<std::pair<std::string, std::size_t>>{{"d", 2}, {"valid_to", 2}, {"seen", 2}}) {
    auto snapshot = source->snapshot();
    Filter filter{column, CompareOp::kIsNull, {}};
    EXPECT_EQ(source->pushdown("odd", filter), Pushdown::kExact);
    EXPECT_EQ(rows_of(**(*snapshot)->scan({"odd", {"id"}, {filter}})).size(), nulls) << column;
    filter.op = CompareOp::kIsNotNull;
    EXPECT_EQ(rows_of(**(*snapshot)->scan({"odd", {"id"}, {filter}})).size(), 3 - nulls) << column;
  }
  Filter above{"d", CompareOp::kGreater, {{.type = {TypeId::kDecimal, 6, 2}, .decimal = 0}}};
  auto snapshot = source->snapshot();
  EXPECT_EQ(rows_of(**(*snapshot)->scan({"odd", {"id"}, {above}})).size(), 1U);
  auto strict = open("odd_values: refuse\n");
  std::string refused = read(*strict, "odd");
  EXPECT_NE(refused.find("x.odd.d"), std::string::npos) << refused;
}

TEST_F(Postgres, NamesMayBeAnything) {
  session_->execute(
      R"(CREATE TABLE "Select ""x"".y" ("Group" int PRIMARY KEY, "order by" text, "ünï" int); INSERT INTO "Select ""x"".y" VALUES (1, 'a', 2);
    CREATE SCHEMA sales; CREATE TABLE sales.orders (id int); INSERT INTO sales.orders VALUES (7))");
  auto source = open();
  EXPECT_EQ(read(*source, "Select \"x\".y"), "1 | a | 2");
  EXPECT_EQ(read(*source, "sales.orders"), "7");
}

TEST_F(Postgres, ColumnsThatDifferOnlyInCaseAreToldAndCanBeChosen) {
  session_->execute(R"(CREATE TABLE twins (k int PRIMARY KEY, "id" int, "ID" text); INSERT INTO twins VALUES (1, 2, 'x'))");
  for (const char* tables : {"", "tables: {twins: {}}\n"}) {
    const std::string said = read(*open(tables), "twins");
    EXPECT_NE(said.find("the columns 'id' and 'ID' of the table 'twins' differ only in case"), std::string::npos) << said;
    EXPECT_NE(said.find("write under tables: twins: columns: [id, …]"), std::string::npos) << said;
  }
  Diagnostics found;
  check_source(config_, {.base_dir = ".", .zone = {}}, found);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.sorted()[0].code, "unsupported");
  EXPECT_EQ(read(*open("tables: {twins: {columns: [k, ID]}}\n"), "twins"), "1 | x");
}

TEST_F(Postgres, TypesCanBePinned) {
  session_->execute("CREATE TABLE p (id int, free numeric, f float8); INSERT INTO p VALUES (1, 1.50, 2.25)");
  auto source = open("tables: {p: {types: {free: 'decimal(10,2)', f: 'decimal(10,2)'}}}\n");
  EXPECT_EQ(read(*source, "p"), "1 | 1.50 | 2.25");
  session_->execute("INSERT INTO p VALUES (2, 1.555, 0)");
  std::string bad = read(*source, "p");
  EXPECT_NE(bad.find("x.p.free"), std::string::npos) << bad;
}

// Reads the ids that a table's changes bring, and keeps the position.
std::vector<std::int64_t> next_changes(Source& source, const ChangeOptions& options, Position& position) {
  auto snapshot = source.snapshot();
  Position next;
  auto changes = (*snapshot)->changes(options, position, next);
  if (!changes) throw std::runtime_error(changes.error().text());
  std::vector<std::int64_t> out;
  for (const LogicalRow& row : rows_of(*changes->upserts)) out.push_back(row[0].integer);
  position.state = Json::parse(next.state.dump());
  return out;
}

TEST_F(Postgres, ARowWhoseTransactionBeganEarlierAndCommittedLaterIsNotLost) {
  session_->execute("CREATE TABLE t (id int PRIMARY KEY, changed timestamptz DEFAULT now()); INSERT INTO t VALUES (1)");
  auto source = open("tables: {t: {cursor: changed}}\n");
  auto options = change_options(config_, *source->describe("t"));
  Position position;
  EXPECT_EQ(next_changes(*source, options, position), (std::vector<std::int64_t>{1}));
  auto slow = server_.connect(database_);
  slow->execute("BEGIN; INSERT INTO t VALUES (2)");  // its cursor is older than that of 3
  auto nested = server_.connect(database_);
  nested->execute("BEGIN; SELECT txid_current(); SAVEPOINT s");
  session_->execute("INSERT INTO t VALUES (3)");
  nested->execute("INSERT INTO t VALUES (4)");  // by a subtransaction, whose number no snapshot lists
  EXPECT_EQ(next_changes(*source, options, position), (std::vector<std::int64_t>{3}));
  session_->execute("INSERT INTO t VALUES (5)");
  auto third = next_changes(*source, options, position);
  EXPECT_TRUE(std::find(third.begin(), third.end(), 5) != third.end());
  slow->execute("COMMIT");
  nested->execute("RELEASE s; COMMIT");
  auto last = next_changes(*source, options, position);
  EXPECT_TRUE(std::find(last.begin(), last.end(), 2) != last.end()) << "the row of the slow transaction is lost";
  EXPECT_TRUE(std::find(last.begin(), last.end(), 4) != last.end()) << "the row of the subtransaction is lost";
  EXPECT_EQ(next_changes(*source, options, position), (std::vector<std::int64_t>{})) << "with nothing open, nothing comes twice";
}

TEST_F(Postgres, APlainUserSeesWhatItMayAndItsChanges) {
  session_->execute(
      "CREATE TABLE t (id int PRIMARY KEY, n int, secret text); CREATE TABLE hidden (id int); INSERT INTO t VALUES (1, 1, 'x')");
  session_->execute("CREATE ROLE plain_" + database_ + " LOGIN PASSWORD 'plain'; GRANT SELECT (id, n) ON t TO plain_" + database_ +
                    "; CREATE TABLE whole (id int PRIMARY KEY, n int); INSERT INTO whole VALUES (1, 1); GRANT SELECT ON whole TO plain_" +
                    database_);
  auto config = config_from(fmt::format(
      "kind: postgres\nconnection: postgresql://plain_{0}:plain@127.0.0.1:{1}/{0}\ntables: {{t: {{cursor: n}}, whole: {{cursor: n}}}}\n",
      database_, server_.port()));
  auto source = open_source(config, {.base_dir = "."});
  ASSERT_TRUE(source) << source.error().text();
  auto info = (*source)->describe("t");
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->schema.fields.size(), 2U) << "a column that the user may not read is not there";
  auto options = change_options(config, *info);
  Position position;
  EXPECT_EQ(next_changes(**source, options, position), (std::vector<std::int64_t>{1}));
  session_->execute("INSERT INTO t VALUES (2, 2, 'y'); INSERT INTO whole VALUES (2, 2)");
  EXPECT_EQ(next_changes(**source, options, position), (std::vector<std::int64_t>{1, 2}))
      << "without the right to the whole table, it is read whole";
  auto whole = change_options(config, *(*source)->describe("whole"));
  Position other;
  next_changes(**source, whole, other);
  session_->execute("INSERT INTO whole VALUES (3, 3)");
  EXPECT_EQ(next_changes(**source, whole, other), (std::vector<std::int64_t>{3}));
  // Writing is refused before anything is written.
  EXPECT_FALSE((*source)->writer()->check("t", "n", {"id"}));
}

TEST_F(Postgres, ATableThatWasMadeAgainIsReadWhole) {
  session_->execute("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1), (2)");
  auto source = open("tables: {t: {cursor: n}}\n");
  auto options = change_options(config_, *source->describe("t"));
  Position position;
  next_changes(*source, options, position);
  session_->execute("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (9)");
  auto again = open("tables: {t: {cursor: n}}\n");
  auto snapshot = again->snapshot();
  Position next;
  auto changes = (*snapshot)->changes(options, position, next);
  ASSERT_TRUE(changes) << changes.error().text();
  EXPECT_TRUE(changes->replaces_all);
}

TEST_F(Postgres, AServerThatGoesAwayInTheMiddleIsUnavailableAndNamedWithoutItsPassword) {
  session_->execute("CREATE TABLE big AS SELECT i AS id, repeat('x', 1000) AS t FROM generate_series(1, 100000) i");
  auto source = open();
  auto snapshot = source->snapshot();
  ASSERT_TRUE(snapshot);
  auto scan = (*snapshot)->scan({"big", {"id", "t"}, {}});
  ASSERT_TRUE(scan);
  Batch batch;
  ASSERT_TRUE((*scan)->next(batch));
  session_.reset();
  server_.kill();
  Result<bool> more = true;
  while (more && *more) more = (*scan)->next(batch);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kUnavailable) << more.error().text();
  EXPECT_NE(more.error().place.find(fmt::format("127.0.0.1:{}", server_.port())), std::string::npos) << more.error().text();
  auto down = source->snapshot();
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().code, ErrorCode::kUnavailable) << down.error().text();
  EXPECT_EQ(down.error().text().find("s3cret"), std::string::npos);
  scan->reset();
  snapshot->reset();
  server_.start();
  EXPECT_TRUE(source->snapshot());
}

TEST_F(Postgres, TlsVerifiesTheServer) {
  auto state = [&](const std::string& parameters) {
    auto config = config_from("kind: postgres\nconnection: \"" + server_.url(database_, parameters) + "\"\n");
    auto source = open_source(config, {.base_dir = server_.ca_file().parent_path()});
    if (!source) return source.error().text();
    auto tables = (*source)->discover();
    return tables ? std::string("connected") : tables.error().text();
  };
  EXPECT_EQ(state("?sslmode=require"), "connected");
  EXPECT_EQ(state("?sslmode=verify-full&sslrootcert=server.crt"), "connected");
  EXPECT_NE(state("?sslmode=verify-full&sslrootcert=missing.crt"), "connected");
}

TEST_F(Postgres, AWrongPasswordIsToldWithoutQuotingIt) {
  auto config =
      config_from(fmt::format("kind: postgres\nconnection: {{host: 127.0.0.1, port: {}, user: sinan, password: 'hunter2', database: {}}}\n",
                              server_.port(), database_));
  auto source = open_source(config, {.base_dir = "."});
  ASSERT_TRUE(source) << source.error().text();
  auto tables = (*source)->discover();
  ASSERT_FALSE(tables);
  EXPECT_EQ(tables.error().code, ErrorCode::kUnauthenticated) << tables.error().text();
  EXPECT_EQ(tables.error().text().find("hunter2"), std::string::npos);
  auto broken = config_from("kind: postgres\nconnection: 'postgresql://u:hun/ter2@[host/db'\n");
  auto refused = open_source(broken, {.base_dir = "."});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text().find("ter2"), std::string::npos) << refused.error().text();
}

TEST_F(Postgres, CheckTellsEachMistakeAtItsPlace) {
  session_->execute(
      "CREATE TABLE orders (id int PRIMARY KEY, amount int); CREATE TABLE log (line text); CREATE TABLE po (k text, item text)");
  auto config = config_from("kind: postgres\nconnection: " + server_.url(database_) + R"(
tables:
  ordrs: {}
  orders: {columns: [id, amont], key: [idd]}
  log: {cursor: line}
writes:
  purchase_orders: {table: po, columns: {item: item_id}, idempotency_key: k}
)");
  Diagnostics diagnostics;
  check_source(config, {.base_dir = "."}, diagnostics);
  std::string all;
  for (const Diagnostic& d : diagnostics.sorted())
    all += fmt::format("{}:{} {} {} ({})\n", d.place.line, d.place.column, d.code, d.message, d.hint);
  for (const char* expected : {"4:3 unknown_table", "did you mean 'orders'", "'amont'", "did you mean 'amount'", "'idd'", "missing_key",
                               "not_writable", "CREATE UNIQUE INDEX"})
    EXPECT_NE(all.find(expected), std::string::npos) << expected << " is not in\n" << all;
  EXPECT_EQ(diagnostics.size(), 5U) << all;
  Diagnostics down;
  auto unreachable = config_from("kind: postgres\nconnection: postgresql://u:p@127.0.0.1:1/x\n");
  check_source(unreachable, {.base_dir = "."}, down);
  ASSERT_EQ(down.size(), 1U);
  EXPECT_EQ(down.sorted()[0].code, "unreachable");
}

}  // namespace
}  // namespace sinan::sources::postgres

#include <gtest/gtest.h>

#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"
#include "tests/servers/servers.hpp"

namespace sinan::sources::mysql {
namespace {

using conformance::config_from;
using conformance::LogicalRow;
using conformance::rows_of;

class Mysql : public ::testing::Test {
 protected:
  void SetUp() override {
    database_ = server_.fresh_database();
    session_ = server_.connect(database_);
    session_->execute("SET sql_mode = '', time_zone = '+00:00'");
  }

  std::unique_ptr<Source> open(const std::string& extra = {}, const Zone& zone = {}) {
    config_ = config_from("kind: mysql\nconnection: " + server_.url(database_) + "\n" + extra);
    auto source = open_source(config_, {.base_dir = ".", .zone = zone});
    if (!source) throw std::runtime_error(source.error().text());
    return std::move(*source);
  }

  std::string read(Source& source, const std::string& table, const std::vector<Filter>& filters = {}) {
    auto info = source.describe(table);
    if (!info) return info.error().text();
    std::vector<std::string> columns;
    types_.clear();
    for (const Field& field : info->schema.fields) columns.push_back(field.name), types_ += (types_.empty() ? "" : " ") + field.type.sql();
    auto snapshot = source.snapshot();
    if (!snapshot) return snapshot.error().text();
    auto scan = (*snapshot)->scan({table, columns, filters});
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

  testing::MariadbServer& server_ = testing::MariadbServer::shared();
  std::string database_;
  std::unique_ptr<testing::Session> session_;
  SourceConfig config_;
  std::string types_;
  std::vector<Warning> warnings_;
};

TEST_F(Mysql, EveryTypeArrivesAsAValueOrAsItsText) {
  session_->execute(R"(
    CREATE TABLE odd (id tinyint unsigned, big bigint unsigned, wide decimal(65,0), f float, d double, b bit(10), y year, t time(3), e enum('a','B'),
      s set('x','y'), j json, u uuid, c char(5), l varchar(20) CHARACTER SET latin1, z int(8) unsigned zerofill, at timestamp(6) NULL, g point, bin binary(3)) CHARACTER SET utf8mb4;
    INSERT INTO odd VALUES (255, 18446744073709551615, 99999999999999999999999999999999999999999999999999999999999999999, 0.1, 0.1, b'1000000001', 2024,
      '-10:30:00.5', 'B', 'x,y', '{"x": 1}', '00000000-0000-0000-0000-00000000000a', 'ab  ', 'é', 42, '2024-03-01 10:00:00.000001', POINT(1, 2), 'a'))");
  auto source = open();
  EXPECT_EQ(read(*source, "odd"),
            "255 | 18446744073709551615 | 99999999999999999999999999999999999999999999999999999999999999999 | 0.10000000149011612 | 0.1 | "
            "513 | 2024 | "
            "-10:30:00.500 | B | x,y | {\"x\": 1} | 00000000-0000-0000-0000-00000000000a | ab | é | 42 | 2024-03-01 10:00:00.000001 | "
            "POINT(1 2) | x610000");
  EXPECT_EQ(types_, "bigint decimal(20,0) text double double bigint bigint text text text text text text text bigint timestamp text blob");
}

TEST_F(Mysql, ZeroDatesAreNullAndCountedOrRefused) {
  session_->execute(R"(
    CREATE TABLE odd (id int, day date, at datetime NOT NULL);
    INSERT INTO odd VALUES (1, '0000-00-00', '0000-00-00 00:00:00'), (2, '2024-00-15', '2024-03-01 10:00'), (3, NULL, '2024-03-01 11:00'))");
  auto source = open();
  EXPECT_EQ(read(*source, "odd"), "1 | NULL | NULL; 2 | NULL | 2024-03-01 10:00:00; 3 | NULL | 2024-03-01 11:00:00");
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_EQ(warnings_[1].column, "day");
  EXPECT_EQ(warnings_[1].count, 2U);
  auto info = source->describe("odd");
  EXPECT_TRUE(info->schema.fields[2].nullable) << "a zero date is null here, whatever the column declares";
  EXPECT_EQ(source->pushdown("odd", {"day", CompareOp::kIsNull, {}}), Pushdown::kNone) << "zero dates would be missed";
  auto strict = open("odd_values: refuse\n");
  std::string refused = read(*strict, "odd");
  EXPECT_NE(refused.find("x.odd."), std::string::npos) << refused;
}

TEST_F(Mysql, TextIsComparedByItsBytesWhateverTheCollation) {
  session_->execute(R"(
    CREATE TABLE t (id int PRIMARY KEY, ci varchar(20) COLLATE utf8mb4_general_ci, l varchar(20) CHARACTER SET latin1, e enum('a','A') COLLATE utf8mb4_bin, KEY (ci));
    INSERT INTO t VALUES (1, 'a', 'é', 'a'), (2, 'A', 'e', 'A'), (3, 'a ', 'É', NULL), (4, 'ä', 'é ', NULL))");
  auto source = open();
  auto ids = [&](const std::string& column, CompareOp op, const std::string& text) {
    Filter filter{column, op, {{.type = {TypeId::kText}, .text = text}}};
    EXPECT_TRUE(source->describe("t"));
    EXPECT_EQ(source->pushdown("t", filter), Pushdown::kExact);
    auto snapshot = source->snapshot();
    std::string out;
    for (const LogicalRow& row : rows_of(**(*snapshot)->scan({"t", {"id"}, {filter}}))) out += std::to_string(row[0].integer);
    return out;
  };
  EXPECT_EQ(ids("ci", CompareOp::kEqual, "a"), "1");
  EXPECT_EQ(ids("ci", CompareOp::kNotEqual, "a"), "234");
  EXPECT_EQ(ids("ci", CompareOp::kGreater, "a"), "34");
  EXPECT_EQ(ids("l", CompareOp::kEqual, "é"), "1");
  EXPECT_EQ(ids("l", CompareOp::kEqual, "日"), "");
  EXPECT_EQ(ids("e", CompareOp::kEqual, "A"), "2");
}

TEST_F(Mysql, UnsignedNumbersCompareWithNegativeOnes) {
  session_->execute(
      "CREATE TABLE t (id int PRIMARY KEY, u int unsigned, b bigint unsigned); INSERT INTO t VALUES (1, 0, 0), (2, 4294967295, "
      "18446744073709551615)");
  auto source = open();
  EXPECT_TRUE(source->describe("t"));
  EXPECT_EQ(read(*source, "t", {{"u", CompareOp::kGreater, {{.type = {TypeId::kInt}, .integer = -1}}}}),
            "1 | 0 | 0; 2 | 4294967295 | 18446744073709551615");
  EXPECT_EQ(read(*source, "t", {{"b", CompareOp::kGreater, {{.type = {TypeId::kDecimal, 20, 0}, .decimal = -1}}}}),
            "1 | 0 | 0; 2 | 4294967295 | 18446744073709551615");
}

// Reads the ids that a table's changes bring, and keeps the position.
std::vector<std::int64_t> next_changes(Source& source, const ChangeOptions& options, Position& position) {
  auto snapshot = source.snapshot();
  if (!snapshot) throw std::runtime_error(snapshot.error().text());
  Position next;
  auto changes = (*snapshot)->changes(options, position, next);
  if (!changes) throw std::runtime_error(changes.error().text());
  std::vector<std::int64_t> out;
  for (const LogicalRow& row : rows_of(*changes->upserts)) out.push_back(row[0].integer);
  position.state = Json::parse(next.state.dump());
  return out;
}

bool has(const std::vector<std::int64_t>& ids, std::int64_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

TEST_F(Mysql, ARowWhoseTransactionBeganEarlierAndCommittedLaterIsNotLost) {
  // The cursor counts in the order of inserting, not of committing.
  session_->execute("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, note text); INSERT INTO t VALUES (NULL, 'first')");
  auto source = open("tables: {t: {cursor: id}}\n");
  auto options = change_options(config_, *source->describe("t"));
  Position position;
  EXPECT_TRUE(has(next_changes(*source, options, position), 1));
  auto slow = server_.connect(database_);
  slow->execute("START TRANSACTION; INSERT INTO t VALUES (NULL, 'slow')");
  session_->execute("INSERT INTO t VALUES (NULL, 'quick')");
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(has(next_changes(*source, options, position), 3)) << "what came after the slow one began comes again";
  slow->execute("COMMIT");
  EXPECT_TRUE(has(next_changes(*source, options, position), 2)) << "the row of the slow transaction is lost";
}

TEST_F(Mysql, WithoutTheRightToSeeTransactionsALagProtects) {
  session_->execute("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (NULL)");
  session_->execute("CREATE USER IF NOT EXISTS 'small'@'127.0.0.1' IDENTIFIED BY 'small'; GRANT SELECT ON " + database_ +
                    ".* TO 'small'@'127.0.0.1'");
  auto config = config_from(fmt::format("kind: mysql\nconnection: mysql://small:small@127.0.0.1:{}/{}\ntables: {{t: {{cursor: id}}}}\n",
                                        server_.port(), database_));
  auto source = open_source(config, {.base_dir = "."});
  ASSERT_TRUE(source) << source.error().text();
  auto options = change_options(config, *(*source)->describe("t"));
  Position position;
  next_changes(**source, options, position);
  session_->execute("INSERT INTO t VALUES (NULL)");
  EXPECT_EQ(next_changes(**source, options, position), (std::vector<std::int64_t>{1, 2})) << "within the lag of 10 minutes all comes again";
}

TEST_F(Mysql, ScansThatAreOpenAtOnceAreSetAsideWithinTheirLimit) {
  session_->execute("CREATE TABLE big (id int PRIMARY KEY, t text); INSERT INTO big SELECT seq, REPEAT('x', 1000) FROM seq_1_to_20000");
  for (const auto& [limit, good] : std::vector<std::pair<std::string, bool>>{{"", true}, {"spool_limit_mb: 1\n", false}}) {
    auto source = open(limit);
    auto snapshot = source->snapshot();
    auto first = (*snapshot)->scan({"big", {"id", "t"}, {}});
    ASSERT_TRUE(first);
    auto second = (*snapshot)->scan({"big", {"id"}, {}});
    ASSERT_EQ(second.has_value(), good);
    if (!good) {
      EXPECT_EQ(second.error().code, ErrorCode::kLimit);
      EXPECT_NE(second.error().message.find("spool_limit_mb"), std::string::npos);
      continue;
    }
    EXPECT_EQ(rows_of(**second).size(), 20'000U);
    EXPECT_EQ(rows_of(**first).size(), 20'000U);
  }
}

TEST_F(Mysql, AServerThatGoesAwayInTheMiddleIsUnavailableAndNamedWithoutItsPassword) {
  session_->execute("CREATE TABLE big (id int PRIMARY KEY, t text); INSERT INTO big SELECT seq, REPEAT('x', 1000) FROM seq_1_to_50000");
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

TEST_F(Mysql, TlsVerifiesTheServer) {
  auto state = [&](const std::string& parameters) {
    auto config = config_from("kind: mysql\nconnection: \"" + server_.url(database_, parameters) + "\"\n");
    auto source = open_source(config, {.base_dir = server_.ca_file().parent_path()});
    if (!source) return source.error().text();
    auto tables = (*source)->discover();
    return tables ? std::string("connected") : tables.error().text();
  };
  EXPECT_EQ(state("?ssl-mode=required"), "connected");
  EXPECT_EQ(state("?ssl-mode=verify_identity&ssl-ca=server.crt"), "connected");
  EXPECT_NE(state("?ssl-mode=verify_identity&ssl-ca=missing.crt"), "connected");
  EXPECT_NE(state("?ssl-mode=nonsense").find("unknown ssl-mode"), std::string::npos);
}

TEST_F(Mysql, AKeyThatOnlyTheCollationTakesForEqualIsAConflict) {
  session_->execute("CREATE TABLE o (k varchar(50) COLLATE utf8mb4_general_ci NOT NULL UNIQUE)");
  auto writer = open()->writer();
  EXPECT_EQ(writer->write({"o", "k", "key-a", {}}), WriteOutcome::kWritten);
  EXPECT_EQ(writer->write({"o", "k", "key-a", {}}), WriteOutcome::kAlreadyThere);
  auto other = writer->write({"o", "k", "KEY-A", {}});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace sinan::sources::mysql

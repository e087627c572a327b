#include "platform/duck/duck.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace sinan::duck {
namespace {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / fmt::format("sinan_duck_test_{}_{}", getpid(), ++count_)) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  static inline int count_ = 0;
  std::filesystem::path path_;
};

Connection connect(Options options = {}) {
  auto database = Database::open(options);
  EXPECT_TRUE(database) << database.error().text();
  return *database->connect();
}

std::string text_of(Connection& connection, const std::string& sql) {
  auto table = connection.table(sql);
  if (!table) return "error: " + table.error().text();
  std::string out;
  for (const Batch& batch : table->batches)
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      for (std::size_t i = 0; i < batch.columns.size(); ++i)
        out += (i ? "|" : "") + (batch.columns[i].is_null(row) ? std::string("NULL") : batch.columns[i].to_text(row));
      out += "\n";
    }
  return out;
}

// Rows (i, text of i, i / 4 as a decimal), i from 0; answers filters on `i` as `answer` says.
class Numbers : public TableProvider {
 public:
  explicit Numbers(std::int64_t rows, Pushdown answer = Pushdown::kNone) : rows_(rows), answer_(answer) {}

  const Schema& schema() const override {
    static const Schema schema{{{"i", {TypeId::kInt}}, {"name", {TypeId::kText}}, {"quarter", {TypeId::kDecimal, 12, 2}}}};
    return schema;
  }
  std::string name() const override { return "numbers"; }
  Pushdown pushdown(const Filter& filter) const override { return filter.column == "i" ? answer_ : Pushdown::kNone; }
  Result<std::unique_ptr<Reader>> open(const StreamRequest& request) const override {
    opened.push_back(request);
    return std::make_unique<Stream>(*this, request);
  }

  mutable std::vector<StreamRequest> opened;
  std::int64_t fails_at = -1;

 private:
  class Stream final : public Reader {
   public:
    Stream(const Numbers& table, StreamRequest request) : table_(table), request_(std::move(request)) {
      for (auto column : request_.columns) schema_.fields.push_back(table.schema().fields[column]);
    }
    const Schema& schema() const override { return schema_; }
    Result<bool> next(Batch& batch) override {
      batch.columns.clear();
      for (const Field& field : schema_.fields) batch.columns.emplace_back(field.type);
      std::int64_t end = std::min(table_.rows_, at_ + 5'000);
      if (at_ == end) return false;
      for (; at_ < end; ++at_) {
        if (at_ == table_.fails_at) return fail(ErrorCode::kUnavailable, "the server went away", "erp");
        if (passes(at_)) append(batch);
      }
      return true;
    }

   private:
    bool passes(std::int64_t i) const {
      for (const Filter& filter : request_.filters) {
        if (filter.op == CompareOp::kIn) {
          if (std::ranges::none_of(filter.values, [&](const Value& value) { return value.integer == i; })) return false;
        } else if (filter.op == CompareOp::kGreaterEqual) {
          if (i < filter.values[0].integer) return false;
        } else if (filter.op == CompareOp::kLessEqual) {
          if (i > filter.values[0].integer) return false;
        } else if (filter.op != CompareOp::kEqual || i != filter.values[0].integer) {
          return false;
        }
      }
      return true;
    }
    void append(Batch& batch) {
      for (std::size_t c = 0; c < request_.columns.size(); ++c) {
        Column& column = batch.columns[c];
        if (request_.columns[c] == 0) column.append_int(at_);
        if (request_.columns[c] == 1) at_ % 10 == 7 ? column.append_null() : column.append_text(fmt::format("n{}", at_));
        if (request_.columns[c] == 2) column.append_decimal(at_ * 25);
      }
    }
    const Numbers& table_;
    StreamRequest request_;
    Schema schema_;
    std::int64_t at_ = 0;
  };

  std::int64_t rows_;
  Pushdown answer_;
};

TEST(Duck, ValuesOfEveryTypeArriveAsTheyAre) {
  auto connection = connect();
  struct Case {
    std::string sql, type, value;
  };
  const std::vector<Case> cases{
      {"true", "boolean", "true"},
      {"-7::TINYINT", "bigint", "-7"},
      {"9223372036854775807", "bigint", "9223372036854775807"},
      {"18446744073709551615::UBIGINT", "decimal(20,0)", "18446744073709551615"},
      {"sum(x) FROM (VALUES (1), (2)) t(x)", "decimal(38,0)", "3"},
      {"1.5::FLOAT", "double", "1.5"},
      {"12.34::DECIMAL(4,2)", "decimal(4,2)", "12.34"},
      {"-0.0001::DECIMAL(38,4)", "decimal(38,4)", "-0.0001"},
      {"'司南'", "text", "司南"},
      {"DATE '2026-03-01'", "date", "2026-03-01"},
      {"TIMESTAMP '2026-03-01 08:15:00'", "timestamp", "2026-03-01 08:15:00"},
      {"TIMESTAMPTZ '2026-03-01 08:15:00+08'", "timestamp", "2026-03-01 00:15:00"},
      {"TIMESTAMP_S '2026-03-01 08:15:00'", "timestamp", "2026-03-01 08:15:00"},
      {"TIME '08:15:00'", "text", "08:15:00"},
      {"[1, 2]", "text", "[1, 2]"},
      {"{'a': 1}::JSON", "text", "{\"a\":1}"},
      {"'00000000-0000-0000-0000-000000000001'::UUID", "text", "00000000-0000-0000-0000-000000000001"},
  };
  for (const auto& [sql, type, value] : cases) {
    auto table = connection.table("SELECT " + sql);
    ASSERT_TRUE(table) << sql << ": " << table.error().text();
    EXPECT_EQ(table->schema.fields[0].type, *parse_type(type)) << sql << " is " << table->schema.fields[0].type.sql();
    EXPECT_EQ(table->batches.at(0).columns.at(0).to_text(0), value) << sql;
  }
}

TEST(Duck, StreamedTablesCanBeJoinedGroupedAndCounted) {
  auto database = Database::open({});
  auto connection = *database->connect();
  auto numbers = std::make_shared<Numbers>(20'000);
  auto handle = database->add_table(numbers);
  EXPECT_EQ(text_of(connection, "SELECT count(*) FROM " + handle.sql()), "20000\n");
  EXPECT_EQ(text_of(connection, "SELECT count(name), sum(quarter), min(i), max(name) FROM " + handle.sql()), "18000|49997500.00|0|n9999\n");
  EXPECT_EQ(text_of(connection, fmt::format("SELECT count(*) FROM {0} a JOIN {0} b ON a.i = b.i + 1", handle.sql())), "19999\n");
  EXPECT_EQ(text_of(connection, fmt::format("SELECT name, i FROM {} WHERE i IN (6, 7)", handle.sql())), "n6|6\nNULL|7\n");
}

TEST(Duck, FiltersAreHandedDownAndTheAnswerIsTheSame) {
  for (auto answer : {Pushdown::kNone, Pushdown::kSuperset, Pushdown::kExact}) {
    auto database = Database::open({});
    auto connection = *database->connect();
    auto numbers = std::make_shared<Numbers>(100, answer);
    auto handle = database->add_table(numbers);
    EXPECT_EQ(text_of(connection, fmt::format("SELECT name FROM {} WHERE i BETWEEN 40 AND 41 AND name IS NOT NULL", handle.sql())),
              "n40\nn41\n");
    bool handed = !numbers->opened.at(0).filters.empty();
    EXPECT_EQ(handed, answer != Pushdown::kNone);
  }
}

TEST(Duck, OnlyWantedColumnsAreAskedFor) {
  auto database = Database::open({});
  auto connection = *database->connect();
  auto numbers = std::make_shared<Numbers>(10, Pushdown::kExact);
  auto handle = database->add_table(numbers);
  EXPECT_EQ(text_of(connection, fmt::format("SELECT name FROM {} WHERE i = 3", handle.sql())), "n3\n");
  ASSERT_EQ(numbers->opened.size(), 1U);
  EXPECT_EQ(numbers->opened[0].columns, std::vector<std::size_t>{1});
  ASSERT_EQ(numbers->opened[0].filters.size(), 1U);
  EXPECT_EQ(condition(numbers->opened[0].filters[0]), "\"i\" = 3");
}

TEST(Duck, TheErrorOfAStreamedTableComesBackAsItWas) {
  auto database = Database::open({});
  auto connection = *database->connect();
  auto numbers = std::make_shared<Numbers>(20'000);
  numbers->fails_at = 12'345;
  auto handle = database->add_table(numbers);
  auto table = connection.table("SELECT sum(i) FROM " + handle.sql());
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(table.error().text(), "erp: the server went away");
  EXPECT_EQ(text_of(connection, "SELECT 1"), "1\n") << "the connection works on";
}

TEST(Duck, OneEngineReadsFromAnother) {
  auto inner = Database::open({});
  auto outer = Database::open({.files = false});
  class Inner final : public TableProvider {
   public:
    explicit Inner(Database database) : database_(std::move(database)) {}
    const Schema& schema() const override {
      static const Schema schema{{{"i", {TypeId::kInt}}, {"square", {TypeId::kDouble}}, {"t", {TypeId::kText}}}};
      return schema;
    }
    std::string name() const override { return "inner"; }
    Result<std::unique_ptr<Reader>> open(const StreamRequest& request) const override {
      std::string list;
      for (auto column : request.columns) list += (list.empty() ? "" : ", ") + quote_name(schema().fields[column].name);
      SINAN_TRY(auto connection, database_.connect());
      return connection.query(
          fmt::format("SELECT {} FROM (SELECT range AS i, (range * range)::DOUBLE AS square, 'x' AS t FROM range(100000))", list));
    }

   private:
    Database database_;
  };
  auto handle = outer->add_table(std::make_shared<Inner>(*inner));
  auto connection = *outer->connect();
  EXPECT_EQ(text_of(connection, fmt::format("SELECT count(*), max(square), min(t) FROM {} WHERE i < 99999", handle.sql())),
            "99999|9999600004|x\n");
}

TEST(Duck, ParquetFilesComeBackRowByRow) {
  Folder folder;
  auto database = Database::open({});
  Numbers numbers(150'000);
  auto writer = ParquetWriter::create(*database, folder / "n.parquet", numbers.schema());
  ASSERT_TRUE(writer) << writer.error().text();
  auto reader = numbers.open({{0, 1, 2}, {}});
  Batch batch;
  while (*(*reader)->next(batch)) ASSERT_TRUE((*writer)->append(std::move(batch)));
  EXPECT_EQ(*(*writer)->finish(), 150'000);
  auto connection = *database->connect();
  EXPECT_EQ(text_of(connection, fmt::format("SELECT count(*), count(name), sum(i), sum(quarter) FROM read_parquet({})",
                                            quote_text((folder / "n.parquet").string()))),
            "150000|135000|11249925000|2812481250.00\n");
  EXPECT_EQ(
      text_of(connection, fmt::format("SELECT count(*) FROM (SELECT i, row_number() OVER () - 1 AS r FROM read_parquet({})) WHERE i <> r",
                                      quote_text((folder / "n.parquet").string()))),
      "0\n")
      << "rows keep their order";
}

TEST(Duck, AFileThatCannotBeWrittenIsAnErrorAndLeavesNothing) {
  Folder folder;
  auto database = Database::open({});
  Numbers numbers(1'000'000);
  auto writer = ParquetWriter::create(*database, folder / "missing" / "n.parquet", numbers.schema());
  ASSERT_TRUE(writer);
  auto reader = numbers.open({{0, 1, 2}, {}});
  Batch batch;
  Status status;
  while (status && *(*reader)->next(batch)) status = (*writer)->append(std::move(batch));
  EXPECT_FALSE((*writer)->finish());
  {
    auto given_up = ParquetWriter::create(*database, folder / "n.parquet", numbers.schema());
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "n.parquet"));
}

TEST(Duck, ErrorsSayWhatTheCallerCanDo) {
  Folder folder;
  auto connection = connect({.memory_mb = 64, .threads = 1});
  struct Case {
    std::string sql;
    ErrorCode code;
  };
  const std::vector<Case> cases{
      {"SELEC 1", ErrorCode::kInvalidInput},
      {"SELECT nope", ErrorCode::kInvalidInput},
      {"SELECT CAST('x' AS INTEGER)", ErrorCode::kInvalidInput},
      {"SELECT * FROM read_csv('/nowhere/at/all.csv')", ErrorCode::kNotFound},
      {"SELECT list(range) FROM range(100000000)", ErrorCode::kLimit},
  };
  for (const auto& [sql, code] : cases) {
    auto table = connection.table(sql);
    ASSERT_FALSE(table) << sql;
    EXPECT_EQ(table.error().code, code) << sql << ": " << table.error().text();
    EXPECT_FALSE(table.error().message.contains('\n')) << table.error().message;
  }
}

TEST(Duck, WorkLargerThanMemorySpillsEvenWithoutFiles) {
  Folder folder;
  const std::string sql = "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY md5(range::VARCHAR)) AS n FROM range(500000))";
  for (bool spills : {true, false}) {
    auto database =
        Database::open({.memory_mb = 40, .threads = 1, .temp_dir = spills ? folder / "spill" : "", .files = false, .allowed_dirs = {}});
    ASSERT_TRUE(database) << database.error().text();
    ASSERT_TRUE(database->lock_configuration());
    auto connection = *database->connect();
    auto answer = text_of(connection, sql);
    EXPECT_EQ(answer == "500000\n", spills) << answer;
  }
}

TEST(Duck, WithoutFilesNothingOutsideCanBeReached) {
  auto database = Database::open({.files = false});
  ASSERT_TRUE(database->lock_configuration());
  auto connection = *database->connect();
  for (std::string sql :
       {"SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM '/etc/passwd'", "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/x.db'", "SET enable_external_access = true", "SET memory_limit = '10GB'", "INSTALL httpfs", "LOAD httpfs"})
    EXPECT_FALSE(connection.run(sql)) << sql;
}

TEST(Duck, EvenBatchesAreFullButTheLast) {
  auto connection = connect();
  auto reader = connection.query(
      "SELECT range AS i, CASE WHEN range % 3 = 0 THEN 'v' || range END AS t FROM range(20000) WHERE range % 7 <> 0", {.even = true});
  ASSERT_TRUE(reader) << reader.error().text();
  Batch batch;
  std::vector<std::size_t> sizes;
  std::int64_t sum = 0;
  while (*(*reader)->next(batch)) {
    sizes.push_back(batch.rows());
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      auto i = batch.columns[0].ints[row];
      sum += i;
      ASSERT_EQ(batch.columns[1].is_null(row), i % 3 != 0);
      if (i % 3 == 0) ASSERT_EQ(batch.columns[1].text(row), fmt::format("v{}", i));
    }
  }
  ASSERT_EQ(sizes.size(), 9U);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(sizes[i], 2048U);
  EXPECT_EQ(sizes.back(), 17'142U - 8 * 2048U);
  auto after = (*reader)->next(batch);
  EXPECT_TRUE(after && !*after) << "after the end comes the end";
  EXPECT_EQ(sum, 19'999 * 20'000 / 2 - 7 * (2'857 * 2'858 / 2)) << "0 + … + 19999 without 7 · (0 + … + 2857)";
}

TEST(Duck, AllowedFoldersCanBeReadAndNothingElse) {
  Folder folder;
  std::ofstream(folder / "a.csv") << "x\n1\n";
  auto database = Database::open({.files = false, .allowed_dirs = {folder / ""}});
  ASSERT_TRUE(database) << database.error().text();
  auto connection = *database->connect();
  EXPECT_EQ(text_of(connection, fmt::format("SELECT * FROM read_csv({})", quote_text((folder / "a.csv").string()))), "1\n");
  EXPECT_FALSE(connection.run(fmt::format("SELECT * FROM read_text({})", quote_text((folder / "../../etc/hostname").string()))));
  EXPECT_FALSE(connection.run("SELECT * FROM read_text('/etc/hostname')"));
  EXPECT_FALSE(connection.run("SET allowed_directories = ['/etc/']"));
}

// DuckDB's own stream waits for ever here: the join of a later branch waits for the branches before, which wait for a reader.
TEST(Duck, AUnionOfLargeJoinsArrivesRowByRow) {
  auto connection = connect({.threads = 2});
  ASSERT_TRUE(connection.run("CREATE TABLE t AS SELECT range AS i, 'a name of some length' || range AS name FROM range(1000000)"));
  std::string branch = "SELECT a.i, a.name, b.name AS other FROM t a JOIN t b ON b.i = a.i";
  auto reader = connection.query(branch + " UNION ALL " + branch + " UNION ALL " + branch,
                                 {.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(10)});
  ASSERT_TRUE(reader) << reader.error().text();
  Batch batch;
  std::int64_t rows = 0;
  std::int64_t sum = 0;
  for (;;) {
    auto more = (*reader)->next(batch);
    ASSERT_TRUE(more) << more.error().text();
    if (!*more) break;
    rows += static_cast<std::int64_t>(batch.rows());
    for (auto i : batch.columns[0].ints) sum += i;
  }
  EXPECT_EQ(rows, 3'000'000);
  EXPECT_EQ(sum, 3 * (999'999LL * 1'000'000 / 2));
}

TEST(Duck, RowsArriveInTheirOrderWhicheverThreadMakesThem) {
  auto connection = connect({.threads = 4});
  ASSERT_TRUE(connection.run("CREATE TABLE t AS SELECT range AS i, 'a name of some length' || range AS name FROM range(1000000)"));
  std::string half = "SELECT i, md5(name) FROM t WHERE i % 3 > 0";
  auto reader = connection.query(half + " UNION ALL SELECT i + 1000000, md5(name) FROM t WHERE i % 3 > 0 UNION ALL (SELECT -1, '')");
  ASSERT_TRUE(reader) << reader.error().text();
  Batch batch;
  std::int64_t rows = 0;
  std::int64_t last = 0;
  while (*(*reader)->next(batch))
    for (auto i : batch.columns[0].ints) {
      ++rows;
      if (i == -1) continue;
      ASSERT_GT(i, last);
      last = i;
    }
  EXPECT_EQ(last, 1'999'998);
  EXPECT_EQ(rows, 1'333'332 + 1);
}

// What waits for a reader is bounded in bytes, not in rows.
TEST(Duck, LongTextsDoNotPileUp) {
  auto connection = connect({.threads = 2});
  ASSERT_TRUE(connection.run("CREATE TABLE t AS SELECT range AS i FROM range(500000)"));
  auto resident = [] {
    std::ifstream in("/proc/self/statm");
    std::int64_t pages = 0, kept = 0;
    in >> pages >> kept;
    return kept * ::sysconf(_SC_PAGESIZE);
  };
  const std::int64_t before = resident();
  auto reader = connection.query("SELECT repeat(md5(i::TEXT), 300) AS text FROM t");  // 9.6 KB a row, 4.8 GB in all
  ASSERT_TRUE(reader) << reader.error().text();
  Batch batch;
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(*(*reader)->next(batch));
  EXPECT_LT(resident() - before, std::int64_t{300} << 20);
}

TEST(Duck, AReaderThatIsLeftHalfwayDoesNoHarm) {
  auto connection = connect({.threads = 4});
  ASSERT_TRUE(connection.run("CREATE TABLE t AS SELECT range AS i FROM range(3000000)"));
  for (int round = 0; round < 20; ++round) {
    auto reader = connection.query("SELECT i, md5(i::TEXT) FROM t");
    ASSERT_TRUE(reader) << reader.error().text();
    Batch batch;
    for (int i = 0; i < round; ++i) ASSERT_TRUE(*(*reader)->next(batch));
    if (round % 2 == 0) EXPECT_EQ(text_of(connection, "SELECT sum(i) FROM t"), "4499998500000\n") << "a new query ends the one before";
  }
}

TEST(Duck, CancellingEndsALongQuery) {
  auto connection = connect();
  CancelToken cancel;
  auto reader = connection.query("SELECT range FROM range(1000000000000)", {{}, &cancel});
  ASSERT_TRUE(reader) << reader.error().text();
  Batch batch;
  EXPECT_TRUE(*(*reader)->next(batch));
  cancel.cancel();
  auto more = (*reader)->next(batch);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kCancelled);
}

TEST(Duck, ADeadlineEndsAQueryThatWouldTakeForEver) {
  auto connection = connect();
  auto reader = connection.query("SELECT count(*) FROM range(100000000000000)",
                                 {.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50)});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(text_of(connection, "SELECT 1"), "1\n");
}

TEST(Duck, ParametersAreCastToWhatTheQueryNeeds) {
  auto connection = connect();
  auto reader = connection.query("SELECT $n::INTEGER + 1, $t", {{{"n", "41"}, {"t", "it's"}}, nullptr});
  ASSERT_TRUE(reader) << reader.error().text();
  Batch batch;
  ASSERT_TRUE(*(*reader)->next(batch));
  EXPECT_EQ(batch.columns[0].ints.at(0), 42);
  EXPECT_EQ(batch.columns[1].text(0), "it's");
}

TEST(Duck, TextFunctionsSeeEachValue) {
  auto database = Database::open({});
  ASSERT_TRUE(database->add_text_function("shout", [](std::string_view text) { return std::string(text) + "!"; }));
  auto connection = *database->connect();
  EXPECT_EQ(text_of(connection, "SELECT shout(x) FROM (VALUES ('a'), (NULL), ('a rather long text')) t(x)"),
            "a!\nNULL\na rather long text!\n");
}

TEST(Duck, ConstantsAsSqlKeepTheirValueAndType) {
  auto connection = connect();
  for (std::string sql : {"-9223372036854775807::BIGINT", "true", "0.1::DOUBLE", "'nan'::DOUBLE", "'-inf'::DOUBLE", "1e308::DOUBLE",
                          "-12.30::DECIMAL(12,2)", "99999999999999999999999999999999999999::DECIMAL(38,0)", "'it''s'", "DATE '2024-02-29'",
                          "DATE '0044-03-15'", "TIMESTAMP '2026-03-01 08:15:00.123456'", "'\\xAA\\x00b'::BLOB"}) {
    auto table = connection.table("SELECT " + sql);
    ASSERT_TRUE(table) << sql << table.error().text();
    const Column& column = table->batches.at(0).columns.at(0);
    Value value{.type = column.type};
    if (!column.ints.empty()) value.integer = column.ints[0];
    if (!column.doubles.empty()) value.real = column.doubles[0];
    if (!column.decimals.empty()) value.decimal = column.decimals[0];
    if (column.offsets.size() == 2) value.text = std::string(column.text(0));
    EXPECT_EQ(
        text_of(connection, fmt::format("SELECT ({0}) = ({1}), typeof({0}) = typeof({1}) OR typeof({0}) = 'INTEGER'", literal(value), sql)),
        "true|true\n")
        << sql << " became " << literal(value);
  }
}

TEST(Duck, NamesAndTextsAreQuoted) {
  auto connection = connect();
  EXPECT_EQ(
      text_of(connection, fmt::format("SELECT {} FROM (SELECT {} AS {})", quote_name("a\"b"), quote_text("it's; --"), quote_name("a\"b"))),
      "it's; --\n");
}

}  // namespace
}  // namespace sinan::duck

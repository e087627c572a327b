// The example company's tables in a SQLite file.
#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>

#include "application/example/database.hpp"

namespace sinan::example {
namespace {

std::unexpected<Error> failed(sqlite3* db, std::string_view what) {
  return fail(sqlite3_errcode(db) == SQLITE_FULL ? ErrorCode::kDiskFull : ErrorCode::kUnavailable,
              fmt::format("SQLite: {}: {}", what, sqlite3_errmsg(db)));
}

std::string type_name(const ColumnDef& column, bool) {
  switch (column.kind) {
    case Kind::kText: return fmt::format("VARCHAR({})", column.size);
    case Kind::kInteger: return "BIGINT";
    case Kind::kDecimal: return fmt::format("DECIMAL({},{})", column.size, column.scale);
    case Kind::kDate: return "DATE";
    case Kind::kTimestamp: return "TIMESTAMP";
  }
  return {};
}

class SqliteInserter final : public Inserter {
 public:
  SqliteInserter(sqlite3* db, sqlite3_stmt* statement, const TableDef& table) : db_(db), statement_(statement), table_(table) {
    for (const auto& column : table.columns) ones_.push_back(column.kind == Kind::kDecimal ? std::llround(std::pow(10, column.scale)) : 1);
  }
  ~SqliteInserter() override { sqlite3_finalize(statement_); }
  SqliteInserter(const SqliteInserter&) = delete;

  void null() override { sqlite3_bind_null(statement_, ++column_); }
  void text(std::string_view value) override {
    sqlite3_bind_text(statement_, ++column_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  }
  void integer(std::int64_t value) override { sqlite3_bind_int64(statement_, ++column_, value); }
  void decimal(std::int64_t scaled) override {
    const auto one = ones_[static_cast<std::size_t>(column_++)];
    if (scaled % one == 0)
      sqlite3_bind_int64(statement_, column_, scaled / one);
    else
      sqlite3_bind_double(statement_, column_, static_cast<double>(scaled) / static_cast<double>(one));
  }
  void date(Date value) override {
    scratch_.clear();
    append_date(scratch_, value);
    text(scratch_);
  }
  void timestamp(Instant value) override {
    scratch_.clear();
    append_timestamp(scratch_, value);
    text(scratch_);
  }
  Status end_row() override {
    const int code = sqlite3_step(statement_);
    column_ = 0;
    sqlite3_reset(statement_);
    if (code != SQLITE_DONE) return failed(db_, "a row of " + table_.name + " could not be written");
    return {};
  }
  Status finish() override { return {}; }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_;
  const TableDef& table_;
  std::vector<std::int64_t> ones_;
  std::string scratch_;
  int column_ = 0;
};

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(sqlite3* db) : db_(db) {}
  ~SqliteDatabase() override { sqlite3_close_v2(db_); }
  SqliteDatabase(const SqliteDatabase&) = delete;

  Status execute(const std::string& sql) override {
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failed(db_, sql.substr(0, 80));
    return {};
  }

  Result<TextRows> query(const std::string& sql) override {
    TextRows out;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return failed(db_, sql.substr(0, 80));
    const int columns = sqlite3_column_count(statement);
    int code = 0;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      auto& row = out.emplace_back();
      for (int i = 0; i < columns; ++i) {
        const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.push_back(value == nullptr ? std::optional<std::string>() : std::string(value));
      }
    }
    sqlite3_finalize(statement);
    if (code != SQLITE_DONE) return failed(db_, sql.substr(0, 80));
    return out;
  }

  Result<bool> has_table(const std::string& name) override {
    SINAN_TRY(auto rows, query(fmt::format("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{}'", name)));
    return !rows.empty();
  }

  Status create(const TableDef& table) override { return execute(create_sql(table, '"', type_name, "INTEGER PRIMARY KEY")); }

  Result<std::unique_ptr<Inserter>> insert(const TableDef& table) override {
    std::string sql = fmt::format("INSERT INTO \"{}\" VALUES (", table.name);
    for (std::size_t i = 0; i < table.columns.size(); ++i) sql += i == 0 ? "?" : ", ?";
    sql += ")";
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return failed(db_, sql);
    return std::make_unique<SqliteInserter>(db_, statement, table);
  }

 private:
  sqlite3* db_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::filesystem::path& file) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
  auto out = std::make_unique<SqliteDatabase>(db);
  if (code != SQLITE_OK) return failed(db, "cannot open " + file.string());
  sqlite3_busy_timeout(db, 30'000);
  return out;
}

}  // namespace sinan::example

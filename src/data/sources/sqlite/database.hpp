// A SQLite file as a source: handles that close themselves, what its tables declare, and how a stored value becomes one of a column.
#pragma once

#include <sqlite3.h>

#include "data/sources/options.hpp"
#include "data/sources/values.hpp"

namespace sinan::sources::sqlite {

struct SqliteOptions : SharedOptions {
  Secret path;
  std::chrono::microseconds cursor_lag = std::chrono::minutes{1};
};
const Shape<SqliteOptions>& shape_of(const SqliteOptions*);

struct CloseDatabase {
  void operator()(sqlite3* db) const { ::sqlite3_close_v2(db); }
};
struct FinishStatement {
  void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinishStatement>;

// What a column declares, and how its values compare there.
struct ColumnInfo {
  std::string name;
  Type type;
  // How far comparisons in SQLite agree with ours: only columns whose affinity keeps every stored value in one storage class do.
  enum class Compare : std::uint8_t { kNone, kInteger, kReal, kText, kBytes } compare = Compare::kNone;
  bool nullable = true;
};

struct TableShape {
  TableInfo info;
  std::vector<ColumnInfo> columns;
  bool has_rowid = false;
};

// Opens the file; with `writable`, to write as well. `place` names it in messages. The handle waits `timeout` for locks, and its work ends
// when `cancel` is set.
Result<Handle> open_database(const std::filesystem::path& path, bool writable, const OpenContext& context);
// The message and code of the last failure on `db`.
Error database_error(sqlite3* db, const std::string& place);
Result<Statement> prepare(sqlite3* db, const std::string& sql, const std::string& place);
Status execute(sqlite3* db, const std::string& sql, const std::string& place);
Status bind_value(sqlite3* db, sqlite3_stmt* statement, int index, const Value& value, const LocalTime& zone, const std::string& place);
Status bind_json(sqlite3_stmt* statement, int index, const Json& value);

// All tables and views, in order of name, with pinned types in place of declared ones.
Result<std::vector<TableShape>> read_tables(sqlite3* db, const SourceConfig& config);

// Appends cell `index` of the current row; false if the stored value is none of the column's type.
bool append_cell(sqlite3_stmt* row, int index, Column& column, const LocalTime& zone);

std::string quote_name(std::string_view name);

}  // namespace sinan::sources::sqlite

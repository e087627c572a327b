#include "data/sources/sqlite/database.hpp"

namespace sinan::sources::sqlite {
namespace {

std::string upper(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

ErrorCode code_of(int result) {
  switch (result & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::kUnavailable;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return ErrorCode::kCorrupt;
    case SQLITE_CANTOPEN: return ErrorCode::kNotFound;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY: return ErrorCode::kDenied;
    case SQLITE_FULL: return ErrorCode::kDiskFull;
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM: return ErrorCode::kLimit;
    case SQLITE_IOERR: return ErrorCode::kUnavailable;
    case SQLITE_INTERRUPT: return ErrorCode::kCancelled;
    case SQLITE_CONSTRAINT: return ErrorCode::kConflict;
    default: return ErrorCode::kInvalidInput;
  }
}

// The declared type, by the rules of SQLite's affinities with the dates and decimals that it does not know.
void read_declared(std::string_view declared, bool ordinary, bool utf8, ColumnInfo& column) {
  using Compare = ColumnInfo::Compare;
  std::string name = upper(declared);
  auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (name.empty()) {
    column.type = {TypeId::kText};
  } else if (has("INT")) {
    column.type = {TypeId::kInt};
    column.compare = Compare::kInteger;
  } else if (has("CHAR") || has("CLOB") || has("TEXT")) {
    column.type = {TypeId::kText};
    if (utf8) column.compare = Compare::kText;
  } else if (has("BLOB")) {
    column.type = {TypeId::kBinary};
    if (utf8) column.compare = Compare::kBytes;
  } else if (has("REAL") || has("FLOA") || has("DOUB")) {
    column.type = {TypeId::kDouble};
    column.compare = Compare::kReal;
  } else if (has("BOOL")) {
    column.type = {TypeId::kBool};
  } else if (has("DATETIME") || has("TIMESTAMP")) {
    column.type = {TypeId::kTimestamp};
  } else if (name == "DATE") {
    column.type = {TypeId::kDate};
  } else if (name == "DECIMAL" || name == "NUMERIC" || name == "NUMBER") {
    column.type = {TypeId::kDouble};
  } else if (auto type = parse_type(name); type && type->id == TypeId::kDecimal) {
    column.type = *type;
  } else {
    column.type = {TypeId::kText};
  }
  if (!ordinary) column.compare = Compare::kNone;
}

std::string text_cell(sqlite3_stmt* row, int index) {
  const auto* text = reinterpret_cast<const char*>(::sqlite3_column_text(row, index));
  return text ? std::string(text, static_cast<std::size_t>(::sqlite3_column_bytes(row, index))) : std::string();
}

bool integral(double value) { return std::abs(value) < 9007199254740992.0 && std::trunc(value) == value; }

// A decimal that SQLite keeps as a double: its nearest decimal, when the difference is no more than a double's noise.
bool decimal_of(double value, Type type, Int128& out) {
  double scaled = value * std::pow(10.0, type.scale);
  double whole = std::nearbyint(scaled);
  double limit = std::pow(10.0, type.precision);
  if (!(std::abs(whole) < limit) || std::abs(scaled - whole) > 1e-14 * std::max(1e5, std::abs(scaled))) return false;
  // Through the shortest text, which is the decimal that was written, as long as a double can tell them apart.
  if (auto parsed = parse_decimal(fmt::format("{}", value), type.scale)) {
    out = *parsed;
  } else {
    out = static_cast<Int128>(whole);
  }
  return true;
}

bool append_number(sqlite3_stmt* row, int index, Column& column, int storage) {
  switch (column.type.id) {
    case TypeId::kInt: {
      double real = ::sqlite3_column_double(row, index);
      if (storage == SQLITE_FLOAT && !integral(real)) return false;
      column.append_int(storage == SQLITE_FLOAT ? static_cast<std::int64_t>(real) : ::sqlite3_column_int64(row, index));
      return true;
    }
    case TypeId::kDouble: column.append_double(::sqlite3_column_double(row, index)); return true;
    case TypeId::kBool: {
      double real = ::sqlite3_column_double(row, index);
      if (real != 0 && real != 1) return false;
      column.append_int(real == 1 ? 1 : 0);
      return true;
    }
    case TypeId::kDecimal: {
      Int128 value = 0;
      if (storage == SQLITE_FLOAT) {
        if (!decimal_of(::sqlite3_column_double(row, index), column.type, value)) return false;
        column.append_decimal(value);
        return true;
      }
      value = ::sqlite3_column_int64(row, index);
      Int128 limit = 1;
      for (int i = 0; i < column.type.precision - column.type.scale; ++i) limit *= 10;
      if (value >= limit || value <= -limit) return false;
      for (int i = 0; i < column.type.scale; ++i) value *= 10;
      column.append_decimal(value);
      return true;
    }
    case TypeId::kTimestamp:
      if (storage == SQLITE_FLOAT || std::abs(::sqlite3_column_int64(row, index)) > 253'402'300'799) return false;
      column.append_int(::sqlite3_column_int64(row, index) * 1'000'000);
      return true;
    case TypeId::kText:
      column.append_text(storage == SQLITE_FLOAT ? fmt::format("{}", ::sqlite3_column_double(row, index))
                                                 : std::to_string(::sqlite3_column_int64(row, index)));
      return true;
    default: return false;
  }
}

}  // namespace

const Shape<SqliteOptions>& shape_of(const SqliteOptions*) {
  static const auto shape = [] {
    auto out = Shape<SqliteOptions>("source", "A SQLite file.");
    out.required("path", &SqliteOptions::path, "The file; relative to the workspace")
        .optional("cursor_lag", &SqliteOptions::cursor_lag,
                  "How much earlier than its commit a program may have taken the time that it writes into a cursor column");
    return with_shared(out);
  }();
  return shape;
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

Error database_error(sqlite3* db, const std::string& place) {
  int result = db ? ::sqlite3_extended_errcode(db) : SQLITE_NOMEM;
  std::string message = db ? ::sqlite3_errmsg(db) : "out of memory";
  ErrorCode code = code_of(result);
  if (code == ErrorCode::kNotFound) message = "the SQLite file cannot be opened: check the path and its permissions";
  if (code == ErrorCode::kCorrupt) message = "the file is no SQLite database, or is damaged: " + message;
  if (code == ErrorCode::kCancelled) message = "cancelled";
  if ((result & 0xFF) == SQLITE_BUSY) message = "another program keeps the SQLite file locked";
  return Error{code, message, place, nullptr};
}

Result<Handle> open_database(const std::filesystem::path& path, bool writable, const OpenContext& context) {
  sqlite3* raw = nullptr;
  int flags = (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
  int result = ::sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Handle db(raw);
  if (result != SQLITE_OK) return fail(database_error(raw, path.string()));
  ::sqlite3_busy_timeout(raw, static_cast<int>(std::chrono::milliseconds(context.timeout).count()));
  // Names in double quotes are names, never text; views of a foreign file may not call functions with side effects.
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  ::sqlite3_extended_result_codes(raw, 1);
  if (context.cancel)
    ::sqlite3_progress_handler(
        raw, 20'000, [](void* cancel) { return static_cast<const CancelToken*>(cancel)->cancelled() ? 1 : 0; },
        const_cast<CancelToken*>(context.cancel));
  // Reads the header, so that a file that is no database is told at once.
  SINAN_CHECK(execute(raw, "SELECT count(*) FROM sqlite_schema", path.string()));
  return db;
}

Result<Statement> prepare(sqlite3* db, const std::string& sql, const std::string& place) {
  sqlite3_stmt* raw = nullptr;
  if (::sqlite3_prepare_v2(db, sql.c_str(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK)
    return fail(database_error(db, place));
  return Statement(raw);
}

Status execute(sqlite3* db, const std::string& sql, const std::string& place) {
  if (::sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return fail(database_error(db, place));
  return {};
}

Status bind_value(sqlite3* db, sqlite3_stmt* statement, int index, const Value& value, const LocalTime& zone, const std::string& place) {
  int result = SQLITE_OK;
  std::string text;
  if (value.null) {
    result = ::sqlite3_bind_null(statement, index);
  } else if (value.type.id == TypeId::kInt || value.type.id == TypeId::kBool) {
    result = ::sqlite3_bind_int64(statement, index, value.integer);
  } else if (value.type.id == TypeId::kDouble) {
    result = ::sqlite3_bind_double(statement, index, value.real);
  } else if (value.type.id == TypeId::kBinary) {
    result = ::sqlite3_bind_blob64(statement, index, value.text.data(), value.text.size(), SQLITE_TRANSIENT);
  } else {
    Value local = value;
    if (value.type.id == TypeId::kTimestamp) local.integer = zone.to_local(value.integer);
    text = value_text(local);
    result = ::sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  if (result != SQLITE_OK) return fail(database_error(db, place));
  return {};
}

Status bind_json(sqlite3_stmt* statement, int index, const Json& value) {
  int result = SQLITE_OK;
  if (value.is_number_integer()) {
    result = ::sqlite3_bind_int64(statement, index, value.get<std::int64_t>());
  } else if (value.is_number()) {
    result = ::sqlite3_bind_double(statement, index, value.get<double>());
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    result = ::sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } else {
    return fail(ErrorCode::kCorrupt, "a kept position holds a cursor that is neither number nor text");
  }
  return result == SQLITE_OK ? Status() : fail(ErrorCode::kInternal, "a cursor cannot be bound");
}

namespace {

// The columns of the key: the primary key, else a unique index whose columns are never null.
Result<std::vector<std::string>> read_key(sqlite3* db, const std::string& table, const std::vector<std::pair<int, std::string>>& primary,
                                          const std::vector<ColumnInfo>& columns) {
  std::vector<std::string> key;
  for (const auto& [order, name] : primary) key.push_back(name);
  if (!key.empty()) return key;
  SINAN_TRY(auto indexes, prepare(db, "SELECT name FROM pragma_index_list(?) WHERE \"unique\" AND NOT partial ORDER BY name", table));
  ::sqlite3_bind_text(indexes.get(), 1, table.c_str(), -1, SQLITE_TRANSIENT);
  while (::sqlite3_step(indexes.get()) == SQLITE_ROW) {
    SINAN_TRY(auto members, prepare(db, "SELECT name FROM pragma_index_info(?) ORDER BY seqno", table));
    std::string index = text_cell(indexes.get(), 0);
    ::sqlite3_bind_text(members.get(), 1, index.c_str(), -1, SQLITE_TRANSIENT);
    key.clear();
    bool good = true;
    while (::sqlite3_step(members.get()) == SQLITE_ROW) {
      std::string name = text_cell(members.get(), 0);
      auto column = std::find_if(columns.begin(), columns.end(), [&](const ColumnInfo& c) { return c.name == name; });
      good = good && column != columns.end() && !column->nullable;
      key.push_back(name);
    }
    if (good && !key.empty()) return key;
  }
  return std::vector<std::string>();
}

Status read_columns(sqlite3* db, const SourceConfig& config, bool ordinary, bool utf8, TableShape& table) {
  SINAN_TRY(auto rows,
            prepare(db, "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid", table.info.name));
  ::sqlite3_bind_text(rows.get(), 1, table.info.name.c_str(), -1, SQLITE_TRANSIENT);
  auto pinned = pinned_types(config, table.info.name);
  std::vector<std::pair<int, std::string>> primary;
  int result = 0;
  while ((result = ::sqlite3_step(rows.get())) == SQLITE_ROW) {
    ColumnInfo column;
    column.name = text_cell(rows.get(), 0);
    column.nullable = ::sqlite3_column_int(rows.get(), 2) == 0;
    read_declared(text_cell(rows.get(), 1), ordinary, utf8, column);
    if (auto pin = pinned.find(column.name); pin != pinned.end() && pin->second != column.type) {
      column.type = pin->second;
      column.compare = ColumnInfo::Compare::kNone;
    }
    if (int order = ::sqlite3_column_int(rows.get(), 3)) primary.emplace_back(order, column.name);
    table.info.schema.fields.push_back({column.name, column.type, column.nullable});
    table.columns.push_back(std::move(column));
  }
  if (result != SQLITE_DONE) return fail(database_error(db, config.name + "." + table.info.name));
  std::sort(primary.begin(), primary.end());
  SINAN_TRY(table.info.key, read_key(db, table.info.name, primary, table.columns));
  return {};
}

}  // namespace

Result<std::vector<TableShape>> read_tables(sqlite3* db, const SourceConfig& config) {
  SINAN_TRY(auto encoding, prepare(db, "PRAGMA encoding", config.name));
  bool utf8 = ::sqlite3_step(encoding.get()) == SQLITE_ROW && text_cell(encoding.get(), 0) == "UTF-8";
  SINAN_TRY(auto rows, prepare(db,
                               "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' "
                               "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
                               config.name));
  std::vector<TableShape> out;
  int result = 0;
  while ((result = ::sqlite3_step(rows.get())) == SQLITE_ROW) {
    TableShape table;
    table.info.name = text_cell(rows.get(), 0);
    bool ordinary = text_cell(rows.get(), 1) == "table";
    table.has_rowid = ordinary && ::sqlite3_column_int(rows.get(), 2) == 0;
    // A view whose tables are gone cannot be read; it does not keep the others from being read.
    if (auto status = read_columns(db, config, ordinary, utf8, table); !status) {
      if (ordinary) return fail(std::move(status).error());
      continue;
    }
    if (!table.columns.empty()) out.push_back(std::move(table));
  }
  if (result != SQLITE_DONE) return fail(database_error(db, config.name));
  return out;
}

bool append_cell(sqlite3_stmt* row, int index, Column& column, const LocalTime& zone) {
  int storage = ::sqlite3_column_type(row, index);
  if (storage == SQLITE_NULL) {
    column.append_null();
    return true;
  }
  if (storage == SQLITE_INTEGER || storage == SQLITE_FLOAT) return append_number(row, index, column, storage);
  const auto* data = static_cast<const char*>(storage == SQLITE_BLOB ? ::sqlite3_column_blob(row, index)
                                                                     : static_cast<const void*>(::sqlite3_column_text(row, index)));
  std::string_view text(data ? data : "", static_cast<std::size_t>(::sqlite3_column_bytes(row, index)));
  if (storage == SQLITE_BLOB && column.type.id != TypeId::kBinary) return false;
  return append_text_value(column, text, zone);
}

}  // namespace sinan::sources::sqlite

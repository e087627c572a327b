// SQLite files: one read transaction per snapshot, filters where affinities make them exact, writing by one INSERT.

#include "data/sources/cursor_marks.hpp"
#include "data/sources/sqlite/database.hpp"

namespace sinan::sources::sqlite {
namespace {

constexpr std::size_t kBatchRows = 2048;
constexpr std::size_t kMaxValues = 10'000;  // constants of one IN

struct Shared {
  SourceConfig config;
  OpenContext context;
  std::filesystem::path path;
  LocalTime zone{Zone()};
  std::int64_t cursor_lag_us = 0;
};

// A query with its parameters.
struct Query {
  std::string sql;
  std::vector<Value> values;
};

struct Answer {
  Pushdown how = Pushdown::kNone;
  Query query;
};

bool comparable(const ColumnInfo& column, const Value& value) {
  if (value.null || value.type.id != column.type.id) return false;
  return value.type.id != TypeId::kDouble || !std::isnan(value.real);
}

std::string_view symbol(CompareOp op) {
  switch (op) {
    case CompareOp::kEqual: return "=";
    case CompareOp::kNotEqual: return "<>";
    case CompareOp::kLess: return "<";
    case CompareOp::kLessEqual: return "<=";
    case CompareOp::kGreater: return ">";
    case CompareOp::kGreaterEqual: return ">=";
    case CompareOp::kIn: return "IN";
    case CompareOp::kIsNull: return "IS NULL";
    case CompareOp::kIsNotNull: return "IS NOT NULL";
  }
  broken("compare op in range");
}

// Exact by the rules of SQLite's comparison (datatype3.html, 4): numbers compare by value whatever their class, and a column's affinity
// has turned text that is a number into one; text compares by bytes under BINARY, which is ours for UTF-8. Where other classes may be
// stored (dates, decimals, columns without a type), nothing is claimed.
Answer answer(const TableShape& table, const Filter& filter) {
  auto column = std::find_if(table.columns.begin(), table.columns.end(), [&](const ColumnInfo& c) { return c.name == filter.column; });
  if (column == table.columns.end()) return {};
  using Compare = ColumnInfo::Compare;
  std::string left = quote_name(column->name);
  if (filter.op == CompareOp::kIsNull || filter.op == CompareOp::kIsNotNull)
    return {Pushdown::kExact, {fmt::format("{} {}", left, symbol(filter.op)), {}}};
  if (column->compare == Compare::kNone || filter.values.empty() || filter.values.size() > kMaxValues) return {};
  for (const Value& value : filter.values)
    if (!comparable(*column, value)) return {};
  if (column->compare == Compare::kText) left += " COLLATE BINARY";
  if (column->compare == Compare::kBytes) left = fmt::format("CAST({} AS BLOB)", left);
  Answer out{Pushdown::kExact, {{}, filter.values}};
  if (filter.op == CompareOp::kIn) {
    std::string marks = "?";
    for (std::size_t i = 1; i < filter.values.size(); ++i) marks += ",?";
    out.query.sql = fmt::format("{} IN ({})", left, marks);
  } else {
    out.query.sql = fmt::format("{} {} ?", left, symbol(filter.op));
  }
  return out;
}

Query select(const TableShape& table, const std::vector<std::string>& columns, const std::vector<Filter>& filters) {
  Query out;
  std::vector<std::string> names;
  for (const std::string& column : columns) names.push_back(quote_name(column));
  if (names.empty()) names.emplace_back("1");
  out.sql = fmt::format("SELECT {}{} FROM {}", fmt::join(names, ", "), table.has_rowid ? ", rowid" : "", quote_name(table.info.name));
  std::string_view word = " WHERE ";
  for (const Filter& filter : filters) {
    Answer part = answer(table, filter);
    if (part.how == Pushdown::kNone) continue;
    out.sql += fmt::format("{}{}", word, part.query.sql);
    out.values.insert(out.values.end(), part.query.values.begin(), part.query.values.end());
    word = " AND ";
  }
  return out;
}

std::string_view storage_name(int storage) {
  switch (storage) {
    case SQLITE_INTEGER: return "an integer";
    case SQLITE_FLOAT: return "a real number";
    case SQLITE_TEXT: return "text";
    default: return "bytes";
  }
}

class SqliteScan final : public Scan {
 public:
  SqliteScan(std::shared_ptr<const Shared> shared, std::shared_ptr<sqlite3> db, Statement statement, const TableShape& table,
             std::vector<std::string> columns)
      : shared_(std::move(shared)), db_(std::move(db)), statement_(std::move(statement)), table_(table), names_(std::move(columns)) {
    for (const std::string& name : names_) types_.push_back(table_.info.schema.fields[*table_.info.schema.index_of(name)].type);
  }

  Result<bool> next(Batch& batch) override {
    batch.columns.clear();
    if (done_) return false;
    for (Type type : types_) batch.columns.emplace_back(type);
    if (types_.empty()) batch.columns.emplace_back(Type{TypeId::kBool});
    if (shared_->context.cancel) SINAN_CHECK(shared_->context.cancel->check());
    while (batch.rows() < kBatchRows) {
      int result = ::sqlite3_step(statement_.get());
      if (result == SQLITE_DONE) {
        done_ = true;
        break;
      }
      if (result != SQLITE_ROW) return fail(database_error(db_.get(), shared_->config.name + "." + table_.info.name));
      if (types_.empty()) batch.columns[0].append_int(1);
      for (std::size_t i = 0; i < types_.size(); ++i)
        if (!append_cell(statement_.get(), static_cast<int>(i), batch.columns[i], shared_->zone)) return fail(breaks_type(i));
    }
    return batch.rows() > 0;
  }

 private:
  Error breaks_type(std::size_t i) {
    std::string row = table_.has_rowid
                          ? fmt::format("the row with rowid {}", ::sqlite3_column_int64(statement_.get(), static_cast<int>(types_.size())))
                          : std::string("a row");
    return Error{ErrorCode::kInvalidInput,
                 fmt::format("{} holds {} that is no {}: mend the row, or pin the column's type in sources/{}.yaml (types: {{{}: text}})",
                             row, storage_name(::sqlite3_column_type(statement_.get(), static_cast<int>(i))), types_[i].sql(),
                             shared_->config.name, names_[i]),
                 fmt::format("{}.{}.{}", shared_->config.name, table_.info.name, names_[i]), nullptr};
  }

  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<sqlite3> db_;
  Statement statement_;
  TableShape table_;
  std::vector<std::string> names_;
  std::vector<Type> types_;
  bool done_ = false;
};

class SqliteSnapshot final : public Snapshot {
 public:
  SqliteSnapshot(std::shared_ptr<const Shared> shared, std::shared_ptr<sqlite3> db, std::vector<TableShape> tables)
      : shared_(std::move(shared)), db_(std::move(db)), tables_(std::move(tables)) {}

  bool consistent() const override { return true; }

  Result<std::unique_ptr<Scan>> scan(const ScanRequest& request) override {
    SINAN_TRY(const TableShape* table, find(request.table, request.columns));
    Query query = select(*table, request.columns, request.filters);
    SINAN_TRY(auto statement, prepare(db_.get(), query.sql, place(*table)));
    for (std::size_t i = 0; i < query.values.size(); ++i)
      SINAN_CHECK(bind_value(db_.get(), statement.get(), static_cast<int>(i) + 1, query.values[i], shared_->zone, place(*table)));
    return std::make_unique<SqliteScan>(shared_, db_, std::move(statement), *table, request.columns);
  }

  Result<Changes> changes(const ChangeOptions& options, const Position& since, Position& next) override {
    if (options.cursor.empty() || options.key.empty()) return Snapshot::changes(options, since, next);
    SINAN_TRY(const TableShape* table, find(options.table, options.columns));
    Json identity{{"cursor", options.cursor}, {"columns", options.columns}, {"key", options.key}};
    bool known = since.state.is_object() && since.state.value("identity", Json()) == identity;
    Json low = known ? since.state.value("low", Json()) : Json();
    SINAN_CHECK(settle(*table, options.cursor, known ? since.state.value("marks", Json()) : Json(), identity, next));
    Changes out;
    out.replaces_all = low.is_null();
    if (out.replaces_all) {
      SINAN_TRY(out.upserts, scan({options.table, options.columns, {}}));
      return out;
    }
    Query query = select(*table, options.columns, {});
    std::string column = quote_name(options.cursor);
    query.sql += fmt::format(" WHERE {} >= ? OR {} IS NULL", column, column);
    SINAN_TRY(auto statement, prepare(db_.get(), query.sql, place(*table)));
    SINAN_CHECK(bind_json(statement.get(), 1, low));
    out.upserts = std::make_unique<SqliteScan>(shared_, db_, std::move(statement), *table, options.columns);
    if (options.deletions) {
      SINAN_TRY(out.present_keys, scan({options.table, options.key, {}}));
    }
    return out;
  }

 private:
  std::string place(const TableShape& table) const { return shared_->config.name + "." + table.info.name; }

  Result<const TableShape*> find(const std::string& name, const std::vector<std::string>& columns) const {
    auto table = std::find_if(tables_.begin(), tables_.end(), [&](const TableShape& t) { return t.info.name == name; });
    if (table == tables_.end())
      return fail(ErrorCode::kNotFound, fmt::format("the SQLite file has no table '{}'", name), shared_->config.name);
    for (const std::string& column : columns)
      if (!table->info.schema.index_of(column))
        return fail(ErrorCode::kNotFound, fmt::format("the table has no column '{}' any more", column), place(*table));
    return &*table;
  }

  // Works out where the next read begins. Writers of SQLite take turns, so that only a value taken before its turn can come late:
  // `cursor_lag` bounds how much.
  Status settle(const TableShape& table, const std::string& cursor, const Json& marks_before, const Json& identity, Position& next) {
    SINAN_TRY(auto statement, prepare(db_.get(),
                                      fmt::format("SELECT max({}), CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER) FROM {}",
                                                  quote_name(cursor), quote_name(table.info.name)),
                                      place(table)));
    if (::sqlite3_step(statement.get()) != SQLITE_ROW) return fail(database_error(db_.get(), place(table)));
    Json highest;
    switch (::sqlite3_column_type(statement.get(), 0)) {
      case SQLITE_INTEGER: highest = ::sqlite3_column_int64(statement.get(), 0); break;
      case SQLITE_FLOAT: highest = ::sqlite3_column_double(statement.get(), 0); break;
      case SQLITE_TEXT: highest = reinterpret_cast<const char*>(::sqlite3_column_text(statement.get(), 0)); break;
      case SQLITE_BLOB:
        return fail(ErrorCode::kInvalidInput, "a cursor column must hold numbers or text, not bytes", place(table) + "." + cursor);
      default: break;
    }
    std::int64_t now_us = ::sqlite3_column_int64(statement.get(), 1);
    CursorMarks marks(marks_before);
    marks.add(now_us, std::move(highest));
    auto low = marks.settle(now_us - shared_->cursor_lag_us);
    // Without a mark that is old enough, the next read begins at the start.
    next.state = Json{{"identity", identity}, {"low", low ? *low : Json()}, {"marks", marks.to_json()}};
    return {};
  }

  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<sqlite3> db_;
  std::vector<TableShape> tables_;
};

class SqliteWriter final : public Writer {
 public:
  explicit SqliteWriter(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  Status check(const std::string& table, const std::string& idempotency_column, const std::vector<std::string>& columns) override {
    SINAN_CHECK(open());
    SINAN_TRY(auto tables, read_tables(db_.get(), shared_->config));
    std::vector<std::string> names;
    for (const TableShape& known : tables) names.push_back(known.info.name);
    auto found = std::find_if(tables.begin(), tables.end(), [&](const TableShape& t) { return t.info.name == table; });
    if (found == tables.end())
      return fail(ErrorCode::kNotFound, fmt::format("there is no table '{}': {}", table, suggestion(table, names)), shared_->config.name);
    std::vector<std::string> given = columns;
    given.push_back(idempotency_column);
    names.clear();
    for (const ColumnInfo& column : found->columns) names.push_back(column.name);
    for (const std::string& column : given)
      if (std::find(names.begin(), names.end(), column) == names.end())
        return fail(ErrorCode::kNotFound, fmt::format("there is no column '{}': {}", column, suggestion(column, names)), place(table));
    SINAN_CHECK(check_unique(*found, idempotency_column));
    return check_required(table, given);
  }

  Result<WriteOutcome> write(const WriteRequest& request) override {
    SINAN_CHECK(open());
    std::vector<std::string> names{quote_name(request.idempotency_column)};
    std::string marks = "?";
    for (const auto& [column, value] : request.values) {
      names.push_back(quote_name(column));
      marks += ", ?";
    }
    SINAN_TRY(auto statement, prepare(db_.get(),
                                      fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO NOTHING", quote_name(request.table),
                                                  fmt::join(names, ", "), marks, quote_name(request.idempotency_column)),
                                      place(request.table)));
    Value key{.type = {TypeId::kText}, .text = request.idempotency_key};
    SINAN_CHECK(bind_value(db_.get(), statement.get(), 1, key, shared_->zone, place(request.table)));
    for (std::size_t i = 0; i < request.values.size(); ++i)
      SINAN_CHECK(
          bind_value(db_.get(), statement.get(), static_cast<int>(i) + 2, request.values[i].second, shared_->zone, place(request.table)));
    std::int64_t before = ::sqlite3_total_changes64(db_.get());
    if (::sqlite3_step(statement.get()) != SQLITE_DONE) return fail(database_error(db_.get(), place(request.table)));
    if (::sqlite3_total_changes64(db_.get()) > before && ::sqlite3_changes(db_.get()) > 0) return WriteOutcome::kWritten;
    return found_again(request, key);
  }

 private:
  std::string place(const std::string& table) const { return shared_->config.name + "." + table; }

  Status open() {
    if (db_) return {};
    SINAN_TRY(db_, open_database(shared_->path, true, shared_->context));
    if (::sqlite3_db_readonly(db_.get(), "main") == 1)
      return fail(ErrorCode::kDenied, "the SQLite file may not be written: check its permissions", shared_->path.string());
    return execute(db_.get(), "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", shared_->config.name);
  }

  // Nothing was written: because the key is there, or because a trigger dropped the row.
  Result<WriteOutcome> found_again(const WriteRequest& request, const Value& key) {
    SINAN_TRY(
        auto statement,
        prepare(db_.get(), fmt::format("SELECT 1 FROM {} WHERE {} = ?", quote_name(request.table), quote_name(request.idempotency_column)),
                place(request.table)));
    SINAN_CHECK(bind_value(db_.get(), statement.get(), 1, key, shared_->zone, place(request.table)));
    if (::sqlite3_step(statement.get()) == SQLITE_ROW) return WriteOutcome::kAlreadyThere;
    return fail(ErrorCode::kConflict, "the row was not written, and no row has its key: a trigger of the table drops it",
                place(request.table));
  }

  Status check_unique(const TableShape& table, const std::string& column) {
    SINAN_TRY(auto indexes, prepare(db_.get(),
                                    "SELECT count(*) FROM pragma_index_list(?1) AS l WHERE l.\"unique\" AND NOT l.partial AND "
                                    "(SELECT count(*) FROM pragma_index_info(l.name)) = 1 AND "
                                    "(SELECT name FROM pragma_index_info(l.name)) = ?2",
                                    place(table.info.name)));
    ::sqlite3_bind_text(indexes.get(), 1, table.info.name.c_str(), -1, SQLITE_TRANSIENT);
    ::sqlite3_bind_text(indexes.get(), 2, column.c_str(), -1, SQLITE_TRANSIENT);
    bool unique = ::sqlite3_step(indexes.get()) == SQLITE_ROW && ::sqlite3_column_int(indexes.get(), 0) > 0;
    auto info = std::find_if(table.columns.begin(), table.columns.end(), [&](const ColumnInfo& c) { return c.name == column; });
    if (info->type.id != TypeId::kText)
      return fail(ErrorCode::kPrecondition, fmt::format("the idempotency key '{}' must be a text column", column), place(table.info.name));
    if (unique) return {};
    return fail(
        ErrorCode::kPrecondition,
        fmt::format("the column '{}' is not unique by itself, so an order could be written twice: CREATE UNIQUE INDEX on it", column),
        place(table.info.name));
  }

  Status check_required(const std::string& table, const std::vector<std::string>& given) {
    SINAN_TRY(auto rows, prepare(db_.get(),
                                 "SELECT name FROM pragma_table_xinfo(?) WHERE \"notnull\" AND dflt_value IS NULL AND hidden = 0 AND NOT "
                                 "(pk = 1 AND upper(type) = 'INTEGER')",
                                 place(table)));
    ::sqlite3_bind_text(rows.get(), 1, table.c_str(), -1, SQLITE_TRANSIENT);
    while (::sqlite3_step(rows.get()) == SQLITE_ROW) {
      std::string name = reinterpret_cast<const char*>(::sqlite3_column_text(rows.get(), 0));
      if (std::find(given.begin(), given.end(), name) == given.end())
        return fail(ErrorCode::kPrecondition, fmt::format("the column '{}' must be given: it has no default and may not be null", name),
                    place(table));
    }
    return {};
  }

  std::shared_ptr<const Shared> shared_;
  Handle db_;
};

class SqliteSource final : public Source {
 public:
  explicit SqliteSource(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  Result<std::vector<TableInfo>> discover() override {
    SINAN_TRY(auto db, open_database(shared_->path, false, shared_->context));
    SINAN_TRY(tables_, read_tables(db.get(), shared_->config));
    std::vector<TableInfo> out;
    for (const TableShape& table : tables_) out.push_back(table.info);
    return out;
  }

  Result<TableInfo> describe(const std::string& table) override {
    SINAN_TRY(auto all, discover());
    std::vector<std::string> names;
    for (TableInfo& info : all) {
      if (info.name == table) return std::move(info);
      names.push_back(info.name);
    }
    return fail(ErrorCode::kNotFound,
                fmt::format("the source '{}' has no table '{}': {}", shared_->config.name, table, suggestion(table, names)));
  }

  Result<std::unique_ptr<Snapshot>> snapshot() override {
    SINAN_TRY(auto handle, open_database(shared_->path, false, shared_->context));
    std::shared_ptr<sqlite3> db = std::move(handle);
    SINAN_CHECK(execute(db.get(), "BEGIN; SELECT count(*) FROM sqlite_schema", shared_->config.name));
    SINAN_TRY(auto tables, read_tables(db.get(), shared_->config));
    return std::make_unique<SqliteSnapshot>(shared_, std::move(db), std::move(tables));
  }

  Pushdown pushdown(const std::string& table, const Filter& filter) const override {
    for (const TableShape& known : tables_)
      if (known.info.name == table) return answer(known, filter).how;
    return Pushdown::kNone;
  }

  std::string explain(const ScanRequest& request) const override {
    for (const TableShape& known : tables_) {
      if (known.info.name != request.table) continue;
      Query query = select(known, request.columns, request.filters);
      std::string out;
      std::size_t next = 0;
      for (char c : query.sql) {
        if (c != '?' || next >= query.values.size()) {
          out += c;
          continue;
        }
        const Value& value = query.values[next++];
        bool bare = value.type.id == TypeId::kInt || value.type.id == TypeId::kDouble;
        out += bare ? value_text(value) : "'" + value_text(value) + "'";
      }
      return out;
    }
    return {};
  }

  std::unique_ptr<Writer> writer() override { return std::make_unique<SqliteWriter>(shared_); }

 private:
  std::shared_ptr<const Shared> shared_;
  std::vector<TableShape> tables_;
};

void check(const SourceConfig& config, Diagnostics& diagnostics) {
  SqliteOptions options;
  if (!read_options(config.options, config.place, options, diagnostics)) return;
  check_shared(options, diagnostics);
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const OpenContext& context) {
  SINAN_TRY(auto options, options_of<SqliteOptions>(config.options, config.place));
  SINAN_TRY(auto resolved, resolve(options, context));
  SINAN_TRY(std::string path_text, options.path.resolve(context.base_dir));
  auto shared = std::make_shared<Shared>();
  shared->config = config;
  shared->context = context;
  shared->path = std::filesystem::path(path_text).is_relative() ? context.base_dir / path_text : std::filesystem::path(path_text);
  shared->zone = LocalTime(resolved.zone);
  shared->cursor_lag_us = options.cursor_lag.count();
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(shared->path, ignored))
    return fail(ErrorCode::kNotFound, fmt::format("there is no SQLite file {}", shared->path.string()), options.path.place().text());
  return std::make_unique<SqliteSource>(std::move(shared));
}

}  // namespace

ConnectorInfo info() {
  return {"sqlite", "A SQLite file, read in place.", schema_of_options<SqliteOptions>(), Json::object(), check, open};
}

}  // namespace sinan::sources::sqlite

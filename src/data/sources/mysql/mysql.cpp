// MariaDB and MySQL: one connection holds the snapshot; rows stream over it one scan at a time, and a scan in the way is set aside on disk.

#include <charconv>

#include "data/sources/cursor_marks.hpp"
#include "data/sources/mysql/writer.hpp"
#include "data/sources/spool.hpp"

namespace sinan::sources::mysql {
namespace {

constexpr std::size_t kBatchRows = 2048;
constexpr std::size_t kBatchBytes = 4 << 20;

struct Shared {
  SourceConfig config;
  OpenContext context;
  Login login;
  LocalTime zone{Zone()};
  bool refuse_odd = false;
  std::optional<std::int64_t> cursor_lag_us;
  std::uint64_t spool_limit_bytes = 0;
};

std::string select(const MyTable& table, const std::vector<std::string>& columns, const std::vector<std::string>& conditions) {
  std::vector<std::string> expressions;
  for (const std::string& column : columns) expressions.push_back(table.find(column)->read);
  if (expressions.empty()) expressions.emplace_back("1");
  std::string sql = fmt::format("SELECT {} FROM {}", fmt::join(expressions, ", "), quote_name(table.info.name));
  if (!conditions.empty()) sql += fmt::format(" WHERE {}", fmt::join(conditions, " AND "));
  return sql;
}

std::vector<std::string> conditions_of(const MyTable& table, const std::vector<Filter>& filters, const LocalTime& zone) {
  std::vector<std::string> out;
  for (const Filter& filter : filters)
    if (Condition part = condition(table, filter, zone); part.how != Pushdown::kNone) out.push_back(std::move(part.sql));
  return out;
}

class MysqlScan;

// The connection that holds the snapshot, and the scan whose rows are on their way over it.
struct Line {
  std::unique_ptr<Connection> connection;
  MysqlScan* busy = nullptr;
};

class MysqlScan final : public Scan {
 public:
  MysqlScan(std::shared_ptr<const Shared> shared, std::shared_ptr<Line> line, const MyTable& table, const std::vector<std::string>& columns)
      : shared_(std::move(shared)),
        line_(std::move(line)),
        place_(shared_->config.name + "." + table.info.name),
        odd_(place_, shared_->refuse_odd) {
    for (const std::string& column : columns) columns_.push_back(*table.find(column));
    line_->busy = this;
  }
  ~MysqlScan() override {
    if (line_->busy != this) return;
    line_->connection->give_up();
    line_->busy = nullptr;
  }

  Result<bool> next(Batch& batch) override {
    if (!spool_) return receive(batch);
    if (shared_->context.cancel) SINAN_CHECK(shared_->context.cancel->check());
    return spool_->next(batch);
  }

  // Makes way: what is left goes to disk.
  Status set_aside() {
    SINAN_TRY(auto spool, Spool::create(shared_->spool_limit_bytes));
    Batch batch;
    while (true) {
      SINAN_TRY(bool more, receive(batch));
      if (!more) break;
      SINAN_CHECK(spool->append(batch));
    }
    SINAN_CHECK(spool->rewind());
    spool_ = std::move(spool);
    return {};
  }

  std::vector<Warning> warnings() const override { return odd_.warnings(); }

 private:
  Result<bool> receive(Batch& batch) {
    batch.columns.clear();
    if (done_) return false;
    for (const MyColumn& column : columns_) batch.columns.emplace_back(column.type);
    if (columns_.empty()) batch.columns.emplace_back(Type{TypeId::kBool});
    if (shared_->context.cancel) SINAN_CHECK(shared_->context.cancel->check());
    std::size_t bytes = 0;
    while (batch.rows() < kBatchRows && bytes < kBatchBytes) {
      auto row = line_->connection->next_row();
      if (!row || !*row) {
        done_ = true;
        line_->busy = nullptr;
        if (!row) return fail(std::move(row).error());
        break;
      }
      if (columns_.empty()) batch.columns[0].append_int(1);
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if ((*row)->cells[i] == nullptr) {
          batch.columns[i].append_null();
          continue;
        }
        bytes += (*row)->lengths[i];
        SINAN_CHECK(append(columns_[i], {(*row)->cells[i], (*row)->lengths[i]}, batch.columns[i]));
      }
    }
    return batch.rows() > 0;
  }

  Status append(const MyColumn& column, std::string_view text, Column& out) {
    static const LocalTime kUtc{Zone()};
    if (append_text_value(out, text, column.local_time || column.pinned ? shared_->zone : kUtc)) return {};
    bool dated = column.type.id == TypeId::kDate || column.type.id == TypeId::kTimestamp;
    if (dated && text.size() >= 10 && text[4] == '-' && text[7] == '-') {
      SINAN_CHECK(odd_.odd(column.name, "a zero or impossible date"));
      out.append_null();
      return {};
    }
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the column holds a value that is no {}: pin another type for it, such as text", column.type.sql()),
                place_ + "." + column.name);
  }

  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<Line> line_;
  std::string place_;
  OddValues odd_;
  std::vector<MyColumn> columns_;
  std::unique_ptr<Spool> spool_;
  bool done_ = false;
};

constexpr std::string_view kNowUs = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";

Result<std::int64_t> number(Connection& connection, const std::string& sql) {
  SINAN_TRY(auto rows, connection.query(sql));
  std::int64_t value = 0;
  if (rows.empty() || !rows[0][0]) return INT64_MAX;
  std::from_chars(rows[0][0]->data(), rows[0][0]->data() + rows[0][0]->size(), value);
  return value;
}

// The earliest time at which a transaction may have begun that a snapshot taken from now on does not see. Asked before the snapshot:
// what commits in between is seen, and what begins in between began after `now`. Statements count from their own beginning, for they
// may hold a time already that they have not written yet. Two seconds cover what the server rounds and keeps for a moment.
Result<std::int64_t> oldest_open_us(Connection& connection, const std::optional<std::int64_t>& lag_us) {
  constexpr std::int64_t kSlackUs = 2'000'000;
  constexpr std::int64_t kBlindLagUs = std::int64_t{600} * 1'000'000;
  SINAN_TRY(std::int64_t now, number(connection, fmt::format("SELECT {}", kNowUs)));
  auto begun = number(connection,
                      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', MIN(trx_started)) FROM information_schema.innodb_trx WHERE "
                      "trx_mysql_thread_id <> CONNECTION_ID()");
  if (!begun && !connection.alive()) return begun;
  if (!begun) return now - lag_us.value_or(kBlindLagUs);
  SINAN_TRY(std::int64_t running,
            number(connection,
                   "SELECT MAX(time) + 1 FROM information_schema.processlist WHERE command IN ('Query', 'Execute') AND "
                   "id <> CONNECTION_ID()"));
  std::int64_t oldest = std::min(now, *begun);
  if (running != INT64_MAX) oldest = std::min(oldest, now - running * 1'000'000);
  return std::min(oldest - kSlackUs, now - lag_us.value_or(0));
}

class MysqlSnapshot final : public Snapshot {
 public:
  static Result<std::unique_ptr<MysqlSnapshot>> open(std::shared_ptr<const Shared> shared) {
    auto line = std::make_shared<Line>();
    SINAN_TRY(line->connection, Connection::open(shared->login, shared->context));
    Connection& connection = *line->connection;
    bool by_cursor = std::any_of(shared->config.tables.begin(), shared->config.tables.end(),
                                 [](const auto& table) { return !table.second.cursor.value.empty(); });
    std::int64_t oldest = 0;
    if (by_cursor) {
      SINAN_TRY(oldest, oldest_open_us(connection, shared->cursor_lag_us));
    }
    SINAN_TRY(auto isolation, connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
    SINAN_TRY(auto begun, connection.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"));
    static_cast<void>(isolation), static_cast<void>(begun);
    SINAN_TRY(auto tables, read_catalogue(connection, shared->config));
    return std::make_unique<MysqlSnapshot>(std::move(shared), std::move(line), std::move(tables), oldest);
  }

  MysqlSnapshot(std::shared_ptr<const Shared> shared, std::shared_ptr<Line> line, std::vector<MyTable> tables, std::int64_t oldest_us)
      : shared_(std::move(shared)), line_(std::move(line)), tables_(std::move(tables)), oldest_us_(oldest_us) {}

  const std::vector<MyTable>& tables() const { return tables_; }

  bool consistent() const override {
    return std::all_of(tables_.begin(), tables_.end(), [](const MyTable& table) { return table.transactional; });
  }

  Result<std::unique_ptr<Scan>> scan(const ScanRequest& request) override {
    SINAN_TRY(const MyTable* table, find(request.table, request.columns));
    return start(*table, request.columns, conditions_of(*table, request.filters, shared_->zone));
  }

  Result<Changes> changes(const ChangeOptions& options, const Position& since, Position& next) override {
    SINAN_TRY(const MyTable* table, find(options.table, options.columns));
    const MyColumn* cursor = table->find(options.cursor);
    if (cursor == nullptr || options.key.empty() || table->is_view || !table->transactional) return Snapshot::changes(options, since, next);
    Json identity{{"cursor", options.cursor}, {"columns", options.columns}, {"key", options.key}};
    bool known = since.state.is_object() && since.state.value("identity", Json()) == identity;
    Json low = known ? since.state.value("low", Json()) : Json();
    SINAN_CHECK(settle(*table, *cursor, known ? since.state.value("marks", Json()) : Json(), identity, next));
    Changes out;
    out.replaces_all = !low.is_string();
    std::vector<std::string> conditions;
    if (!out.replaces_all) {
      std::string bare = quote_name(cursor->name);
      const std::string& from = low.get_ref<const std::string&>();
      bool plain = cursor->numeric && !from.empty() && from.find_first_not_of("0123456789+-.eE") == std::string::npos;
      conditions.push_back(fmt::format("({} >= {} OR {} IS NULL)", bare, plain ? from : text_literal(from), bare));
    }
    SINAN_TRY(out.upserts, start(*table, options.columns, conditions));
    if (!out.replaces_all && options.deletions)
      out.present_keys = lazy_scan([this, table, key = options.key] { return start(*table, key, {}); });
    return out;
  }

 private:
  Result<const MyTable*> find(const std::string& name, const std::vector<std::string>& columns) const {
    auto table = std::find_if(tables_.begin(), tables_.end(), [&](const MyTable& t) { return t.info.name == name; });
    if (table == tables_.end())
      return fail(ErrorCode::kNotFound, fmt::format("the database has no table '{}' that the user may read", name), shared_->config.name);
    for (const std::string& column : columns)
      if (!table->find(column))
        return fail(ErrorCode::kNotFound, fmt::format("the table has no column '{}' any more", column), shared_->config.name + "." + name);
    return &*table;
  }

  Status clear_line() {
    if (line_->busy) SINAN_CHECK(line_->busy->set_aside());
    return {};
  }

  Result<std::unique_ptr<Scan>> start(const MyTable& table, const std::vector<std::string>& columns,
                                      const std::vector<std::string>& conditions) {
    SINAN_CHECK(clear_line());
    SINAN_CHECK(line_->connection->begin(select(table, columns, conditions)));
    return std::make_unique<MysqlScan>(shared_, line_, table, columns);
  }

  // Works out where the next read begins (see cursor_marks.hpp).
  Status settle(const MyTable& table, const MyColumn& cursor, const Json& marks_before, const Json& identity, Position& next) {
    SINAN_CHECK(clear_line());
    SINAN_TRY(auto rows, line_->connection->query(fmt::format("SELECT CAST(MAX({}) AS CHAR), {} FROM {}", quote_name(cursor.name), kNowUs,
                                                              quote_name(table.info.name))));
    std::int64_t now = 0;
    const std::string& text = rows[0][1].value_or("0");
    std::from_chars(text.data(), text.data() + text.size(), now);
    CursorMarks marks(marks_before);
    marks.add(now, rows[0][0] ? Json(*rows[0][0]) : Json());
    auto low = marks.settle(oldest_us_);
    next.state = Json{{"identity", identity}, {"low", low ? *low : Json()}, {"marks", marks.to_json()}};
    return {};
  }

  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<Line> line_;
  std::vector<MyTable> tables_;
  std::int64_t oldest_us_;
};

class MysqlSource final : public Source {
 public:
  explicit MysqlSource(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  Result<std::vector<TableInfo>> discover() override {
    SINAN_CHECK(read(true));
    std::vector<TableInfo> out;
    for (const MyTable& table : tables_) out.push_back(table.info);
    return out;
  }

  Result<TableInfo> describe(const std::string& name) override {
    SINAN_CHECK(read(false));
    if (!find(name)) SINAN_CHECK(read(true));
    if (const MyTable* table = find(name)) return table->info;
    std::vector<std::string> names;
    for (const MyTable& table : tables_) names.push_back(table.info.name);
    return fail(ErrorCode::kNotFound,
                fmt::format("the source '{}' has no table '{}': {}", shared_->config.name, name, suggestion(name, names)));
  }

  Result<std::unique_ptr<Snapshot>> snapshot() override {
    SINAN_TRY(auto snapshot, MysqlSnapshot::open(shared_));
    tables_ = snapshot->tables();
    return snapshot;
  }

  Pushdown pushdown(const std::string& table, const Filter& filter) const override {
    const MyTable* found = find(table);
    return found ? condition(*found, filter, shared_->zone).how : Pushdown::kNone;
  }

  std::string explain(const ScanRequest& request) const override {
    const MyTable* table = find(request.table);
    if (table == nullptr) return {};
    for (const std::string& column : request.columns)
      if (!table->find(column)) return {};
    return select(*table, request.columns, conditions_of(*table, request.filters, shared_->zone));
  }

  std::unique_ptr<Writer> writer() override { return open_writer(shared_->config, shared_->login, shared_->context, shared_->zone.zone()); }

 private:
  Status read(bool again) {
    if (!again && !tables_.empty()) return {};
    SINAN_TRY(auto connection, Connection::open(shared_->login, shared_->context));
    SINAN_TRY(tables_, read_catalogue(*connection, shared_->config));
    return {};
  }

  const MyTable* find(const std::string& name) const {
    for (const MyTable& table : tables_)
      if (table.info.name == name) return &table;
    return nullptr;
  }

  std::shared_ptr<const Shared> shared_;
  std::vector<MyTable> tables_;
};

void check(const SourceConfig& config, Diagnostics& diagnostics) {
  MysqlOptions options;
  if (!read_options(config.options, config.place, options, diagnostics)) return;
  check_shared(options, diagnostics);
  read_connection(options.connection, connection_keys(), diagnostics);
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const OpenContext& context) {
  SINAN_TRY(auto options, options_of<MysqlOptions>(config.options, config.place));
  SINAN_TRY(auto resolved, resolve(options, context));
  auto shared = std::make_shared<Shared>();
  shared->config = config;
  shared->context = context;
  SINAN_TRY(shared->login, resolve_login(config.name, options, context));
  shared->zone = LocalTime(resolved.zone);
  shared->refuse_odd = resolved.refuse_odd;
  if (options.cursor_lag) shared->cursor_lag_us = options.cursor_lag->count();
  shared->spool_limit_bytes = static_cast<std::uint64_t>(options.spool_limit_mb) << 20;
  return std::make_unique<MysqlSource>(std::move(shared));
}

}  // namespace

ConnectorInfo info() { return {"mysql", "A MariaDB or MySQL database.", schema_of_options<MysqlOptions>(), Json::object(), check, open}; }

}  // namespace sinan::sources::mysql

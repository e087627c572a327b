// PostgreSQL: snapshots shared by several connections, binary COPY, changes by the transaction that wrote each row.

#include <charconv>

#include "data/sources/postgres/writer.hpp"

namespace sinan::sources::postgres {
namespace {

constexpr std::size_t kBatchRows = 2048;
constexpr std::size_t kBatchBytes = 4 << 20;

struct Shared {
  SourceConfig config;
  OpenContext context;
  Login login;
  LocalTime zone{Zone()};
  bool refuse_odd = false;
  int max_connections = 8;
};

std::string select(const PgTable& table, const std::vector<std::string>& columns, const std::vector<std::string>& conditions) {
  std::vector<std::string> expressions;
  for (const std::string& column : columns) expressions.push_back(table.find(column)->read);
  if (expressions.empty()) expressions.emplace_back("true");
  std::string sql = fmt::format("SELECT {} FROM {}", fmt::join(expressions, ", "), table.sql_name);
  if (!conditions.empty()) sql += fmt::format(" WHERE {}", fmt::join(conditions, " AND "));
  return sql;
}

std::vector<std::string> conditions_of(const PgTable& table, const std::vector<Filter>& filters, const LocalTime& zone) {
  std::vector<std::string> out;
  for (const Filter& filter : filters)
    if (Condition part = condition(table, filter, zone); part.how != Pushdown::kNone) out.push_back(std::move(part.sql));
  return out;
}

// Connections that all see the snapshot which the first of them holds open.
class Pool {
 public:
  static Result<std::shared_ptr<Pool>> open(std::shared_ptr<const Shared> shared) {
    auto pool = std::make_shared<Pool>();
    pool->shared_ = std::move(shared);
    SINAN_TRY(pool->keeper_, Connection::open(pool->shared_->login, pool->shared_->context));
    SINAN_CHECK(pool->keeper_->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    SINAN_TRY(auto exported, pool->keeper_->query("SELECT pg_export_snapshot()"));
    pool->snapshot_ = exported[0][0].value_or("");
    return pool;
  }

  Connection& keeper() { return *keeper_; }

  Result<std::unique_ptr<Connection>> take() {
    if (!free_.empty()) {
      auto connection = std::move(free_.back());
      free_.pop_back();
      ++taken_;
      return connection;
    }
    if (taken_ + 1 >= shared_->max_connections)
      return fail(
          ErrorCode::kLimit,
          fmt::format("the read needs more than {} connections at once: raise max_connections of the source", shared_->max_connections),
          shared_->config.name);
    SINAN_TRY(auto connection, Connection::open(shared_->login, shared_->context));
    SINAN_CHECK(connection->run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    SINAN_CHECK(connection->run("SET TRANSACTION SNAPSHOT " + quote_text(snapshot_)));
    ++taken_;
    return connection;
  }

  // One that is not idle is closed: its statement was given up.
  void give_back(std::unique_ptr<Connection> connection) {
    --taken_;
    if (connection->idle()) free_.push_back(std::move(connection));
  }

 private:
  std::shared_ptr<const Shared> shared_;
  std::unique_ptr<Connection> keeper_;
  std::string snapshot_;
  std::vector<std::unique_ptr<Connection>> free_;
  int taken_ = 0;
};

class PostgresScan final : public Scan {
 public:
  PostgresScan(std::shared_ptr<const Shared> shared, std::shared_ptr<Pool> pool, std::unique_ptr<Connection> connection,
               std::vector<CopyColumn> columns, const std::string& place)
      : shared_(std::move(shared)),
        pool_(std::move(pool)),
        connection_(std::move(connection)),
        odd_(place, shared_->refuse_odd),
        decoder_(std::move(columns), place, shared_->zone, odd_) {}
  ~PostgresScan() override {
    if (connection_) pool_->give_back(std::move(connection_));
  }

  Result<bool> next(Batch& batch) override {
    batch = decoder_.start();
    if (shared_->context.cancel) SINAN_CHECK(shared_->context.cancel->check());
    std::size_t bytes = 0;
    while (connection_ && batch.rows() < kBatchRows && bytes < kBatchBytes) {
      SINAN_TRY(auto piece, connection_->copy_piece());
      if (piece) {
        bytes += piece->size();
        SINAN_CHECK(decoder_.feed(*piece, batch));
        continue;
      }
      pool_->give_back(std::move(connection_));
      if (!decoder_.ended()) return fail(ErrorCode::kUnavailable, "the server ended the rows in the middle of one", shared_->login.shown);
    }
    return batch.rows() > 0;
  }

  std::vector<Warning> warnings() const override { return odd_.warnings(); }

 private:
  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<Connection> connection_;
  OddValues odd_;
  CopyDecoder decoder_;
};

// Where a read of changes stands. Rows tell the transaction that wrote them (xmin). Every row that a later read must bring was written
// by a transaction that this snapshot does not see, so by none older than the oldest one that was open then: `xmin`. Numbers start
// again when the cluster is another or was set back; then everything is read.
struct Stand {
  std::string cluster;  // its identifier and timeline
  std::int64_t xmin = 0;
  std::int64_t xmax = 0;
};

Result<Stand> read_stand(Connection& connection) {
  Stand out;
  SINAN_TRY(auto rows, connection.query("SELECT s.system_identifier, c.timeline_id FROM pg_control_system() s, pg_control_checkpoint() c"));
  out.cluster = rows[0][0].value_or("") + "/" + rows[0][1].value_or("");
  SINAN_TRY(auto snapshot, connection.query("SELECT txid_snapshot_xmin(s), txid_snapshot_xmax(s) FROM txid_current_snapshot() AS s"));
  auto number = [](const std::optional<std::string>& text) {
    std::int64_t value = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  };
  out.xmin = number(snapshot[0][0]);
  out.xmax = number(snapshot[0][1]);
  return out;
}

class PostgresSnapshot final : public Snapshot {
 public:
  PostgresSnapshot(std::shared_ptr<const Shared> shared, std::shared_ptr<Pool> pool, std::vector<PgTable> tables)
      : shared_(std::move(shared)), pool_(std::move(pool)), tables_(std::move(tables)) {}

  bool consistent() const override { return true; }

  Result<std::unique_ptr<Scan>> scan(const ScanRequest& request) override {
    SINAN_TRY(const PgTable* table, find(request.table, request.columns));
    return copy(*table, request.columns, conditions_of(*table, request.filters, shared_->zone));
  }

  Result<Changes> changes(const ChangeOptions& options, const Position& since, Position& next) override {
    SINAN_TRY(const PgTable* table, find(options.table, options.columns));
    if (options.cursor.empty() || options.key.empty() || !table->has_xmin) return Snapshot::changes(options, since, next);
    if (!stand_) {
      SINAN_TRY(stand_, read_stand(pool_->keeper()));
    }
    Json identity{{"cluster", stand_->cluster}, {"table", table->oid}, {"columns", options.columns}, {"key", options.key}};
    next.state = Json{{"identity", identity}, {"xmin", stand_->xmin}};
    Changes out;
    std::int64_t from =
        since.state.is_object() && since.state.value("identity", Json()) == identity ? since.state.value("xmin", std::int64_t{0}) : 0;
    // age() counts to 2^31 only; long before that, reading all is due.
    constexpr std::int64_t kOldest = 2'000'000'000;
    if (from < 3 || from > stand_->xmax || stand_->xmax - from > kOldest) {
      SINAN_TRY(out.upserts, copy(*table, options.columns, {}));
      out.replaces_all = true;
      return out;
    }
    // Both ages count from the same transaction; a row frozen ages ago may look young, and is read once more than needed.
    std::uint32_t xid = std::max<std::uint32_t>(static_cast<std::uint32_t>(from & 0xFFFFFFFF), 3);
    SINAN_TRY(out.upserts, copy(*table, options.columns, {fmt::format("age(xmin) <= age('{}'::xid)", xid)}));
    if (options.deletions) out.present_keys = lazy_scan([this, table, key = options.key] { return copy(*table, key, {}); });
    return out;
  }

 private:
  Result<const PgTable*> find(const std::string& name, const std::vector<std::string>& columns) const {
    auto table = std::find_if(tables_.begin(), tables_.end(), [&](const PgTable& t) { return t.info.name == name; });
    if (table == tables_.end())
      return fail(ErrorCode::kNotFound, fmt::format("the database has no table '{}' that the user may read", name), shared_->config.name);
    for (const std::string& column : columns)
      if (!table->find(column))
        return fail(ErrorCode::kNotFound, fmt::format("the table has no column '{}' any more", column), shared_->config.name + "." + name);
    return &*table;
  }

  Result<std::unique_ptr<Scan>> copy(const PgTable& table, const std::vector<std::string>& columns,
                                     const std::vector<std::string>& conditions) {
    std::vector<CopyColumn> wires;
    for (const std::string& column : columns) {
      const PgColumn* found = table.find(column);
      wires.push_back({found->name, found->type, found->wire});
    }
    SINAN_TRY(auto connection, pool_->take());
    auto status = connection->begin_copy(fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", select(table, columns, conditions)));
    if (!status) {
      pool_->give_back(std::move(connection));
      return fail(std::move(status).error());
    }
    return std::make_unique<PostgresScan>(shared_, pool_, std::move(connection), std::move(wires),
                                          shared_->config.name + "." + table.info.name);
  }

  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<Pool> pool_;
  std::vector<PgTable> tables_;
  std::optional<Stand> stand_;
};

class PostgresSource final : public Source {
 public:
  explicit PostgresSource(std::shared_ptr<const Shared> shared) : shared_(std::move(shared)) {}

  Result<std::vector<TableInfo>> discover() override {
    SINAN_CHECK(read(true));
    std::vector<TableInfo> out;
    for (const PgTable& table : tables_) out.push_back(table.info);
    return out;
  }

  Result<TableInfo> describe(const std::string& name) override {
    SINAN_CHECK(read(false));
    if (!find(name)) SINAN_CHECK(read(true));
    if (const PgTable* table = find(name)) return table->info;
    std::vector<std::string> names;
    for (const PgTable& table : tables_) names.push_back(table.info.name);
    return fail(ErrorCode::kNotFound,
                fmt::format("the source '{}' has no table '{}': {}", shared_->config.name, name, suggestion(name, names)));
  }

  Result<std::unique_ptr<Snapshot>> snapshot() override {
    SINAN_TRY(auto pool, Pool::open(shared_));
    SINAN_TRY(tables_, read_catalogue(pool->keeper(), shared_->config, shared_->zone));
    return std::make_unique<PostgresSnapshot>(shared_, std::move(pool), tables_);
  }

  Pushdown pushdown(const std::string& table, const Filter& filter) const override {
    const PgTable* found = find(table);
    return found ? condition(*found, filter, shared_->zone).how : Pushdown::kNone;
  }

  std::string explain(const ScanRequest& request) const override {
    const PgTable* table = find(request.table);
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
    SINAN_TRY(tables_, read_catalogue(*connection, shared_->config, shared_->zone));
    return {};
  }

  const PgTable* find(const std::string& name) const {
    for (const PgTable& table : tables_)
      if (table.info.name == name) return &table;
    return nullptr;
  }

  std::shared_ptr<const Shared> shared_;
  std::vector<PgTable> tables_;
};

void check(const SourceConfig& config, Diagnostics& diagnostics) {
  PostgresOptions options;
  if (!read_options(config.options, config.place, options, diagnostics)) return;
  check_shared(options, diagnostics);
  read_connection(options.connection, connection_keys(), diagnostics);
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const OpenContext& context) {
  SINAN_TRY(auto options, options_of<PostgresOptions>(config.options, config.place));
  SINAN_TRY(auto resolved, resolve(options, context));
  auto shared = std::make_shared<Shared>();
  shared->config = config;
  shared->context = context;
  SINAN_TRY(shared->login, resolve_login(config.name, options, context));
  shared->zone = LocalTime(resolved.zone);
  shared->refuse_odd = resolved.refuse_odd;
  shared->max_connections = options.max_connections;
  return std::make_unique<PostgresSource>(std::move(shared));
}

}  // namespace

ConnectorInfo info() {
  return {"postgres", "A PostgreSQL database, version 12 or newer.", schema_of_options<PostgresOptions>(), Json::object(), check, open};
}

}  // namespace sinan::sources::postgres

#include <duckdb.hpp>
#include <duckdb/common/vector_operations/vector_operations.hpp>
#include <duckdb/main/extension/extension_loader.hpp>

#include "platform/duck/convert.hpp"
#include "platform/duck/row_queue.hpp"
#include "platform/duck/state.hpp"

namespace sinan::duck {

namespace {

// Runs `body`, which may throw DuckDB's exceptions.
template <typename Body>
auto guarded(const Body& body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& error) {
    return fail(to_error(duckdb::ErrorData(error)));
  }
}

}  // namespace

std::int64_t TableRegistry::add(std::shared_ptr<const TableProvider> provider) {
  std::lock_guard lock(mutex_);
  tables_.emplace(++next_, std::move(provider));
  return next_;
}

void TableRegistry::remove(std::int64_t id) {
  std::lock_guard lock(mutex_);
  tables_.erase(id);
}

std::shared_ptr<const TableProvider> TableRegistry::find(std::int64_t id) {
  std::lock_guard lock(mutex_);
  auto found = tables_.find(id);
  return found == tables_.end() ? nullptr : found->second;
}

void ForeignError::raise(Error error) {
  std::string text = error.text();
  {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  throw duckdb::InvalidInputException(text);
}

std::optional<Error> ForeignError::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(error_, std::nullopt);
}

ForeignError& ForeignError::of(duckdb::ClientContext& context) {
  return *context.registered_state->GetOrCreate<ForeignError>("sinan_foreign_error");
}

Error Connection::State::error(const duckdb::ErrorData& data) {
  if (auto foreign = ForeignError::of(*duck->context).take()) return *std::move(foreign);
  return to_error(data);
}

Result<Database> Database::open(const Options& options) {
  return guarded([&]() -> Result<Database> {
    duckdb::DBConfig config;
    config.SetOptionByName("memory_limit", duckdb::Value(fmt::format("{}MiB", options.memory_mb)));
    if (options.threads > 0) config.SetOptionByName("threads", duckdb::Value::BIGINT(options.threads));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("allow_community_extensions", duckdb::Value::BOOLEAN(false));
    config.SetOptionByName("temp_directory", duckdb::Value(options.temp_dir.string()));
    auto state = std::make_shared<State>();
    state->duck = duckdb::make_uniq<duckdb::DuckDB>(nullptr, &config);
    register_stream_function(*state);
    duckdb::Connection setup(*state->duck);
    auto done = setup.Query("SET GLOBAL TimeZone = 'UTC'");
    if (done->HasError()) return fail(to_error(done->GetErrorObject()));
    if (!options.allowed_dirs.empty()) {
      std::string dirs;
      for (const auto& dir : options.allowed_dirs) dirs += (dirs.empty() ? "" : ", ") + quote_text(dir.string());
      done = setup.Query(fmt::format("SET GLOBAL allowed_directories = [{}]", dirs));
      if (done->HasError()) return fail(to_error(done->GetErrorObject()));
    }
    if (!options.files) {
      done = setup.Query("SET GLOBAL enable_external_access = false");
      if (done->HasError()) return fail(to_error(done->GetErrorObject()));
    }
    return Database(std::move(state));
  });
}

Result<Connection> Database::connect() const {
  return guarded([&]() -> Result<Connection> {
    auto state = std::make_shared<Connection::State>();
    state->database = state_;
    state->duck = duckdb::make_uniq<duckdb::Connection>(*state_->duck);
    RowQueue::install(*state->duck->context);
    return Connection(std::move(state));
  });
}

TableHandle Database::add_table(std::shared_ptr<const TableProvider> provider) const {
  auto id = state_->tables->add(std::move(provider));
  std::shared_ptr<const void> registration(static_cast<const void*>(state_->tables.get()),
                                           [tables = state_->tables, id](const void*) { tables->remove(id); });
  return {fmt::format("sinan_stream({})", id), std::move(registration)};
}

Status Database::add_text_function(const std::string& name, std::function<std::string(std::string_view)> function) const {
  return guarded([&]() -> Status {
    auto run = [function = std::move(function)](duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
      duckdb::UnaryExecutor::Execute<duckdb::string_t, duckdb::string_t>(
          arguments.data[0], result, arguments.size(),
          [&](duckdb::string_t in) { return duckdb::StringVector::AddString(result, function({in.GetData(), in.GetSize()})); });
    };
    duckdb::ScalarFunction scalar(name, {duckdb::LogicalType::VARCHAR}, duckdb::LogicalType::VARCHAR, run);
    duckdb::ExtensionLoader loader(*state_->duck->instance, "sinan");
    loader.RegisterFunction(std::move(scalar));
    return {};
  });
}

Status Database::lock_configuration() const {
  SINAN_TRY(auto connection, connect());
  return connection.run("SET GLOBAL lock_configuration = true");
}

namespace {

using Chunk = duckdb::unique_ptr<duckdb::DataChunk>;

// While other threads have all the work that there is.
constexpr std::chrono::microseconds kPause{50};

// What ends a query from outside.
Status may_go_on(const QueryOptions& options) {
  if (options.cancel && options.cancel->cancelled()) return fail(ErrorCode::kCancelled, "cancelled");
  if (options.deadline && std::chrono::steady_clock::now() > *options.deadline)
    return fail(ErrorCode::kTimeout, "the query took longer than it may; ask for less at a time");
  return {};
}

class QueryReader final : public ChunkReader {
 public:
  QueryReader(std::shared_ptr<Connection::State> connection, duckdb::unique_ptr<duckdb::PendingQueryResult> pending,
              std::shared_ptr<RowQueue> rows, const QueryOptions& options)
      : connection_(std::move(connection)), pending_(std::move(pending)), rows_(std::move(rows)), options_(options) {
    for (std::size_t i = 0; i < pending_->types.size(); ++i) {
      Type type = from_duck(pending_->types[i]);
      schema_.fields.push_back({pending_->names[i], type, true});
      if (pending_->types[i] != to_duck(type)) same_types_ = false;
    }
  }

  // Works until the first rows are there, so that what goes wrong before them is an error of the query.
  Status start() {
    SINAN_TRY(first_, work());
    return {};
  }

  const Schema& schema() const override { return schema_; }
  bool same_types() const override { return same_types_; }

  Result<bool> next(Batch& batch) override {
    batch.columns.clear();
    for (const Field& field : schema_.fields) batch.columns.emplace_back(field.type);
    SINAN_TRY(auto chunk, next_chunk());
    if (!chunk) return false;
    try {
      append(*connection_->duck->context, *chunk, batch);
    } catch (const std::exception& error) {
      return fail(to_error(duckdb::ErrorData(error)));
    }
    return true;
  }

  Result<Chunk> next_chunk() override {
    if (!options_.even) return fetch();
    auto out = duckdb::make_uniq<duckdb::DataChunk>();
    out->Initialize(duckdb::Allocator::DefaultAllocator(), pending_->types);
    while (out->size() < STANDARD_VECTOR_SIZE) {
      if (!part_ || part_from_ == part_->size()) {
        SINAN_TRY(part_, fetch());
        part_from_ = 0;
        if (!part_) break;
      }
      move_rows(*out);
    }
    if (out->size() == 0) return Chunk();
    return out;
  }

 private:
  // As many rows of the part as fit, as plain values.
  void move_rows(duckdb::DataChunk& out) {
    auto count = std::min<duckdb::idx_t>(STANDARD_VECTOR_SIZE - out.size(), part_->size() - part_from_);
    for (duckdb::idx_t i = 0; i < out.ColumnCount(); ++i)
      duckdb::VectorOperations::Copy(part_->data[i], out.data[i], part_from_ + count, part_from_, out.size());
    part_from_ += count;
    out.SetCardinality(out.size() + count);
  }

  Result<Chunk> fetch() {
    if (first_) return std::exchange(first_, nullptr);
    return work();
  }

  // Works at the query until there are rows; null at its end.
  Result<Chunk> work() {
    try {
      for (;;) {
        if (auto go = may_go_on(options_); !go) {
          connection_->duck->Interrupt();  // tasks on other threads look for it
          return fail(std::move(go).error());
        }
        if (auto chunk = rows_->take()) return chunk;
        if (ended_) return Chunk();
        auto state = pending_->ExecuteTask();
        if (state == duckdb::PendingExecutionResult::EXECUTION_ERROR) return fail(connection_->error(pending_->GetErrorObject()));
        if (state == duckdb::PendingExecutionResult::BLOCKED) pending_->WaitForTask();
        if (state == duckdb::PendingExecutionResult::NO_TASKS_AVAILABLE) std::this_thread::sleep_for(kPause);
        if (state != duckdb::PendingExecutionResult::EXECUTION_FINISHED) continue;
        ended_ = true;
        auto result = pending_->Execute();
        if (result->HasError()) return fail(connection_->error(result->GetErrorObject()));
      }
    } catch (const std::exception& error) {
      return fail(connection_->error(duckdb::ErrorData(error)));
    }
  }

  std::shared_ptr<Connection::State> connection_;
  duckdb::unique_ptr<duckdb::PendingQueryResult> pending_;
  std::shared_ptr<RowQueue> rows_;
  QueryOptions options_;
  Chunk first_;
  bool ended_ = false;
  Chunk part_;  // of which rows are left from part_from_ on
  duckdb::idx_t part_from_ = 0;
  Schema schema_;
  bool same_types_ = true;
};

}  // namespace

Status Connection::run(std::string_view sql) {
  return guarded([&]() -> Status {
    ForeignError::of(*state_->duck->context).take();
    auto result = state_->duck->Query(std::string(sql));
    if (result->HasError()) return fail(state_->error(result->GetErrorObject()));
    return {};
  });
}

Result<std::unique_ptr<Reader>> Connection::query(std::string_view sql, const QueryOptions& options) {
  return guarded([&]() -> Result<std::unique_ptr<Reader>> {
    auto& context = *state_->duck->context;
    ForeignError::of(context).take();
    auto prepared = state_->duck->Prepare(std::string(sql));
    if (prepared->HasError()) return fail(state_->error(prepared->GetErrorObject()));
    duckdb::case_insensitive_map_t<duckdb::BoundParameterData> values;
    for (const auto& [name, value] : options.parameters) values[name] = duckdb::BoundParameterData(duckdb::Value(value));
    auto rows = std::make_shared<RowQueue>();
    RowQueue::await(context, rows);
    auto pending = prepared->PendingQuery(values, false);
    RowQueue::await(context, nullptr);
    if (pending->HasError()) return fail(state_->error(pending->GetErrorObject()));
    auto reader = std::make_unique<QueryReader>(state_, std::move(pending), std::move(rows), options);
    SINAN_CHECK(reader->start());
    return reader;
  });
}

Result<Schema> Connection::describe(std::string_view sql) {
  return guarded([&]() -> Result<Schema> {
    auto prepared = state_->duck->Prepare(std::string(sql));
    if (prepared->HasError()) return fail(state_->error(prepared->GetErrorObject()));
    Schema schema;
    for (std::size_t i = 0; i < prepared->GetNames().size(); ++i)
      schema.fields.push_back({prepared->GetNames()[i], from_duck(prepared->GetTypes()[i]), true});
    return schema;
  });
}

Result<std::int64_t> Connection::execute(std::string_view sql) {
  SINAN_TRY(Table rows, table(sql));
  if (rows.rows() != 1 || rows.schema.fields.size() != 1 || rows.schema.fields[0].type.id != TypeId::kInt)
    broken("execute() takes a statement that answers with the number of rows it changed");
  return rows.batches.at(0).columns.at(0).ints.at(0);
}

Result<Table> Connection::table(std::string_view sql, std::int64_t max_rows) {
  SINAN_TRY(auto reader, query(sql));
  Table out{reader->schema(), {}};
  std::int64_t rows = 0;
  for (;;) {
    Batch batch;
    SINAN_TRY(bool more, reader->next(batch));
    if (!more) return out;
    rows += static_cast<std::int64_t>(batch.rows());
    if (rows > max_rows) return fail(ErrorCode::kLimit, fmt::format("more than {} rows; add a LIMIT or read them as a stream", max_rows));
    out.batches.push_back(std::move(batch));
  }
}

void Connection::interrupt() { state_->duck->Interrupt(); }

}  // namespace sinan::duck

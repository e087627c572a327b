#include "data/fabric/scan.hpp"

#include "data/catalog/catalog.hpp"

namespace sinan::fabric {

Result<std::shared_ptr<SourceSession>> SourceSession::open(const SourceHandle& handle, const CancelToken* cancel) {
  auto out = std::make_shared<SourceSession>();
  out->name_ = handle.name;
  out->kind_ = handle.kind;
  SINAN_TRY(out->source_, handle.open(cancel));
  return out;
}

Result<sources::TableInfo> SourceSession::describe(const std::string& table) {
  std::lock_guard lock(mutex_);
  auto info = source_->describe(table);
  if (info || info.error().code != ErrorCode::kNotFound) return info;
  SINAN_TRY(auto all, source_->discover());
  for (const auto& candidate : all)
    if (catalog::same_name(candidate.name, table)) return source_->describe(candidate.name);
  return info;
}

Result<std::vector<sources::TableInfo>> SourceSession::discover() {
  std::lock_guard lock(mutex_);
  return source_->discover();
}

Pushdown SourceSession::pushdown(const std::string& table, const Filter& filter) {
  std::lock_guard lock(mutex_);
  return source_->pushdown(table, filter);
}

std::string SourceSession::explain(const sources::ScanRequest& request) {
  std::lock_guard lock(mutex_);
  return source_->explain(request);
}

Result<std::unique_ptr<sources::Scan>> SourceSession::scan(const sources::ScanRequest& request) {
  std::lock_guard lock(mutex_);
  if (!snapshot_) {
    SINAN_TRY(snapshot_, source_->snapshot());
  }
  return snapshot_->scan(request);
}

Result<bool> SourceSession::next(sources::Scan& scan, Batch& batch) {
  std::lock_guard lock(mutex_);
  return scan.next(batch);
}

void SourceSession::end(std::unique_ptr<sources::Scan> scan) {
  std::lock_guard lock(mutex_);
  scan.reset();
}

void KeptConditions::add(const std::string& condition, const std::string& reason) {
  std::lock_guard lock(mutex_);
  for (const auto& [known, why] : list_)
    if (known == condition) return;
  list_.emplace_back(condition, reason);
}

std::vector<std::pair<std::string, std::string>> KeptConditions::list() const {
  std::lock_guard lock(mutex_);
  return list_;
}

namespace {

class SourceReader final : public duck::Reader {
 public:
  SourceReader(std::shared_ptr<SourceSession> session, std::unique_ptr<sources::Scan> scan, Schema schema)
      : session_(std::move(session)), scan_(std::move(scan)), schema_(std::move(schema)) {}
  ~SourceReader() override { session_->end(std::move(scan_)); }
  const Schema& schema() const override { return schema_; }
  Result<bool> next(Batch& batch) override { return session_->next(*scan_, batch); }

 private:
  std::shared_ptr<SourceSession> session_;
  std::unique_ptr<sources::Scan> scan_;
  Schema schema_;
};

}  // namespace

SourceTable::SourceTable(std::shared_ptr<SourceSession> session, sources::TableInfo info, bool push)
    : session_(std::move(session)), info_(std::move(info)), push_(push) {}

Pushdown SourceTable::pushdown(const Filter& filter) const {
  if (!push_) return Pushdown::kNone;
  auto answer = session_->pushdown(info_.name, filter);
  if (answer == Pushdown::kNone) return answer;
  std::lock_guard lock(mutex_);
  if (std::ranges::find(taken_, filter) == taken_.end()) taken_.push_back(filter);
  return answer;
}

std::vector<Filter> SourceTable::taken() const {
  std::lock_guard lock(mutex_);
  return taken_;
}

Result<std::unique_ptr<duck::Reader>> SourceTable::open(const duck::StreamRequest& request) const {
  sources::ScanRequest scan{info_.name, {}, request.filters};
  Schema schema;
  for (std::size_t column : request.columns) {
    schema.fields.push_back(info_.schema.fields.at(column));
    scan.columns.push_back(schema.fields.back().name);
  }
  SINAN_TRY(auto running, session_->scan(scan));
  return std::make_unique<SourceReader>(session_, std::move(running), std::move(schema));
}

GovernedTable::GovernedTable(duck::Database trusted, Options options, std::shared_ptr<const void> keep)
    : trusted_(std::move(trusted)), options_(std::move(options)), keep_(std::move(keep)) {}

Pushdown GovernedTable::pushdown(const Filter& filter) const {
  if (!options_.push) return Pushdown::kNone;
  for (std::size_t i = 0; i < options_.access.columns.size(); ++i)
    if (options_.access.schema.fields[i].name == filter.column)
      return options_.access.columns[i].mask == Mask::kNone ? Pushdown::kExact : Pushdown::kNone;
  return Pushdown::kNone;
}

void GovernedTable::kept(const std::string& condition, const std::string& reason) const {
  kept_.add(condition, reason.starts_with("not a comparison") ? reason : "the column is masked");
}

std::string GovernedTable::sql(const std::vector<std::size_t>& columns, const std::string& where, bool with_rows) const {
  std::string list;
  for (std::size_t column : columns) {
    const auto& access = options_.access.columns.at(column);
    const Field& field = options_.raw.fields.at(access.raw);
    list += fmt::format("{}{} AS {}", list.empty() ? "" : ", ", masked_sql(field, access.mask), duck::quote_name(field.name));
  }
  std::string filter = with_rows ? row_filter_sql(options_.access) : "";
  if (!where.empty()) filter = filter.empty() ? where : fmt::format("({}) AND {}", filter, where);
  return fmt::format("SELECT {} FROM {}{}{}", list, options_.from, filter.empty() ? "" : " WHERE ", filter);
}

duck::QueryOptions GovernedTable::query_options() const {
  duck::QueryOptions out{.cancel = options_.cancel, .even = true};
  if (options_.access.asks_user) out.parameters.emplace_back("user", options_.user);
  return out;
}

namespace {

// What went wrong below a policy could quote what the caller may not see: only the kind of it is told.
Error without_values(Error error, const std::string& table) {
  if (error.code == ErrorCode::kCancelled) return error;
  return {error.code, fmt::format("could not read {}; an owner who runs the same query sees why", table), {}, nullptr};
}

class GovernedReader final : public duck::Reader {
 public:
  GovernedReader(std::unique_ptr<duck::Reader> reader, std::string table) : reader_(std::move(reader)), table_(std::move(table)) {}
  const Schema& schema() const override { return reader_->schema(); }
  Result<bool> next(Batch& batch) override {
    auto more = reader_->next(batch);
    if (!more) return fail(without_values(std::move(more).error(), table_));
    return more;
  }

 private:
  std::unique_ptr<duck::Reader> reader_;
  std::string table_;
};

}  // namespace

Result<std::unique_ptr<duck::Reader>> GovernedTable::open(const duck::StreamRequest& request) const {
  std::string where;
  for (const Filter& filter : request.filters) where += (where.empty() ? "" : " AND ") + duck::condition(filter);
  auto run = [&]() -> Result<std::unique_ptr<duck::Reader>> {
    SINAN_TRY(auto connection, trusted_.connect());
    return connection.query(sql(request.columns, where), query_options());
  };
  auto reader = run();
  if (!reader) return fail(without_values(std::move(reader).error(), options_.name));
  return std::make_unique<GovernedReader>(*std::move(reader), options_.name);
}

}  // namespace sinan::fabric

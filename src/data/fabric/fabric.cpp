#include "data/fabric/fabric.hpp"

#include "data/fabric/engine.hpp"
#include "data/fabric/explain.hpp"
#include "platform/duck/text_files.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::fabric {

namespace {

class QueryRows final : public Rows {
 public:
  QueryRows(std::shared_ptr<Session> session, std::unique_ptr<duck::Reader> reader, std::int64_t max_rows)
      : session_(std::move(session)), reader_(std::move(reader)), max_rows_(max_rows) {}

  const Schema& schema() const override { return reader_->schema(); }

  Result<bool> next(Batch& batch) override {
    SINAN_TRY(bool more, reader_->next(batch));
    if (!more) return false;
    rows_ += static_cast<std::int64_t>(batch.rows());
    if (max_rows_ > 0 && rows_ > max_rows_)
      return fail(ErrorCode::kLimit, fmt::format("the answer has more than {} rows; add a LIMIT, or ask for more", max_rows_));
    return true;
  }

 private:
  std::shared_ptr<Session> session_;  // ends after the reader
  std::unique_ptr<duck::Reader> reader_;
  std::int64_t max_rows_;
  std::int64_t rows_ = 0;
};

Schema with_unique_names(const Schema& schema, std::vector<std::string>& repeated) {
  std::set<std::string> seen;
  for (const Field& field : schema.fields)
    if (!seen.insert(catalog::fold(field.name)).second) repeated.push_back(field.name);
  return schema;
}

class TwoEngines final : public Fabric {
 public:
  explicit TwoEngines(Shared shared) : shared_(std::move(shared)) {}

  Result<std::unique_ptr<Rows>> query(const Principal& principal, std::string_view sql, const QueryOptions& options) override {
    auto session = std::make_shared<Session>(shared_, principal, options);
    SINAN_CHECK(session->prepare(sql));
    SINAN_TRY(auto connection, session->connect());
    duck::QueryOptions running{options.parameters, options.cancel};
    if (!principal.is_trusted()) running.deadline = std::chrono::steady_clock::now() + shared_.context.timeout;
    SINAN_TRY(auto reader, connection.query(sql, running));
    return std::make_unique<QueryRows>(std::move(session), std::move(reader), options.max_rows);
  }

  Result<Explanation> explain(const Principal& principal, std::string_view sql, const QueryOptions& options) override {
    Session session(shared_, principal, options);
    SINAN_CHECK(session.prepare(sql));
    SINAN_TRY(auto connection, session.connect());
    return explain_query(shared_, session, connection, sql);
  }

  Result<std::vector<lake::TableVersion>> reads(const Principal& principal, std::string_view sql, const QueryOptions& options) override {
    if (!principal.is_trusted()) return fail(ErrorCode::kDenied, "only the owner and the system may ask what a query reads");
    Session session(shared_, principal, options);
    SINAN_CHECK(session.prepare(sql));
    std::vector<lake::TableVersion> out;
    for (const auto& table : session.tables()) {
      if (table->kind == catalog::Kind::kSource)
        return fail(ErrorCode::kPrecondition, "a live table has no version; read it from the lake", table->name);
      if (table->kind != catalog::Kind::kLake) continue;
      SINAN_TRY(lake::TableVersion version, lake().table(table->name, session.lake_version()));
      out.push_back(std::move(version));
    }
    std::ranges::sort(out, {}, &lake::TableVersion::name);
    return out;
  }

  Result<lake::Version> materialize(const Principal& principal, std::string_view sql, const std::string& table,
                                    const std::vector<std::string>& key, lake::Mode mode, const QueryOptions& options) override {
    if (!principal.is_trusted()) return fail(ErrorCode::kDenied, "only the owner and the system write to the lake", table);
    SINAN_TRY(auto rows, query(principal, sql, options));
    std::vector<std::string> repeated;
    Schema schema = with_unique_names(rows->schema(), repeated);
    if (!repeated.empty())
      return fail(ErrorCode::kInvalidInput, fmt::format("two columns have the name '{}'; name them apart with AS", repeated.front()),
                  table);
    SINAN_TRY(auto staged, lake().stage(table, schema, key));
    Batch batch;
    for (;;) {
      SINAN_TRY(bool more, rows->next(batch));
      if (!more) break;
      SINAN_CHECK(staged->append(batch));
    }
    rows.reset();
    std::vector<lake::Lake::Load> loads;
    loads.push_back({std::move(staged), mode, {}});
    return lake().commit(std::move(loads));
  }

  Result<std::vector<catalog::TableEntry>> tables(const Principal& principal, const QueryOptions& options,
                                                  std::vector<Error>* problems) override {
    auto mentions = Session(shared_, principal, options).readable(problems);
    std::optional<Session> session;
    std::vector<catalog::TableEntry> out;
    for (std::size_t i = 0; i < mentions.size(); ++i) {
      if (i % kTablesPerSession == 0) session.emplace(shared_, principal, options);
      auto entry = entry_of(*session, mentions[i], options);
      if (entry) {
        out.push_back(*std::move(entry));
      } else if (problems && principal.is_trusted()) {
        problems->push_back(std::move(entry).error());
      }
    }
    std::ranges::sort(out, {}, &catalog::TableEntry::name);
    return out;
  }

  Result<catalog::TableEntry> describe(const Principal& principal, const std::string& table, const QueryOptions& options) override {
    Mention mention;
    std::string_view rest = table;
    for (auto dot = rest.find('.'); dot != std::string_view::npos && mention.parts.size() < 2; dot = rest.find('.')) {
      mention.parts.emplace_back(rest.substr(0, dot));
      rest.remove_prefix(dot + 1);
    }
    mention.parts.emplace_back(rest);
    Session session(shared_, principal, options);
    return entry_of(session, mention, options);
  }

  lake::Lake& lake() override { return *shared_.context.lake; }

 private:
  static constexpr std::size_t kTablesPerSession = 100;

  // Sources are asked through `session`; a view needs an engine of its own.
  Result<catalog::TableEntry> entry_of(Session& session, const Mention& mention, const QueryOptions& options) {
    if (!shared_.views.contains(catalog::fold(mention.text()))) {
      SINAN_TRY(const QueryTable* table, session.open(mention));
      return table->entry;
    }
    Session own(shared_, session.principal(), options);
    SINAN_TRY(const QueryTable* table, own.open(mention));
    catalog::TableEntry entry = table->entry;
    SINAN_TRY(auto connection, own.connect());
    SINAN_TRY(entry.schema, connection.describe("SELECT * FROM " + entry.name));
    return entry;
  }

  Shared shared_;
};

// What a file that cannot be read has wrong with it; of the query itself an error is as it was.
Error file_error(Error error, const std::filesystem::path& only) {
  const bool of_text = error.message.starts_with("CSV Error") || error.message.starts_with("Error when sniffing");
  return only.empty() || !of_text ? error : duck::text_file_error(std::move(error), only, false);
}

class FileRows final : public Rows {
 public:
  // `only`: the one file that is read; empty: there are several.
  FileRows(std::unique_ptr<duck::Reader> reader, std::int64_t max_rows, std::filesystem::path only)
      : reader_(std::move(reader)), max_rows_(max_rows), only_(std::move(only)) {}
  const Schema& schema() const override { return reader_->schema(); }
  Result<bool> next(Batch& batch) override {
    auto more = reader_->next(batch);
    if (!more) return fail(file_error(std::move(more).error(), only_));
    if (!*more) return false;
    rows_ += static_cast<std::int64_t>(batch.rows());
    if (max_rows_ > 0 && rows_ > max_rows_)
      return fail(ErrorCode::kLimit, fmt::format("the answer has more than {} rows; add a LIMIT", max_rows_));
    return true;
  }

 private:
  std::unique_ptr<duck::Reader> reader_;
  std::int64_t max_rows_;
  std::filesystem::path only_;
  std::int64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<Fabric>> open(FabricContext context, Diagnostics& diagnostics) {
  if (!context.workspace || !context.lake || !context.clock) broken("a fabric has a workspace, a lake and a clock");
  if (context.mask_key.size() < 16) broken("the key of hash masks has at least 16 bytes");
  SINAN_TRY(auto trusted, duck::Database::open({.memory_mb = context.memory_mb, .threads = context.threads, .temp_dir = context.temp_dir}));
  SINAN_CHECK(trusted.add_text_function(
      "sinan_mask", [key = context.mask_key](std::string_view text) { return secrets::hmac_sha256(key, text).substr(0, 32); }));
  Shared shared{std::move(context), trusted, {}, {}};
  for (auto& view : catalog::read_views(*shared.context.workspace, diagnostics)) {
    std::string name = view.name;
    shared.views.emplace(std::move(name), std::move(view));
  }
  SINAN_TRY(auto parser, trusted.connect());
  shared.policies = Policies::read(*shared.context.workspace, parser, diagnostics);
  return std::make_unique<TwoEngines>(std::move(shared));
}

namespace {

// Whoever names a table where SQL reads only files is told where tables are.
Error no_table_among_files(Error error) {
  constexpr std::string_view kBefore = "Table with name ";
  constexpr std::string_view kAfter = " does not exist!";
  std::size_t end = error.message.find(kAfter);
  if (!error.message.starts_with(kBefore) || end == std::string::npos) return error;
  std::string table = error.message.substr(kBefore.size(), end - kBefore.size());
  error.message = fmt::format(
      "there is no table '{}' here: without a workspace (sinan.yaml) SQL reads files, named as in FROM 'sales.csv'; "
      "tables are found in a workspace's folder, or with -C DIR",
      table);
  return error;
}

// That no file named in the SQL, in a FROM or as a quoted text anywhere, is the one to be written.
Status check_not_read(duck::Connection& connection, std::string_view sql, std::vector<std::string> names,
                      const std::filesystem::path& written) {
  std::error_code ignored;
  if (written.empty() || !std::filesystem::exists(written, ignored)) return {};
  for (std::size_t open = sql.find('\''); open != std::string_view::npos;) {
    const std::size_t close = sql.find('\'', open + 1);
    if (close == std::string_view::npos) break;
    names.emplace_back(sql.substr(open + 1, close - open - 1));
    open = sql.find('\'', close + 1);
  }
  for (const std::string& name : names) {
    std::vector<std::string> files{name};
    if (duck::is_pattern(name)) {
      SINAN_TRY(const Table found, connection.table("SELECT file FROM glob(" + duck::quote_text(name) + ")"));
      files.clear();
      for (const Batch& batch : found.batches)
        for (std::size_t r = 0; r < batch.rows(); ++r) files.emplace_back(batch.columns[0].text(r));
    }
    for (const std::string& file : files)
      if (std::filesystem::equivalent(file, written, ignored))
        return fail(ErrorCode::kInvalidInput, "what is written would take the place of what is read; write to another file",
                    written.string());
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Rows>> query_files(std::string_view sql, const QueryOptions& options, const std::filesystem::path& written) {
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 2048, .threads = 0, .temp_dir = std::filesystem::temp_directory_path()}));
  SINAN_TRY(auto connection, database.connect());
  SINAN_TRY(auto names, inspect_free_select(connection, sql));
  SINAN_CHECK(check_not_read(connection, sql, names, written));
  for (const std::string& name : names) {
    std::error_code error;
    std::string ending = name.ends_with(".gz") || name.ends_with(".zst") ? std::filesystem::path(name).stem().string() : name;
    bool text = ending.ends_with(".csv") || ending.ends_with(".tsv");
    if (text && (duck::is_pattern(name) || std::filesystem::is_regular_file(name, error)))
      SINAN_CHECK(duck::check_found_csv(connection, name, false));
  }
  const std::filesystem::path only = names.size() == 1 ? *names.begin() : "";
  auto reader = connection.query(sql, {options.parameters, options.cancel});
  if (!reader) return fail(file_error(no_table_among_files(std::move(reader).error()), only));
  return std::make_unique<FileRows>(std::move(*reader), options.max_rows, only);
}

Result<Table> query_table(Fabric& fabric, const Principal& principal, std::string_view sql, const QueryOptions& options,
                          std::int64_t max_rows) {
  QueryOptions limited = options;
  if (limited.max_rows == 0 || limited.max_rows > max_rows) limited.max_rows = max_rows;
  SINAN_TRY(auto rows, fabric.query(principal, sql, limited));
  Table out{rows->schema(), {}};
  for (;;) {
    Batch batch;
    SINAN_TRY(bool more, rows->next(batch));
    if (!more) return out;
    out.batches.push_back(std::move(batch));
  }
}

}  // namespace sinan::fabric

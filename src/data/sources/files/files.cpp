// Files as tables: CSV, JSON lines and Parquet, one or many, read by DuckDB; changes are told by which files there are.

#include "data/sources/files/dataset.hpp"
#include "data/sources/values.hpp"

namespace sinan::sources::files {
namespace {

struct Shared {
  SourceConfig config;
  OpenContext context;
  std::filesystem::path folder;
  bool has_folder = false;
  LocalTime zone{Zone()};
};

// Filters run in the same engine as above, on the same values: exact, but for local times, which change on their way up.
bool answers(const FileTable& table, const Filter& filter, const LocalTime& zone) {
  const FileColumn* column = table.find(filter.column);
  if (column == nullptr) return false;
  for (const Value& value : filter.values)
    if (value.null || value.type.id != column->type.id) return false;
  if (filter.op == CompareOp::kIsNull || filter.op == CompareOp::kIsNotNull) return true;
  if (filter.values.empty()) return false;
  return !column->local_time || zone.is_utc();
}

std::string select(const FileTable& table, const std::vector<LocalFile>& files, const std::vector<std::string>& columns,
                   const std::vector<Filter>& filters, const LocalTime& zone) {
  std::vector<std::string> all;
  for (const FileColumn& column : table.columns) all.push_back(fmt::format("{} AS {}", column.read, duck::quote_name(column.name)));
  std::vector<std::string> wanted;
  for (const std::string& column : columns) wanted.push_back(duck::quote_name(column));
  if (wanted.empty()) wanted.emplace_back("true");
  std::string sql = fmt::format("SELECT {} FROM (SELECT {} FROM {})", fmt::join(wanted, ", "), fmt::join(all, ", "), table.from(files));
  std::string_view word = " WHERE ";
  for (const Filter& filter : filters) {
    if (!answers(table, filter, zone)) continue;
    sql += fmt::format("{}{}", word, duck::condition(filter));
    word = " AND ";
  }
  return sql;
}

// Which tables there are, and what was found in their files; what was looked into once is not looked into again while it stays as it is.
class Tables {
 public:
  Tables(std::shared_ptr<const Shared> shared, duck::Database database) : shared_(std::move(shared)), database_(std::move(database)) {}

  const duck::Database& database() const { return database_; }

  // Those of the workspace, or else one for each file of the folder.
  Result<std::vector<std::string>> names() {
    std::vector<std::string> out;
    for (const auto& [name, unused] : shared_->config.tables) out.push_back(name);
    if (!out.empty()) return out;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(shared_->folder, error)) {
      std::filesystem::path path = entry.path();
      if (!entry.is_regular_file() || !format_of(path)) continue;
      std::string name = path.filename().string();
      name = name.substr(0, name.find('.'));
      if (name.empty()) continue;
      if (auto [other, first] = found_.emplace(name, path); !first && other->second != path)
        return fail(
            ErrorCode::kInvalidInput,
            fmt::format("{} and {} would both be the table '{}': name them in `tables`", other->second.string(), path.string(), name),
            shared_->config.place.text());
      out.push_back(std::move(name));
    }
    if (error) return fail(ErrorCode::kNotFound, "the folder cannot be read: " + error.message(), shared_->folder.string());
    std::sort(out.begin(), out.end());
    return out;
  }

  // The files of a table, as they are now.
  Result<FileTable> list(const std::string& name) {
    FileTable table;
    table.info.name = name;
    SINAN_TRY(auto pattern, path_of(name, table.options));
    SINAN_TRY(table.files, list_files(pattern));
    return table;
  }

  // Finds the columns of a listed table.
  Status look_into(FileTable& table) {
    if (auto known = known_.find(table.info.name); known != known_.end() && known->second.files == table.files) {
      table = known->second;
      return {};
    }
    const std::string& wanted = table.options.format;
    const std::filesystem::path& first = table.files[0].path;
    auto format = wanted == "csv"       ? Format::kCsv
                  : wanted == "json"    ? Format::kJson
                  : wanted == "parquet" ? Format::kParquet
                                        : format_of(first);
    if (!format)
      return fail(ErrorCode::kInvalidInput, "the ending does not tell what the file is: add format: csv, json or parquet", first.string());
    table.format = *format;
    SINAN_TRY(auto connection, database_.connect());
    if (auto status = sniff(connection, pinned_types(shared_->config, table.info.name), table); !status)
      return fail(std::move(status).error().within(fmt::format("the table '{}' cannot be read", table.info.name), first.string()));
    known_[table.info.name] = table;
    return {};
  }

  const FileTable* known(const std::string& name) const {
    auto found = known_.find(name);
    return found == known_.end() ? nullptr : &found->second;
  }

 private:
  Result<std::filesystem::path> path_of(const std::string& name, FilesTableOptions& options) {
    auto config = shared_->config.tables.find(name);
    if (config == shared_->config.tables.end()) return found_.at(name);
    SINAN_TRY(options, options_of<FilesTableOptions>(config->second.options, config->second.place));
    SINAN_TRY(std::string text, options.path.resolve(shared_->context.base_dir));
    std::filesystem::path path = text.empty() ? name : text;
    return path.is_relative() ? shared_->folder / path : path;
  }

  std::shared_ptr<const Shared> shared_;
  duck::Database database_;
  std::map<std::string, FileTable> known_;
  std::map<std::string, std::filesystem::path> found_;
};

class FilesScan final : public Scan {
 public:
  FilesScan(std::shared_ptr<const Shared> shared, std::unique_ptr<duck::Reader> reader, std::vector<LocalFile> files,
            std::vector<bool> local_time, std::string place)
      : shared_(std::move(shared)),
        reader_(std::move(reader)),
        files_(std::move(files)),
        local_time_(std::move(local_time)),
        place_(std::move(place)) {}

  Result<bool> next(Batch& batch) override {
    auto more = reader_->next(batch);
    if (!more) {
      // A file that is rewritten under the reader breaks in many ways; that is the reason worth telling.
      SINAN_CHECK(unchanged(files_));
      Error error = cell_error(std::move(more).error(), files_);
      if (error.place.empty()) error.place = place_;
      return fail(std::move(error));
    }
    if (!*more) {
      SINAN_CHECK(unchanged(files_));
      return false;
    }
    for (std::size_t i = 0; i < batch.columns.size(); ++i)
      if (local_time_[i])
        for (std::int64_t& at : batch.columns[i].ints) at = shared_->zone.to_utc(at);
    return true;
  }

 private:
  std::shared_ptr<const Shared> shared_;
  std::unique_ptr<duck::Reader> reader_;
  std::vector<LocalFile> files_;
  std::vector<bool> local_time_;
  std::string place_;
};

class FilesSnapshot final : public Snapshot {
 public:
  FilesSnapshot(std::shared_ptr<const Shared> shared, std::shared_ptr<Tables> tables, std::map<std::string, FileTable> listed)
      : shared_(std::move(shared)), tables_(std::move(tables)), listed_(std::move(listed)) {}

  bool consistent() const override { return true; }

  Result<std::unique_ptr<Scan>> scan(const ScanRequest& request) override {
    SINAN_TRY(const FileTable* table, find(request.table, request.columns));
    return read(*table, table->files, request.columns, request.filters);
  }

  Result<Changes> changes(const ChangeOptions& options, const Position& since, Position& next) override {
    SINAN_TRY(const FileTable* table, find(options.table, options.columns));
    Json columns = Json::array();
    for (const std::string& column : options.columns) columns.push_back(column + " " + table->find(column)->type.sql());
    Json seen = Json::object();
    for (const LocalFile& file : table->files) {
      SINAN_TRY(std::string hash, fingerprint(file));
      seen[file.path.string()] = Json::array({file.size, file.mtime_ns, hash});
    }
    next.state = Json{{"columns", columns}, {"files", seen}};
    Json before = since.state.is_object() && since.state.value("columns", Json()) == columns ? since.state.value("files", Json()) : Json();
    std::vector<LocalFile> fresh = table->files;
    bool all = !before.is_object();
    if (!all) {
      std::erase_if(fresh, [&](const LocalFile& file) { return before.contains(file.path.string()); });
      for (const auto& [path, state] : before.items()) all = all || !seen.contains(path) || seen[path] != state;
    }
    Changes out;
    out.replaces_all = all;
    if (all || !fresh.empty()) {
      SINAN_TRY(out.upserts, read(*table, all ? table->files : fresh, options.columns, {}));
    } else {
      out.upserts = empty_scan();
    }
    return out;
  }

 private:
  Result<const FileTable*> find(const std::string& name, const std::vector<std::string>& columns) {
    auto table = listed_.find(name);
    if (table == listed_.end())
      return fail(ErrorCode::kNotFound, fmt::format("there are no files for the table '{}'", name), shared_->config.name);
    if (table->second.columns.empty()) SINAN_CHECK(tables_->look_into(table->second));
    for (const std::string& column : columns)
      if (!table->second.find(column))
        return fail(ErrorCode::kNotFound, fmt::format("the files have no column '{}' any more", column), shared_->config.name + "." + name);
    return &table->second;
  }

  Result<std::unique_ptr<Scan>> read(const FileTable& table, const std::vector<LocalFile>& files, const std::vector<std::string>& columns,
                                     const std::vector<Filter>& filters) {
    SINAN_CHECK(unchanged(files));
    SINAN_TRY(auto connection, tables_->database().connect());
    auto reader = connection.query(select(table, files, columns, filters, shared_->zone), {.cancel = shared_->context.cancel});
    std::string place = shared_->config.name + "." + table.info.name;
    if (!reader) {
      Error error = cell_error(std::move(reader).error(), files);
      if (error.place.empty()) error.place = place;
      return fail(std::move(error));
    }
    std::vector<bool> local_time;
    for (const std::string& column : columns) local_time.push_back(table.find(column)->local_time && !shared_->zone.is_utc());
    local_time.resize(std::max<std::size_t>(local_time.size(), 1), false);
    return std::make_unique<FilesScan>(shared_, std::move(*reader), files, std::move(local_time), place);
  }

  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<Tables> tables_;
  std::map<std::string, FileTable> listed_;
};

class FilesSource final : public Source {
 public:
  FilesSource(std::shared_ptr<const Shared> shared, std::shared_ptr<Tables> tables)
      : shared_(std::move(shared)), tables_(std::move(tables)) {}

  Result<std::vector<TableInfo>> discover() override {
    std::vector<TableInfo> out;
    SINAN_TRY(auto names, tables_->names());
    for (const std::string& name : names) {
      SINAN_TRY(auto info, describe(name));
      out.push_back(std::move(info));
    }
    return out;
  }

  Result<TableInfo> describe(const std::string& name) override {
    SINAN_TRY(auto names, tables_->names());
    if (std::find(names.begin(), names.end(), name) == names.end())
      return fail(ErrorCode::kNotFound,
                  fmt::format("the source '{}' has no table '{}': {}", shared_->config.name, name, suggestion(name, names)));
    SINAN_TRY(FileTable table, tables_->list(name));
    SINAN_CHECK(tables_->look_into(table));
    return table.info;
  }

  Result<std::unique_ptr<Snapshot>> snapshot() override {
    SINAN_TRY(auto names, tables_->names());
    std::map<std::string, FileTable> listed;
    // A table whose files are missing fails when it is read, and not before.
    for (const std::string& name : names)
      if (auto table = tables_->list(name)) listed.emplace(name, std::move(*table));
    return std::make_unique<FilesSnapshot>(shared_, tables_, std::move(listed));
  }

  Pushdown pushdown(const std::string& table, const Filter& filter) const override {
    const FileTable* found = tables_->known(table);
    return found && answers(*found, filter, shared_->zone) ? Pushdown::kExact : Pushdown::kNone;
  }

  std::string explain(const ScanRequest& request) const override {
    const FileTable* found = tables_->known(request.table);
    return found ? select(*found, found->files, request.columns, request.filters, shared_->zone) : std::string();
  }

 private:
  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<Tables> tables_;
};

void check(const SourceConfig& config, Diagnostics& diagnostics) {
  FilesOptions options;
  if (!read_options(config.options, config.place, options, diagnostics)) return;
  check_shared(options, diagnostics);
  if (config.tables.empty() && options.folder.empty())
    diagnostics.add(config.place, "missing_key", "the source names neither files nor a folder",
                    "add `folder`, or `tables` with a path each");
  for (const auto& [name, table] : config.tables) {
    FilesTableOptions table_options;
    if (read_options(table.options, table.place, table_options, diagnostics) && table_options.path.empty())
      diagnostics.add(table_options.path.place(), "invalid_value", "the path is empty", "name its file, or a pattern");
    if (!table.table.value.empty())
      diagnostics.add(table.table.place, "unknown_key", "files have no table of another name", "use `path` to say which files");
  }
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const OpenContext& context) {
  SINAN_TRY(auto options, options_of<FilesOptions>(config.options, config.place));
  SINAN_TRY(auto resolved, resolve(options, context));
  SINAN_TRY(std::string folder, options.folder.resolve(context.base_dir));
  auto shared = std::make_shared<Shared>();
  shared->config = config;
  shared->context = context;
  shared->folder = std::filesystem::path(folder).is_absolute() ? std::filesystem::path(folder) : context.base_dir / folder;
  shared->zone = LocalTime(resolved.zone);
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 512, .temp_dir = std::filesystem::temp_directory_path()}));
  auto tables = std::make_shared<Tables>(shared, std::move(database));
  return std::make_unique<FilesSource>(std::move(shared), std::move(tables));
}

}  // namespace

ConnectorInfo info() {
  Json options = schema_of_options<FilesOptions>();
  options["anyOf"] = Json::array({Json{{"required", Json::array({"folder"})}}, Json{{"required", Json::array({"tables"})}}});
  return {
      "files", "CSV, JSON lines and Parquet files, one or many a table.", std::move(options), schema_of_options<FilesTableOptions>(), check,
      open};
}

}  // namespace sinan::sources::files

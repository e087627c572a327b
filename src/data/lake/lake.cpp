// The lake on Parquet files: how loads become files and versions, and what vacuum removes.
#include "data/lake/lake.hpp"

#include "base/kill_point.hpp"
#include "data/lake/catalogue.hpp"
#include "data/lake/merge_sql.hpp"
#include "data/lake/schema_growth.hpp"
#include "data/lake/staged_table.hpp"
#include "platform/duck/duck.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::lake {
namespace {

constexpr std::string_view kChangedColumn = "_changed";  // see merge_sql.hpp
// Beyond these a table is rewritten by vacuum().
constexpr std::size_t kManyFiles = 24;
constexpr double kManyDeleted = 0.2;
constexpr std::chrono::hours kDebrisAge{24};

class ParquetLake final : public Lake {
 public:
  ParquetLake(std::filesystem::path dir, storage::Store& store, const Clock& clock, duck::Database database)
      : dir_(std::move(dir)), store_(store), clock_(clock), database_(std::move(database)) {}

  Version current() const override {
    Version version = last_seen_;
    (void)store_.read([&](storage::Session& session) -> Status {
      SINAN_TRY(version, current_version(session));
      return {};
    });
    last_seen_ = version;
    return version;
  }

  Result<std::vector<TableVersion>> tables(Version at) const override {
    std::vector<TableVersion> out;
    SINAN_CHECK(store_.read([&](storage::Session& session) -> Status {
      SINAN_TRY(out, read_tables(session, at));
      return {};
    }));
    return out;
  }

  Result<TableVersion> table(const std::string& name, Version at) const override {
    SINAN_TRY(TableState found, state(name, at));
    return found.info;
  }

  Result<std::string> scan_sql(const std::string& name, Version at, bool with_rejected) const override {
    SINAN_TRY(TableState found, state(name, at));
    return visible_rows(found, dir_, with_rejected);
  }

  Result<std::unique_ptr<Staged>> stage(const std::string& name, const Schema& schema, const std::vector<std::string>& key) override {
    SINAN_CHECK(check_name(name));
    if (schema.fields.empty()) return fail(ErrorCode::kInvalidInput, "a table needs a column", name);
    for (const Field& field : schema.fields)
      if (field.name == kRowColumn || field.name == kChangedColumn)
        return fail(ErrorCode::kInvalidInput, fmt::format("the column name '{}' is taken by the lake; rename it in the source", field.name),
                    name);
    for (const std::string& column : key)
      if (!schema.index_of(column))
        return fail(ErrorCode::kInvalidInput, fmt::format("the key column '{}' is not among the columns", column), name);
    Schema numbered = schema;
    numbered.fields.push_back({std::string(kRowColumn), Type{TypeId::kInt}, false});
    SINAN_TRY(auto file, new_file(name, "data"));
    SINAN_TRY(auto writer, duck::ParquetWriter::create(database_, file, numbered));
    return std::make_unique<StagedTable>(name, schema, key, file, std::move(writer), numbers(name));
  }

  Result<Version> commit(std::vector<Load> loads, const std::function<Status(storage::Session&, Version)>& also) override {
    std::lock_guard lock(commit_mutex_);
    std::vector<TableChange> changes;
    std::vector<std::filesystem::path> written;
    auto drop_written = [&] {
      std::error_code error;
      for (const auto& path : written) std::filesystem::remove(path, error);
    };
    for (Load& load : loads) {
      auto change = work_out(load, written);
      if (!change) {
        drop_written();
        return fail(std::move(change).error());
      }
      if (*change) changes.push_back(std::move(**change));
    }
    auto version = commit_changes(changes, also);
    if (!version) {
      drop_written();
      return version;
    }
    for (Load& load : loads)
      if (load.staged && load.mode != Mode::kUpsert && load.mode != Mode::kMerge) static_cast<StagedTable&>(*load.staged).keep();
    return version;
  }

  Result<Version> reject(const std::string& name, const std::vector<std::int64_t>& rows,
                         const std::function<Status(storage::Session&, Version)>& also) override {
    std::lock_guard lock(commit_mutex_);
    SINAN_TRY(TableState before, state(name, current()));
    TableChange change{before, {}, {}, before.info.version};
    for (const File* file : before.of(FileKind::kRejected)) change.removed.push_back(file->path);
    drop_removed(change);
    std::filesystem::path file;
    if (!rows.empty()) {
      SINAN_TRY(file, new_file(name, "rejected"));
      SINAN_CHECK(write_row_list(file, rows));
      SINAN_CHECK(add_file(change, file, FileKind::kRejected, static_cast<std::int64_t>(rows.size())));
    }
    SINAN_CHECK(count_rows(change.after));
    std::vector<TableChange> changes{std::move(change)};
    auto version = commit_changes(changes, also);
    std::error_code error;
    if (!version && !file.empty()) std::filesystem::remove(file, error);
    return version;
  }

  Status vacuum(std::chrono::seconds keep) override;

 private:
  Result<TableState> state(const std::string& name, Version at) const {
    std::optional<TableState> found;
    SINAN_CHECK(store_.read([&](storage::Session& session) -> Status {
      SINAN_TRY(found, read_table(session, name, at));
      return {};
    }));
    for (const File& file : found->files)
      if (std::error_code unknown; !std::filesystem::exists(dir_ / file.path, unknown))
        return fail(ErrorCode::kCorrupt, "a file of the lake is gone, and its rows with it; restore a backup (sinan restore)",
                    (dir_ / file.path).string());
    return std::move(*found);
  }

  static Status check_name(const std::string& name) {
    bool good =
        std::count(name.begin(), name.end(), '.') == 1 && name.find("..") == std::string::npos && name.find('/') == std::string::npos;
    if (!good || name.starts_with('.') || name.ends_with('.') || name.size() > 200)
      return fail(ErrorCode::kInvalidInput, "a lake table is named schema.table", name);
    return {};
  }

  Result<std::filesystem::path> new_file(const std::string& table, std::string_view kind) const {
    std::filesystem::path folder = dir_ / table;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::kLimit, "the lake cannot be written: " + error.message(), folder.string());
    return folder / fmt::format("{}-{}.parquet", kind, secrets::random_token(12));
  }

  std::shared_ptr<RowNumbers> numbers(const std::string& name) {
    std::lock_guard lock(numbers_mutex_);
    auto& out = numbers_[name];
    if (!out) out = std::make_shared<RowNumbers>(store_, name);
    return out;
  }

  static void drop_removed(TableChange& change) {
    std::erase_if(change.after.files, [&](const File& file) {
      return std::find(change.removed.begin(), change.removed.end(), file.path) != change.removed.end();
    });
  }

  Status add_file(TableChange& change, const std::filesystem::path& path, FileKind kind, std::int64_t rows) const {
    SINAN_CHECK(make_durable(path));
    std::error_code error;
    std::string relative = path.lexically_relative(dir_).generic_string();
    std::string schema = kind == FileKind::kData ? schema_json(change.after.info.schema) : "";
    change.after.files.push_back({relative, kind, rows, static_cast<std::int64_t>(std::filesystem::file_size(path, error)), schema});
    change.added.push_back(relative);
    return {};
  }

  // Runs a SELECT into a Parquet file; returns its rows. A file without rows is removed unless `keep_empty`.
  Result<std::int64_t> copy(const std::string& select, const std::filesystem::path& file, bool keep_empty) const {
    SINAN_TRY(auto connection, database_.connect());
    SINAN_TRY(std::int64_t rows, connection.execute(fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd)", select,
                                                                duck::quote_text(file.string()))));
    std::error_code error;
    if (rows == 0 && !keep_empty) std::filesystem::remove(file, error);
    return rows;
  }

  Result<std::int64_t> number(const std::string& sql) const {
    SINAN_TRY(auto connection, database_.connect());
    SINAN_TRY(Table table, connection.table(sql, 1));
    const Column& column = table.batches.at(0).columns.at(0);
    return column.type.id == TypeId::kDecimal ? static_cast<std::int64_t>(column.decimals[0]) : column.ints[0];
  }

  Status write_row_list(const std::filesystem::path& file, const std::vector<std::int64_t>& rows) const {
    SINAN_TRY(auto writer, duck::ParquetWriter::create(database_, file, Schema{{{std::string(kRowColumn), Type{TypeId::kInt}, false}}}));
    constexpr std::size_t kChunk = 60'000;
    for (std::size_t start = 0; start < rows.size(); start += kChunk) {
      Batch batch;
      Column& column = batch.columns.emplace_back(Type{TypeId::kInt});
      column.ints.assign(rows.begin() + static_cast<std::ptrdiff_t>(start),
                         rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), start + kChunk)));
      column.rows = column.ints.size();
      SINAN_CHECK(writer->append(std::move(batch)));
    }
    SINAN_CHECK(writer->finish());
    return {};
  }

  // Visible rows; asks the engine only when rows are hidden from the files.
  Status count_rows(TableState& after) const {
    std::int64_t all = after.rows_in(FileKind::kData) - after.rows_in(FileKind::kDeleted);
    after.info.rows = all;
    if (!after.of(FileKind::kRejected).empty()) {
      SINAN_TRY(after.info.rows, number("SELECT count(*) FROM " + visible_rows(after, dir_, false)));
    }
    after.info.rejected = all - after.info.rows;
    return {};
  }

  Result<std::optional<TableChange>> work_out(Load& load, std::vector<std::filesystem::path>& written);
  Status replace(TableChange& change, StagedTable& staged);
  Status append(TableChange& change, StagedTable& staged);
  Status merge(TableChange& change, StagedTable& staged, Mode mode, LoadCounts& counts, std::vector<std::filesystem::path>& written);
  Status delete_rows(TableChange& change, const std::string& select, std::int64_t& deleted, std::vector<std::filesystem::path>& written);
  Result<Version> commit_changes(std::vector<TableChange>& changes, const std::function<Status(storage::Session&, Version)>& also);
  Status rewrite(const std::string& name);
  // Removes what a crash left: files that the catalogue does not know, old enough not to be work in hand.
  void remove_debris(std::vector<std::string> known, std::chrono::seconds age) const;

  std::filesystem::path dir_;
  storage::Store& store_;
  const Clock& clock_;
  duck::Database database_;
  std::mutex commit_mutex_;
  std::mutex numbers_mutex_;
  std::map<std::string, std::shared_ptr<RowNumbers>> numbers_;
  mutable std::atomic<Version> last_seen_ = 0;
};

Result<std::optional<TableChange>> ParquetLake::work_out(Load& load, std::vector<std::filesystem::path>& written) {
  auto* staged = static_cast<StagedTable*>(load.staged.get());
  std::string name = staged ? staged->table() : load.table;
  auto before = state(name, current());
  if (!before && before.error().code != ErrorCode::kNotFound) return fail(std::move(before).error());
  TableChange change;
  LoadCounts counts;
  if (before) {
    change.after = std::move(*before);
    change.based_on = change.after.info.version;
  } else if (!staged) {
    return std::nullopt;  // nothing to delete from
  } else {
    change.after.info.name = name;
    change.after.info.schema = staged->schema();
    change.after.info.key = staged->key();
  }
  Schema schema_before = change.after.info.schema;
  std::vector<std::string> key_before = change.after.info.key;
  for (auto& keys : load.deleted_keys) {
    auto& list = static_cast<StagedTable&>(*keys);
    SINAN_CHECK(list.finish());
    if (list.rows() == 0) continue;
    std::string from = staged_rows({list.file()}, list.schema(), list.schema());
    SINAN_CHECK(
        delete_rows(change, rows_with_keys(visible_rows(change.after, dir_, true), from, list.key(), false), counts.deleted, written));
  }
  if (load.present_keys && change.based_on != 0) {
    auto& present = static_cast<StagedTable&>(*load.present_keys);
    SINAN_CHECK(present.finish());
    std::string from = staged_rows({present.file()}, present.schema(), present.schema());
    SINAN_CHECK(
        delete_rows(change, rows_with_keys(visible_rows(change.after, dir_, true), from, present.key(), true), counts.deleted, written));
  }
  if (staged) {
    SINAN_CHECK(staged->finish());
    counts.read = staged->rows();
    bool by_key = load.mode == Mode::kUpsert || load.mode == Mode::kMerge;
    if (by_key && staged->key().empty()) return fail(ErrorCode::kInvalidInput, "rows can only be merged by a key; name one", name);
    if (load.mode == Mode::kReplace) {
      counts.deleted += change.after.rows_in(FileKind::kData) - change.after.rows_in(FileKind::kDeleted);
      SINAN_CHECK(replace(change, *staged));
    } else {
      SINAN_TRY(change.after.info.schema, reconcile(name, change.after.info.schema, staged->schema()));
      change.after.info.key = staged->key();
      if (by_key)
        SINAN_CHECK(merge(change, *staged, load.mode, counts, written));
      else
        SINAN_CHECK(append(change, *staged));
    }
    if (!by_key) counts.inserted = staged->rows();
  }
  if (load.counts) *load.counts = counts;
  bool same =
      change.added.empty() && change.removed.empty() && change.after.info.schema == schema_before && change.after.info.key == key_before;
  if (change.based_on != 0 && same) return std::nullopt;
  SINAN_CHECK(count_rows(change.after));
  SINAN_CHECK(make_durable(dir_ / name));
  kill_point("lake.commit.files_written");
  return change;
}

Status ParquetLake::replace(TableChange& change, StagedTable& staged) {
  for (const File& file : change.after.files) change.removed.push_back(file.path);
  change.after.files.clear();
  change.after.info.schema = staged.schema();
  change.after.info.key = staged.key();
  return add_file(change, staged.file(), FileKind::kData, staged.rows());
}

Status ParquetLake::append(TableChange& change, StagedTable& staged) {
  if (staged.rows() == 0 && change.based_on != 0) return {};
  SINAN_CHECK(add_file(change, staged.file(), FileKind::kData, staged.rows()));
  change.after.files.back().schema = schema_json(staged.schema());
  return {};
}

Status ParquetLake::merge(TableChange& change, StagedTable& staged, Mode mode, LoadCounts& counts,
                          std::vector<std::filesystem::path>& written) {
  const Schema& schema = change.after.info.schema;
  std::string loaded = staged_rows({staged.file()}, staged.schema(), schema);
  if (change.after.of(FileKind::kData).empty()) {
    // Nothing to compare with, but equal keys within the load.
    Schema empty = schema;
    std::string none = fmt::format("(SELECT * FROM {} LIMIT 0)", loaded);
    SINAN_TRY(auto file, new_file(change.after.info.name, "data"));
    written.push_back(file);
    SINAN_TRY(counts.inserted,
              copy(fmt::format("SELECT * EXCLUDE (_changed) FROM ({})", new_or_changed(none, loaded, empty, staged.key())), file, true));
    return add_file(change, file, FileKind::kData, counts.inserted);
  }
  // What is there is read as it was before this load.
  std::string current = visible_rows(change.after, dir_, true);
  SINAN_TRY(auto fresh, new_file(change.after.info.name, "data"));
  written.push_back(fresh);
  SINAN_TRY(std::int64_t rows, copy(new_or_changed(current, loaded, schema, staged.key()), fresh, false));
  if (rows > 0) {
    std::string differing = fmt::format("read_parquet({})", duck::quote_text(fresh.string()));
    SINAN_TRY(counts.changed, number(fmt::format("SELECT count(*) FROM {} WHERE _changed", differing)));
    counts.inserted = rows - counts.changed;
    std::int64_t superseded = 0;
    if (counts.changed > 0)
      SINAN_CHECK(delete_rows(change,
                              rows_with_keys(current, fmt::format("(SELECT * FROM {} WHERE _changed)", differing), staged.key(), false),
                              superseded, written));
  }
  if (mode == Mode::kMerge) SINAN_CHECK(delete_rows(change, rows_with_keys(current, loaded, staged.key(), true), counts.deleted, written));
  if (rows > 0) SINAN_CHECK(add_file(change, fresh, FileKind::kData, rows));
  return {};
}

Status ParquetLake::delete_rows(TableChange& change, const std::string& select, std::int64_t& deleted,
                                std::vector<std::filesystem::path>& written) {
  SINAN_TRY(auto file, new_file(change.after.info.name, "deleted"));
  written.push_back(file);
  SINAN_TRY(std::int64_t rows, copy(select, file, false));
  deleted += rows;
  if (rows == 0) return {};
  return add_file(change, file, FileKind::kDeleted, rows);
}

Result<Version> ParquetLake::commit_changes(std::vector<TableChange>& changes,
                                            const std::function<Status(storage::Session&, Version)>& also) {
  kill_point("lake.commit.before_store");
  Version version = 0;
  SINAN_CHECK(store_.transact([&](storage::Session& session) -> Status {
    SINAN_TRY(version, write(session, changes, clock_.now()));
    if (also) SINAN_CHECK(also(session, version));
    return {};
  }));
  kill_point("lake.commit.after_store");
  return version;
}

Status ParquetLake::rewrite(const std::string& name) {
  std::lock_guard lock(commit_mutex_);
  SINAN_TRY(TableState before, state(name, current()));
  double data = static_cast<double>(before.rows_in(FileKind::kData));
  bool many_deleted = static_cast<double>(before.rows_in(FileKind::kDeleted)) > kManyDeleted * data;
  if (before.files.size() < kManyFiles && !many_deleted) return {};
  TableChange change{before, {}, {}, before.info.version};
  for (const File& file : before.files)
    if (file.kind != FileKind::kRejected) change.removed.push_back(file.path);
  drop_removed(change);
  SINAN_TRY(auto file, new_file(name, "data"));
  SINAN_TRY(std::int64_t rows, copy("SELECT * FROM " + visible_rows(before, dir_, true), file, true));
  SINAN_CHECK(add_file(change, file, FileKind::kData, rows));
  SINAN_CHECK(make_durable(dir_ / name));
  std::vector<TableChange> changes{std::move(change)};
  SINAN_CHECK(commit_changes(changes, {}));
  return {};
}

Status ParquetLake::vacuum(std::chrono::seconds keep) {
  SINAN_TRY(auto all, tables(current()));
  for (const TableVersion& table : all) SINAN_CHECK(rewrite(table.name));
  std::lock_guard lock(commit_mutex_);
  std::vector<std::string> gone;
  std::vector<std::string> kept;
  SINAN_CHECK(store_.transact([&](storage::Session& session) -> Status {
    SINAN_TRY(gone, forget(session, clock_.now() - keep));
    SINAN_TRY(kept, all_paths(session));
    return {};
  }));
  std::error_code error;
  for (const std::string& path : gone) std::filesystem::remove(dir_ / path, error);
  remove_debris(std::move(kept), std::min<std::chrono::seconds>(keep, kDebrisAge));
  return {};
}

void ParquetLake::remove_debris(std::vector<std::string> known, std::chrono::seconds age) const {
  std::sort(known.begin(), known.end());
  auto now = std::filesystem::file_time_type::clock::now();
  std::vector<std::filesystem::path> debris;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(dir_, error), end; !error && it != end; it.increment(error)) {
    std::string relative = it->path().lexically_relative(dir_).generic_string();
    bool ours = it->path().extension() == ".parquet" || relative.starts_with("tmp/");
    if (!ours || !it->is_regular_file(error) || std::binary_search(known.begin(), known.end(), relative)) continue;
    if (now - it->last_write_time(error) > age) debris.push_back(it->path());
  }
  for (const auto& path : debris) std::filesystem::remove(path, error);
}

}  // namespace

Result<std::unique_ptr<Lake>> Lake::open(const std::filesystem::path& dir, storage::Store& store, const Clock& clock,
                                         const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(dir / "tmp", error);
  if (error) return fail(ErrorCode::kPrecondition, "the lake's folder cannot be made: " + error.message(), dir.string());
  SINAN_CHECK(store.migrate(migrations()));
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = options.memory_mb, .threads = options.threads, .temp_dir = dir / "tmp"}));
  return std::make_unique<ParquetLake>(std::filesystem::absolute(dir, error), store, clock, std::move(database));
}

}  // namespace sinan::lake

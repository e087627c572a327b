// The store on SQLite: one connection for writing, one for reading, each behind a lock; statements are prepared once and kept.
#include <sqlite3.h>

#include "base/kill_point.hpp"
#include "platform/storage/store.hpp"

namespace sinan::storage {
namespace {

constexpr int kBusyTimeoutMs = 30'000;
constexpr std::size_t kMaxCachedStatements = 256;

ErrorCode code_of(int sqlite_code) {
  // A quota or a limit on the size of files is no SQLITE_FULL, and the system's error number is not kept.
  if (sqlite_code == SQLITE_IOERR_WRITE || sqlite_code == SQLITE_IOERR_SHMSIZE) return ErrorCode::kDiskFull;
  switch (sqlite_code & 0xFF) {
    case SQLITE_FULL: return ErrorCode::kDiskFull;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::kCorrupt;
    case SQLITE_CONSTRAINT: return ErrorCode::kConflict;
    case SQLITE_IOERR: return ErrorCode::kUnavailable;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return ErrorCode::kPrecondition;
    default: return ErrorCode::kInternal;
  }
}

std::string_view way_out(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_FULL: return "the disk is full; free space and run again, nothing was lost";
    case SQLITE_IOERR: return "the disk cannot be read or written; check space and limits, then run again";
    case SQLITE_BUSY: return "another process holds the store; wait for it or stop it";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "the store is damaged; restore it from a backup with `sinan restore`";
    case SQLITE_CANTOPEN: return "the store cannot be opened; check the folder and its permissions";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "the store cannot be written; check its permissions";
    default: return "";
  }
}

struct CloseStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, CloseStatement>;

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  double real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const override {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
  }

 private:
  sqlite3_stmt* statement_;
};

class Connection final : public Session {
 public:
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& file) {
    auto out = std::make_unique<Connection>();
    out->file_ = file.string();
    int rc = sqlite3_open_v2(file.c_str(), &out->db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (rc != SQLITE_OK) return out->failed(rc, "open");
    sqlite3_extended_result_codes(out->db_, 1);
    sqlite3_busy_timeout(out->db_, kBusyTimeoutMs);
    for (const char* pragma : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
                               "PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON"})
      SINAN_CHECK(out->script(pragma));
    return out;
  }

  ~Connection() override {
    statements_.clear();
    sqlite3_close(db_);
  }

  Result<std::int64_t> execute(std::string_view sql, const std::vector<Cell>& parameters) override {
    SINAN_TRY(sqlite3_stmt * statement, prepare(sql, parameters));
    int rc = sqlite3_step(statement);
    while (rc == SQLITE_ROW) rc = sqlite3_step(statement);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (rc != SQLITE_DONE) return failed(rc, sql);
    return sqlite3_changes64(db_);
  }

  Status query(std::string_view sql, const std::vector<Cell>& parameters, const std::function<Status(const Row&)>& each) override {
    // A statement of its own: `each` may query again with the same text.
    SINAN_TRY(Statement statement, compile(sql));
    SINAN_CHECK(bind(statement.get(), sql, parameters));
    SqliteRow row(statement.get());
    while (true) {
      int rc = sqlite3_step(statement.get());
      if (rc == SQLITE_DONE) return {};
      if (rc != SQLITE_ROW) return failed(rc, sql);
      SINAN_CHECK(each(row));
    }
  }

  Status script(const std::string& sql) {
    int rc = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return failed(rc, sql);
    return {};
  }

  sqlite3* handle() { return db_; }

  std::unexpected<Error> failed(int rc, std::string_view what) const {
    std::string detail = db_ ? sqlite3_errmsg(db_) : sqlite3_errstr(rc);
    std::string_view out = way_out(rc);
    return fail(code_of(rc), fmt::format("the store refused a step ({}): {}{}{}", what.substr(0, 60), detail, out.empty() ? "" : "; ", out),
                file_);
  }

 private:
  Result<Statement> compile(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    int rc = sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
    if (rc != SQLITE_OK) return failed(rc, sql);
    if (!raw) return fail(ErrorCode::kInternal, "an empty statement for the store");
    return Statement(raw);
  }

  Result<sqlite3_stmt*> prepare(std::string_view sql, const std::vector<Cell>& parameters) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
      SINAN_TRY(Statement statement, compile(sql));
      if (statements_.size() >= kMaxCachedStatements) statements_.clear();
      found = statements_.emplace(std::string(sql), std::move(statement)).first;
    }
    SINAN_CHECK(bind(found->second.get(), sql, parameters));
    return found->second.get();
  }

  Status bind(sqlite3_stmt* statement, std::string_view sql, const std::vector<Cell>& parameters) {
    if (sqlite3_bind_parameter_count(statement) != static_cast<int>(parameters.size()))
      return fail(ErrorCode::kInternal, fmt::format("{} parameters for the store's statement: {}", parameters.size(), sql));
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      int at = static_cast<int>(i) + 1;
      int rc = SQLITE_OK;
      if (const auto* integer = std::get_if<std::int64_t>(&parameters[i]))
        rc = sqlite3_bind_int64(statement, at, *integer);
      else if (const auto* real = std::get_if<double>(&parameters[i]))
        rc = sqlite3_bind_double(statement, at, *real);
      else if (const auto* text = std::get_if<std::string>(&parameters[i]))
        rc = sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
      else
        rc = sqlite3_bind_null(statement, at);
      if (rc != SQLITE_OK) return failed(rc, sql);
    }
    return {};
  }

  sqlite3* db_ = nullptr;
  std::string file_;
  std::map<std::string, Statement, std::less<>> statements_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<Connection> writer, std::unique_ptr<Connection> reader)
      : writer_(std::move(writer)), reader_(std::move(reader)) {}

  Status migrate(const Migrations& migrations) override {
    return transact([&](Session& session) -> Status {
      SINAN_CHECK(session.execute("CREATE TABLE IF NOT EXISTS migrations (room TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT", {}));
      std::int64_t version = 0;
      SINAN_CHECK(session.query("SELECT version FROM migrations WHERE room = ?", {migrations.room}, [&](const Row& row) -> Status {
        version = row.integer(0);
        return {};
      }));
      auto wanted = static_cast<std::int64_t>(migrations.statements.size());
      if (version > wanted)
        return fail(ErrorCode::kPrecondition,
                    fmt::format("the state was written by a newer Sinan ({} is at version {}, this one knows {}); use the newer program",
                                migrations.room, version, wanted));
      for (; version < wanted; ++version) SINAN_CHECK(writer_->script(migrations.statements[static_cast<std::size_t>(version)]));
      SINAN_CHECK(session.execute("INSERT INTO migrations VALUES (?, ?) ON CONFLICT (room) DO UPDATE SET version = excluded.version",
                                  {migrations.room, wanted}));
      return {};
    });
  }

  Status transact(const std::function<Status(Session&)>& body) override {
    std::lock_guard lock(write_mutex_);
    SINAN_CHECK(writer_->script("BEGIN IMMEDIATE"));
    Status done;
    try {
      done = body(*writer_);
    } catch (...) {
      (void)writer_->script("ROLLBACK");
      throw;
    }
    if (done) {
      kill_point("store.transact.before_commit");
      done = writer_->script("COMMIT");
      if (done) kill_point("store.transact.after_commit");
    }
    if (!done && !sqlite3_get_autocommit(writer_->handle())) (void)writer_->script("ROLLBACK");
    return done;
  }

  Status read(const std::function<Status(Session&)>& body) override {
    std::lock_guard lock(read_mutex_);
    SINAN_CHECK(reader_->script("BEGIN"));
    Status done;
    try {
      done = body(*reader_);
    } catch (...) {
      (void)reader_->script("ROLLBACK");
      throw;
    }
    (void)reader_->script("ROLLBACK");
    return done;
  }

  Status backup(const std::filesystem::path& target) override {
    std::lock_guard lock(read_mutex_);
    std::error_code error;
    if (std::filesystem::exists(target, error)) return fail(ErrorCode::kConflict, "the backup file is there already", target.string());
    auto done = reader_->execute("VACUUM INTO ?", {target.string()});
    if (!done) return fail(std::move(done).error());
    return {};
  }

 private:
  std::mutex write_mutex_;
  std::mutex read_mutex_;
  std::unique_ptr<Connection> writer_;
  std::unique_ptr<Connection> reader_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& file) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  SINAN_TRY(auto writer, Connection::open(file));
  SINAN_TRY(auto reader, Connection::open(file));
  return std::make_unique<SqliteStore>(std::move(writer), std::move(reader));
}

Status Store::unused(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  sqlite3* db = nullptr;
  int rc = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  // Leaving WAL needs the file for oneself alone: SQLite refuses as long as any other connection is open.
  if (rc == SQLITE_OK) rc = sqlite3_exec(db, "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  // A damaged store is one that may be replaced.
  if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
    return fail(ErrorCode::kUnavailable, "the state is in use; stop `sinan serve` and what else works on it, then run again",
                file.string());
  return {};
}

}  // namespace sinan::storage

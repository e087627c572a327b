// The databases of changing_company.hpp.
#include "data/sync/changing_company.hpp"

#include <sqlite3.h>

namespace sinan::sync::testing_company {
namespace {

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(std::filesystem::path file) : file_(std::move(file)) { execute("PRAGMA journal_mode = WAL"); }
  void execute(const std::string& sql) override { run(sql, nullptr); }
  Rows query(const std::string& sql) override {
    Rows out;
    run(sql, &out);
    return out;
  }
  std::unique_ptr<testing::Session> another_session() override { return nullptr; }
  std::string yaml() const override { return "kind: sqlite\ncursor_lag: 0s\npath: " + file_.string() + "\n"; }

 private:
  // A connection for each call, so that nothing is open when a test forks.
  void run(const std::string& sql, Rows* rows) {
    sqlite3* db = nullptr;
    ::sqlite3_open(file_.c_str(), &db);
    auto each = [](void* out, int count, char** cells, char**) {
      std::string line;
      for (int i = 0; i < count; ++i) line += (i > 0 ? "|" : "") + std::string(cells[i] ? cells[i] : "NULL");
      if (out) static_cast<Rows*>(out)->push_back(line);
      return 0;
    };
    char* message = nullptr;
    int rc = ::sqlite3_exec(db, sql.c_str(), each, rows, &message);
    std::string text = message ? message : "";
    ::sqlite3_free(message);
    ::sqlite3_close(db);
    if (rc != SQLITE_OK) throw std::runtime_error(sql + ": " + text);
  }

  std::filesystem::path file_;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase() : server_(testing::PostgresServer::shared()), name_(server_.fresh_database()), session_(server_.connect(name_)) {}
  void execute(const std::string& sql) override { session_->execute(sql); }
  Rows query(const std::string& sql) override {
    Rows out;
    for (const auto& row : session_->query(sql)) {
      std::string& line = out.emplace_back();
      for (std::size_t i = 0; i < row.size(); ++i) line += (i > 0 ? "|" : "") + row[i].value_or("NULL");
    }
    return out;
  }
  std::string yaml() const override { return "kind: postgres\nconnection: \"" + server_.url(name_) + "\"\n"; }
  std::unique_ptr<testing::Session> another_session() override { return server_.connect(name_); }

 private:
  testing::PostgresServer& server_;
  std::string name_;
  std::unique_ptr<testing::Session> session_;
};

}  // namespace

std::unique_ptr<Database> sqlite_database(const std::filesystem::path& file) { return std::make_unique<SqliteDatabase>(file); }
std::unique_ptr<Database> postgres_database() { return std::make_unique<PostgresDatabase>(); }

}  // namespace sinan::sync::testing_company

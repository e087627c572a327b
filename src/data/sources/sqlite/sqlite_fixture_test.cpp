#include <sqlite3.h>
#include <unistd.h>

#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"

namespace sinan::sources::sqlite {
namespace {

std::string literal(const Value& value) {
  if (value.null) return "NULL";
  if (value.type.id == TypeId::kBinary) {
    std::string hex;
    for (unsigned char byte : value.text) hex += fmt::format("{:02x}", byte);
    return "x'" + hex + "'";
  }
  if (value.type.id == TypeId::kDouble) {
    if (std::isinf(value.real)) return value.real > 0 ? "9e999" : "-9e999";
    return fmt::format("{:.17e}", value.real);
  }
  if (value.type.id == TypeId::kInt) return value.integer == INT64_MIN ? "(-9223372036854775807 - 1)" : std::to_string(value.integer);
  std::string out = "'";
  for (char c : value_text(value)) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

class SqliteFixture final : public conformance::Fixture {
 public:
  SqliteFixture() {
    static int counter = 0;
    path_ = std::filesystem::temp_directory_path() / fmt::format("sinan-sqlite-{}-{}.db", ::getpid(), ++counter);
    std::filesystem::remove(path_);
    if (::sqlite3_open(path_.c_str(), &db_) != SQLITE_OK) throw std::runtime_error("cannot open the test's database");
    run("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
  }
  ~SqliteFixture() override {
    ::sqlite3_close(db_);
    for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + ending);
  }

  std::string yaml() const override { return "kind: sqlite\ncursor_lag: 0s\npath: " + path_.string() + "\n"; }
  bool holds(const Field&, const Value& value) const override {
    if (value.type.id != TypeId::kDouble) return true;
    // SQLite has no NaN; and it reads the decimal text of a number that is nearly none only nearly.
    return !std::isnan(value.real) && !(value.real != 0 && std::abs(value.real) < 1e-300) &&
           !(std::abs(value.real) > 1e300 && std::isfinite(value.real));
  }

  void create() override {
    run("CREATE TABLE things (id INTEGER PRIMARY KEY, n BIGINT, x DOUBLE, d DECIMAL(12,2), t TEXT COLLATE NOCASE, \"on\" DATE, at "
        "DATETIME, bytes "
        "BLOB)");
  }

  void put(const std::vector<conformance::LogicalRow>& rows) override {
    std::string sql = "BEGIN;";
    for (const auto& row : rows) {
      std::vector<std::string> cells;
      for (const Value& value : row) cells.push_back(literal(value));
      sql += fmt::format("REPLACE INTO things VALUES ({});", fmt::join(cells, ", "));
    }
    run(sql + "COMMIT");
  }

  void remove(std::int64_t id) override { run(fmt::format("DELETE FROM things WHERE id = {}", id)); }

  bool create_orders() override {
    run("CREATE TABLE orders (order_key TEXT NOT NULL UNIQUE, item TEXT NOT NULL, quantity DECIMAL(12,2), number INT UNIQUE);"
        "CREATE TABLE loose (order_key TEXT, item TEXT, quantity DECIMAL(12,2), number INT)");
    return true;
  }

  std::vector<std::vector<std::string>> orders() override {
    std::vector<std::vector<std::string>> out;
    auto each = [](void* rows, int count, char** cells, char**) {
      auto& row = static_cast<std::vector<std::vector<std::string>>*>(rows)->emplace_back();
      for (int i = 0; i < count; ++i) row.emplace_back(cells[i] ? cells[i] : "NULL");
      return 0;
    };
    ::sqlite3_exec(db_, "SELECT order_key, item, printf('%.2f', quantity), number FROM orders ORDER BY 1", each, &out, nullptr);
    return out;
  }

 private:
  void run(const std::string& sql) {
    char* message = nullptr;
    if (::sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK) throw std::runtime_error(sql + ": " + message);
  }

  std::filesystem::path path_;
  sqlite3* db_ = nullptr;
};

}  // namespace

std::unique_ptr<conformance::Fixture> fixture() { return std::make_unique<SqliteFixture>(); }

}  // namespace sinan::sources::sqlite

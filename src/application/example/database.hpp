// Where the example company's ERP and CRM live: one small interface over SQLite, PostgreSQL and MariaDB, with the same columns and values
// in each. For making and moving the example only; the product reads through data/sources.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace sinan::example {

enum class Kind : std::uint8_t { kText, kInteger, kDecimal, kDate, kTimestamp };

struct ColumnDef {
  std::string name;
  Kind kind = Kind::kText;
  int size = 80;  // kText: characters; kDecimal: digits
  int scale = 2;  // kDecimal
};

struct TableDef {
  std::string name;
  std::vector<ColumnDef> columns;
  std::vector<std::string> key;     // primary
  bool generated = false;           // the key is one integer, which the database counts up when it is left out
  std::vector<std::string> unique;  // columns that are unique, each alone
  std::vector<std::pair<std::string, std::string>> defaults = {};  // column, SQL constant
};

// Rows on their way into one table, cell by cell in the order of its columns. Errors wait for end_row() or finish().
class Inserter {
 public:
  virtual ~Inserter() = default;
  virtual void null() = 0;
  virtual void text(std::string_view value) = 0;
  virtual void integer(std::int64_t value) = 0;
  // value / 10^scale of the column.
  virtual void decimal(std::int64_t scaled) = 0;
  virtual void date(Date value) = 0;
  virtual void timestamp(Instant value) = 0;  // to the second; without zone
  virtual Status end_row() = 0;
  virtual Status finish() = 0;
};

// Cells as text; null is nullopt.
using TextRows = std::vector<std::vector<std::optional<std::string>>>;

// One connection. Not thread-safe.
class Database {
 public:
  virtual ~Database() = default;
  virtual Status execute(const std::string& sql) = 0;
  virtual Result<TextRows> query(const std::string& sql) = 0;
  virtual Result<bool> has_table(const std::string& name) = 0;
  virtual Status create(const TableDef& table) = 0;
  // One at a time.
  virtual Result<std::unique_ptr<Inserter>> insert(const TableDef& table) = 0;
  // Everything until then becomes durable at once.
  Status begin() { return execute("BEGIN"); }
  Status commit() { return execute("COMMIT"); }
};

Result<std::unique_ptr<Database>> open_sqlite(const std::filesystem::path& file);
Result<std::unique_ptr<Database>> open_postgres(const std::string& address);
Result<std::unique_ptr<Database>> open_mariadb(const std::string& address);

// "CREATE TABLE …" with the type names that `type_of` gives.
std::string create_sql(const TableDef& table, char quote, std::string (*type_of)(const ColumnDef&, bool keyed),
                       const std::string& generated);

// '2026-03-01' and '2026-03-01 08:15:00', appended.
void append_date(std::string& out, Date date);
void append_timestamp(std::string& out, Instant at);
// 1234 with scale 2 is 12.34.
void append_decimal(std::string& out, std::int64_t scaled, int scale);

}  // namespace sinan::example

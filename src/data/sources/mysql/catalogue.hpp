// What a MariaDB or MySQL database holds: its tables, how each column is read, and which filters it answers as we would.
#pragma once

#include "data/sources/mysql/connection.hpp"
#include "data/sources/values.hpp"

namespace sinan::sources::mysql {

struct MyColumn {
  std::string name;
  Type type;
  bool nullable = true;
  bool local_time = false;  // DATETIME: without an offset
  bool pinned = false;
  std::string read;      // the SQL expression that a scan selects
  std::string compare;   // the one that filters compare; empty: none may
  std::string native;    // for text in utf8mb4: the bare column, so that an index narrows an equality
  bool numeric = false;  // its cursor values are written without quotes
};

struct MyTable {
  TableInfo info;
  bool transactional = true;
  bool is_view = false;
  std::vector<MyColumn> columns;

  const MyColumn* find(std::string_view column) const;
};

// All tables and views of the connection's database, in order of name.
Result<std::vector<MyTable>> read_catalogue(Connection& connection, const SourceConfig& config);

struct Condition {
  Pushdown how = Pushdown::kNone;
  std::string sql;
};
Condition condition(const MyTable& table, const Filter& filter, const LocalTime& zone);

// A constant as SQL; nullopt for what it cannot write. Timestamps as they are, in UTC or local by then.
std::optional<std::string> literal(const Value& value);

}  // namespace sinan::sources::mysql

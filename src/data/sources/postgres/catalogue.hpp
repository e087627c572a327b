// What a PostgreSQL database holds: its tables, how each column is read, and which filters it answers as we would.
#pragma once

#include "data/sources/postgres/connection.hpp"
#include "data/sources/postgres/copy_decoder.hpp"

namespace sinan::sources::postgres {

struct PgColumn {
  std::string name;
  Type type;
  Wire wire = Wire::kBytes;
  bool nullable = true;
  std::string read;     // the SQL expression that a scan selects
  std::string compare;  // the one that filters compare; its order and equality are those of the type here
  std::string native;   // for text: the bare column, whose equality is that of bytes, so that an index can serve; else empty
  std::string sane;     // true for values that the type here can hold; empty: all are
  bool comparable = true;
};

struct PgTable {
  TableInfo info;
  std::string sql_name;  // "schema"."table"
  std::uint32_t oid = 0;
  bool has_xmin = false;  // rows tell their transaction: ordinary and partitioned tables that the user may read as a whole
  std::vector<PgColumn> columns;

  const PgColumn* find(std::string_view column) const;
};

// All tables and views that the user may read, in order of name. A table of the user's own schema goes by its bare name.
Result<std::vector<PgTable>> read_catalogue(Connection& connection, const SourceConfig& config, const LocalTime& zone);

// A filter as SQL, and how well it answers. kNone leaves `sql` empty.
struct Condition {
  Pushdown how = Pushdown::kNone;
  std::string sql;
};
Condition condition(const PgTable& table, const Filter& filter, const LocalTime& zone);

}  // namespace sinan::sources::postgres

// Reads the SQL of a person before any engine plans it: which tables it names, and whether it calls only what is allowed. The tree comes
// from DuckDB's own parser, and every object in it is looked at, wherever it stands. Internal to data/fabric.
#pragma once

#include "base/json.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::fabric {

// A table as the SQL names it: one to three parts ("erp.orders").
struct Mention {
  std::vector<std::string> parts;
  std::string text() const;  // joined by dots
};

struct Inspection {
  std::vector<Mention> tables;  // without names of WITH; each once
};

// kInvalidInput with line and column for what does not parse, kDenied for what is no SELECT or calls what is not allowed.
Result<Inspection> inspect(duck::Connection& parser, std::string_view sql);

// The first half of that: one statement, and a SELECT; it may call anything. Returns the names of the tables that it reads, which outside
// a workspace may be files, also those that are the only argument of read_csv.
Result<std::vector<std::string>> inspect_free_select(duck::Connection& parser, std::string_view sql);

// A row filter: one condition over the columns of its table, without subqueries. Returns its tree.
Result<Json> inspect_condition(duck::Connection& parser, std::string_view condition);

// Whether the condition (a tree of inspect_condition) cannot raise an error, whatever the values: comparisons of columns with constants
// of their own type, and AND, OR, IN, BETWEEN, IS NULL of those. Such a filter can be pushed into the source.
bool is_total(const Json& condition, const Schema& schema);

// The names of the $parameters in a tree, folded.
std::set<std::string> parameters_of(const Json& tree);

// Names that belong to the engine ("information_schema.tables", "duckdb_views", "pg_class").
bool is_system_name(const Mention& mention);

}  // namespace sinan::fabric

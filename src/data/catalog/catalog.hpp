// What tables there are and how they are named: tables of sources ("erp.orders"), of the lake ("lake.erp_orders", "master.customer"), and
// the views of model/*.sql ("ops.items"). Names compare without regard to ASCII case, as in SQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.hpp"
#include "base/workspace.hpp"

namespace sinan::catalog {

enum class Kind : std::uint8_t { kSource, kLake, kView };
std::string_view name_of(Kind kind);  // "source", "lake", "view"

struct TableEntry {
  std::string name;  // "erp.orders"
  Kind kind = Kind::kSource;
  Schema schema;
  std::vector<std::string> key;
  std::string description;
  std::optional<std::uint64_t> estimated_rows;
};

// A file of model/: the view ops.NAME. Its description is the comment (lines that begin with --) at its head.
struct View {
  std::string name;  // "ops.items"
  std::string sql;   // without trailing semicolons
  std::string description;
  Place place;  // the file
};

// All views of the workspace, in order of name. An empty file is a mistake.
std::vector<View> read_views(const Workspace& workspace, Diagnostics& diagnostics);

// "ERP.Orders" as "erp.orders".
std::string fold(std::string_view name);
bool same_name(std::string_view a, std::string_view b);

// Whether the pattern names the table: '*' stands for any characters ("erp.*", "lake.*_orders").
bool matches(std::string_view pattern, std::string_view name);
// The more exact of two patterns that match the same name has the higher rank: no '*' first, then the number of other characters.
int rank(std::string_view pattern);

// The way out after an unknown name: the nearest of `candidates`, or the first few of them; empty if there are none.
std::string suggestion(std::string_view name, std::vector<std::string> candidates);

}  // namespace sinan::catalog

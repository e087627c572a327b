// What a table was when it was last read, and what has become of it.
#pragma once

#include "base/json.hpp"
#include "data/sources/source.hpp"

namespace sinan::sync {

struct Definition {
  Schema schema;  // all nullable: whether a column may be null changes nothing here
  std::vector<std::string> key;
  std::string cursor;

  bool operator==(const Definition&) const = default;
};

Definition definition_of(const sources::TableInfo& table, const std::string& cursor);
Json to_json(const Definition& definition);
Result<Definition> definition_from(const Json& json);

struct Evolution {
  std::vector<std::string> followed;  // for people: "new column 'colour'"
  std::vector<std::string> refused;   // what may not pass in silence
  bool only_grown = true;             // the rows that are there fit the new definition
};

// `columns_chosen`: the workspace lists the columns of this table. `types_free`: names of columns whose type the workspace pins; "*": all
// types come from sniffing, and change with the data.
Evolution compare(const Definition& before, const Definition& after, bool columns_chosen, const std::vector<std::string>& types_free);

}  // namespace sinan::sync

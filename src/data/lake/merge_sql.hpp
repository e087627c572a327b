// The SQL of the lake: how visible rows are read, and how a load is compared with what is there.
#pragma once

#include "data/lake/catalogue.hpp"

namespace sinan::lake {

// "(SELECT columns, _row FROM read_parquet([…]) ANTI JOIN …)"; paths are below `dir`. Columns come in the order and types of the schema.
std::string visible_rows(const TableState& state, const std::filesystem::path& dir, bool with_rejected);

// The rows of staged Parquet files, in `schema` (columns that they lack are null) and with `_row`.
std::string staged_rows(const std::vector<std::filesystem::path>& files, const Schema& staged, const Schema& schema);

// SELECT of those rows of `staged` that are new or differ from the row of `current` with the same key; of equal keys the last counts.
// The last column `_changed` tells which of the two it is.
std::string new_or_changed(const std::string& current, const std::string& staged, const Schema& schema,
                           const std::vector<std::string>& key);

// SELECT _row of rows of `current` whose key is among `keys` (a FROM expression with the key columns) or, with `negated`, is not.
std::string rows_with_keys(const std::string& current, const std::string& keys, const std::vector<std::string>& key, bool negated);

}  // namespace sinan::lake

// How a table's schema follows what is loaded: new columns and wider types are taken over, anything else is named.
#pragma once

#include "base/table.hpp"

namespace sinan::lake {

// The type that holds every value of both, or nothing: bool < bigint < double, bigint < decimal wide enough, decimal < wider decimal,
// date < timestamp.
std::optional<Type> wider(const Type& a, const Type& b);

// The schema that holds the rows that are there and the loaded ones. kConflict names a column that is gone, or whose types cannot both
// be held, with the way out; `table` is its place.
Result<Schema> reconcile(const std::string& table, const Schema& there, const Schema& loaded);

}  // namespace sinan::lake

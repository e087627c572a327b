// The canonical model: the tables of `ops` that planners, models and screens know (docs/canonical-model.md), and the columns that each must
// have.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sinan::catalog {

// "items": {"item_id", "name", …}; columns that may be missing are not listed.
const std::map<std::string, std::vector<std::string>>& required_columns();

}  // namespace sinan::catalog

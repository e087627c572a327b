// The JSON Schema of what policies say about tables, for the schema of policies/*.yaml.
#pragma once

#include "base/json.hpp"

namespace sinan::fabric {

Json tables_schema();

}  // namespace sinan::fabric

// How the registry's events become its state.
#pragma once

#include "operations/models/registry.hpp"

namespace sinan::models {

// Takes one event of the chain "models" into the state; kCorrupt when it cannot be read.
Status fold(State& state, const audit::Record& record);

}  // namespace sinan::models

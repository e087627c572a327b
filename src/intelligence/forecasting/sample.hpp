// Chance by name: a draw that depends on a key and a seed alone, so that neither the order of series nor the number of threads matters.
#pragma once

#include "base/hash.hpp"

namespace sinan::forecasting {

using sinan::hash;
using sinan::mix;

// In [0, 1).
inline double share(std::uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1p-53; }

}  // namespace sinan::forecasting

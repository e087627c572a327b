// Eight floats at once: parameter grids of smoothing models run in lanes, one parameter set a lane.
#pragma once

#include <cstddef>
#include <cstring>

// Vectors wider than the registers of the plainest processor are passed in memory; nothing outside this room sees one.
#pragma clang diagnostic ignored "-Wpsabi"

namespace sinan::forecasting {

using Lanes = float __attribute__((vector_size(32)));
inline constexpr std::size_t kLanes = 8;

inline Lanes lanes(float v) { return Lanes{v, v, v, v, v, v, v, v}; }

// To and from flat memory of any alignment.
inline Lanes load(const float* from) {
  Lanes out;
  std::memcpy(&out, from, sizeof out);
  return out;
}
inline void store(float* to, const Lanes& v) { std::memcpy(to, &v, sizeof v); }

// The lane with the smallest value; the first of equal ones. A lane that is no number never wins, unless all are.
inline std::size_t smallest(const Lanes& v) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < kLanes; ++i)
    if (v[i] < v[best] || !(v[best] == v[best])) best = i;
  return best;
}

}  // namespace sinan::forecasting

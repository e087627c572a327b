// Eight floats at once: parameter grids of smoothing models run in lanes, one parameter set a lane.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace sinan::forecasting {

// Before a function whose time goes into lanes: it is compiled a second time for processors with registers of eight floats, and the right
// one is taken when the program starts. Both give the same bits: no multiplication is fused with an addition.
#if defined(__x86_64__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define SINAN_LANES __attribute__((target_clones("avx2", "default")))
#else
#define SINAN_LANES
#endif

using Lanes = float __attribute__((vector_size(32)));
inline constexpr std::size_t kLanes = 8;

// A scalar is spread by adding it to none: Lanes{} + v. Nothing returns or takes Lanes by value: how they are passed depends on the
// processor.

// To and from flat memory of any alignment.
inline void load(const float* from, Lanes& to) { std::memcpy(&to, from, sizeof to); }
inline void store(float* to, const Lanes& v) { std::memcpy(to, &v, sizeof v); }

// The lane with the smallest value; the first of equal ones. A lane that is no number never wins, unless all are.
inline std::size_t smallest(const Lanes& v) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < kLanes; ++i)
    if (v[i] < v[best] || !(v[best] == v[best])) best = i;
  return best;
}

// Eight smoothing constants around one, as a finer grid, from `least` to 1 − `least`.
inline void constants_around(float constant, float least, Lanes& out) {
  float width = std::clamp(constant * 0.6F, 0.03F, 0.16F);
  for (std::size_t i = 0; i < kLanes; ++i) out[i] = std::clamp(constant + width * (static_cast<float>(i) - 3.5F) / 3.5F, least, 1 - least);
}

}  // namespace sinan::forecasting

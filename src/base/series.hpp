// A panel: many time series in three flat arrays, no allocation per series.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace sinan {

// Series i has values[offsets[i]] … values[offsets[i + 1] - 1], oldest first, on a regular grid; NaN is a missing period.
// `keys[i]` names it. `lost` (same length as values, or empty) marks periods in which stock ran out: demand was at least the value.
struct Panel {
  std::vector<double> values;
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::string> keys;
  std::vector<std::uint8_t> lost;

  std::size_t size() const { return offsets.size() - 1; }
  std::span<const double> series(std::size_t i) const { return std::span(values).subspan(offsets[i], offsets[i + 1] - offsets[i]); }
  std::span<const std::uint8_t> lost_of(std::size_t i) const {
    return lost.empty() ? std::span<const std::uint8_t>() : std::span(lost).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

}  // namespace sinan

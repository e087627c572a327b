// A panel: many time series in three flat arrays, no allocation per series.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace sinan {

// Series i has values[offsets[i]] … values[offsets[i + 1] - 1], oldest first, on a regular grid; NaN is a missing period.
// `keys[i]` names it. `lost` (same length as values, or empty) marks periods in which stock ran out: demand was at least the value.
// `ends[i]` is the number of its last period, counted from any first one that is the same for all; empty: all end together.
struct Panel {
  std::vector<double> values;
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::string> keys;
  std::vector<std::uint8_t> lost;
  std::vector<std::int64_t> ends;

  std::size_t size() const { return offsets.size() - 1; }
  std::span<const double> series(std::size_t i) const { return std::span(values).subspan(offsets[i], offsets[i + 1] - offsets[i]); }
  std::span<const std::uint8_t> lost_of(std::size_t i) const {
    return lost.empty() ? std::span<const std::uint8_t>() : std::span(lost).subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
  std::int64_t end_of(std::size_t i) const { return ends.empty() ? 0 : ends[i]; }
  // Looks at all; the panel must have series.
  std::int64_t latest_end() const { return ends.empty() ? 0 : *std::ranges::max_element(ends); }
};

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

}  // namespace sinan

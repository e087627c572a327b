#include "intelligence/forecasting/kernels/medians.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "intelligence/forecasting/kernels/lanes.hpp"

namespace sinan::forecasting {
namespace {

// Sorts each lane of the first `count`: neighbours change places, even and odd ones in turn, until the smallest can have come all the way.
SINAN_LANES void sort_lanes(Lanes* v, std::size_t count) {
  for (std::size_t round = 0; round < count; ++round)
    for (std::size_t i = round % 2; i + 1 < count; i += 2) {
      const Lanes low = v[i] < v[i + 1] ? v[i] : v[i + 1];
      v[i + 1] = v[i] < v[i + 1] ? v[i + 1] : v[i];
      v[i] = low;
    }
}

}  // namespace

void medians(std::span<const float* const> rows, std::span<float> out) {
  std::array<Lanes, kMostRows> v;
  std::array<float, kLanes> some{};
  const std::size_t half = rows.size() / 2;
  for (std::size_t k = 0; k < out.size(); k += kLanes) {
    const std::size_t count = std::min(kLanes, out.size() - k);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::copy_n(rows[i] + k, count, some.begin());
      load(some.data(), v[i]);
    }
    sort_lanes(v.data(), rows.size());
    const Lanes middle = rows.size() % 2 == 1 ? v[half] : (v[half - 1] + v[half]) / 2;
    store(some.data(), middle);
    std::copy_n(some.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(k));
  }
}

float median_of_known(std::span<float> values) {
  const auto unknown = std::ranges::partition(values, [](float v) { return std::isfinite(v); });
  values = values.first(values.size() - unknown.size());
  if (values.empty()) return std::numeric_limits<float>::quiet_NaN();
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace sinan::forecasting

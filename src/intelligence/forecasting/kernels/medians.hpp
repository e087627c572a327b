// The medians of several forecasts, period by period.
#pragma once

#include <span>

namespace sinan::forecasting {

inline constexpr std::size_t kMostRows = 64;

// out[k]: the median of rows[0][k], rows[1][k], …, all finite; of an even number the mean of the two in the middle. 1 to kMostRows rows.
void medians(std::span<const float* const> rows, std::span<float> out);
// Of what is finite among `values`, which it sorts; NaN: nothing is.
float median_of_known(std::span<float> values);

}  // namespace sinan::forecasting

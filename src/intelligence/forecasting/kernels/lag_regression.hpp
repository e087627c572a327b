// The regression of a series on its own values some lags before, and its forecasts, which are fed back for later steps.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace sinan::forecasting {

inline constexpr float kLagLimit = 20;  // in mean sizes of the series: a forecast beyond has run away

// In increasing order, each once.
struct Lags {
  std::array<std::size_t, 46> at{};
  std::size_t count = 0;
  std::size_t longest() const { return at[count - 1]; }
  std::span<const std::size_t> all() const { return std::span(at).first(count); }
  void add(std::size_t lag);
};

// The recent past, and the same period one season and two seasons ago.
Lags near_lags(int season);

// The constant, then a coefficient for each lag, drawn a little towards none; false if there are too few rows.
bool fit_lags(std::span<const float> y, const Lags& lags, std::span<float> coefficients);

// Writes the values that follow y, which is at least as long as the longest lag; none is beyond the limit.
void predict_lags(std::span<const float> y, const Lags& lags, std::span<const float> coefficients, std::span<float> out);

}  // namespace sinan::forecasting

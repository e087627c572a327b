#include "intelligence/forecasting/sparse/empirical.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::forecasting {

void empirical_quantiles(std::span<const float> y, std::size_t lead, std::span<const double> quantiles, std::vector<double>& sums,
                         std::span<double> out) {
  const std::size_t reach = std::min(lead, y.size());
  sums.clear();
  for (std::size_t first = 0; first + reach <= y.size(); ++first) {
    double sum = 0;
    for (float value : y.subspan(first, reach)) sum += value;
    sums.push_back(sum * static_cast<double>(lead) / static_cast<double>(reach));
  }
  std::ranges::sort(sums);
  const auto count = static_cast<double>(sums.size());
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    const double place = std::ceil(quantiles[q] * count - 1e-9);  // .9 of ten is the ninth, whatever binary fractions say
    out[q] = sums[static_cast<std::size_t>(std::clamp(place, 1.0, count)) - 1];
  }
}

}  // namespace sinan::forecasting

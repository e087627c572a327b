#include "intelligence/forecasting/drivers/width_power.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::forecasting {
namespace {

// What widths must gain in the mean logarithm of the likelihood of an error, as if errors were so much smaller, and in its standard
// deviations over the series: one of these. Promotions of a few days in a hundred gain little on average.
struct Gain {
  double of_logarithm, deviations;
};
constexpr std::array kGains{Gain{0.02, 0}, Gain{0.002, 3}};

}  // namespace

void WidthPower::add(std::span<const float> errors, std::span<const float> down, std::span<const float> up) {
  Series out;
  double plain = 0;
  std::array<double, kPowers.size()> in_widths{}, logs{};
  for (std::size_t e = 0; e < errors.size(); ++e) {
    if (!std::isfinite(errors[e]) || down[e] <= 0) continue;
    plain += std::abs(errors[e]);
    for (std::size_t p = 0; p < kPowers.size(); ++p) {
      const float below = std::pow(down[e], kPowers[p]);
      const float above = std::pow(up[e], kPowers[p]);
      in_widths[p] += std::abs(errors[e]) / (errors[e] < 0 ? below : above);
      logs[p] += std::log((below + above) / 2);
    }
    ++out.errors;
  }
  if (out.errors < 2 || plain <= 0) return;
  for (std::size_t p = 0; p < kPowers.size(); ++p) out.gains[p] = std::log(plain / in_widths[p]) - logs[p] / out.errors;
  series_.push_back(out);
}

float WidthPower::best() const {
  double errors = 0;
  std::array<double, kPowers.size()> sums{};
  for (const Series& series : series_) {
    errors += series.errors;
    for (std::size_t p = 0; p < kPowers.size(); ++p) sums[p] += series.gains[p] * series.errors;
  }
  if (errors == 0) return 0;
  const auto best = static_cast<std::size_t>(std::ranges::max_element(sums) - sums.begin());
  const double gain = sums[best] / errors;
  double squares = 0;
  for (const Series& series : series_) squares += std::pow((series.gains[best] - gain) * series.errors, 2);
  const bool useful = std::ranges::any_of(
      kGains, [&](const Gain& least) { return gain > least.of_logarithm && gain > least.deviations * std::sqrt(squares) / errors; });
  return useful ? kPowers[best] : 0;
}

}  // namespace sinan::forecasting

// Reconciliation: forecasts of parts, and of sums of these parts, that were made each by itself, become forecasts that add up.
//
// The parts are the series of items and the sums are categories, places and the total; or the parts are days and the sums are weeks. With
// base forecasts b of the parts and a = A b + error of the sums, and W the variances of their errors:
//  - wls: the forecasts that add up and are nearest to all base forecasts, each measured in its variance (WLS with variance scaling,
//    Wickramasuriya, Athanasopoulos & Hyndman 2019): b + W_b Aᵀ (W_a + A W_b Aᵀ)⁻¹ (a − A b). Solved by conjugate gradients, as crossed
//    sums (category and place) have no closed form. Where demand is not negative, parts that would be are held at zero and the others
//    solved again (Wickramasuriya, Turlach & Hyndman 2020);
//  - top_down: the sums of the first level, divided as the forecasts of their parts are (Athanasopoulos, Ahmed & Hyndman 2009);
//  - bottom_up: the parts as they are, and their sums.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinan::forecasting {

enum class Reconciliation : std::uint8_t { kWls, kTopDown, kBottomUp };
// "wls", "top_down", "bottom_up".
std::string_view name(Reconciliation how);
Result<Reconciliation> parse_reconciliation(std::string_view name);

// Which sums there are of `parts` parts. Sums are numbered level by level.
struct Sums {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Level {
    std::vector<std::uint32_t> group_of;  // of each part; kNone: it belongs to no sum of the level
    std::size_t groups = 0;
  };
  std::size_t parts = 0;
  std::vector<Level> levels;

  std::size_t size() const;
  // Adds up `values` of the parts into those of the sums.
  void add_up(std::span<const double> values, std::span<double> out) const;
};

// Not thread-safe: one per thread. Keeps its memory. The same bits whenever parts and sums come in the same order.
class Reconciler {
 public:
  // Variances are at least 0; a forecast of variance 0 stays as it is unless it must be held at zero.
  struct Base {
    std::span<const double> parts, part_variances;
    std::span<const double> sums, sum_variances;
  };
  // `parts` and `sums` get the forecasts that add up.
  void reconcile(const Sums& of, const Base& base, Reconciliation how, bool non_negative, std::span<double> parts, std::span<double> sums);

 private:
  void wls(const Sums& of, const Base& base, std::span<double> parts);
  void solve(const Sums& of, std::span<const double> sum_variances);
  void top_down(const Sums& of, const Base& base, std::span<double> parts);

  std::vector<double> weights_;  // variances of parts; 0: held
  std::vector<double> spread_;
  std::vector<double> solution_, residual_, direction_, image_, diagonal_, own_;
};

}  // namespace sinan::forecasting

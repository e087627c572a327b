// From a history as it was recorded to one that models can learn from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {

struct Cleaned {
  std::vector<float> y;               // no gaps, divided by `scale`
  std::vector<std::uint8_t> guessed;  // by value of y, whether it fills a gap; empty: none does
  double scale = 1;                   // mean size of the values; 1 when all are zero
  bool positive = false;              // every known value is above zero
  bool non_negative = false;          // no known value is below zero
  DemandClass demand_class = DemandClass::kDead;

  bool is_guess(std::size_t t) const { return !guessed.empty() && guessed[t]; }
  // Values at the end that are nothing but guesses.
  std::size_t unknown_end() const {
    std::size_t out = 0;
    while (out < guessed.size() && guessed[guessed.size() - 1 - out]) ++out;
    return out;
  }
};

// Gaps are filled by the same phase of the seasons before, else by a line between the known values around; periods without stock
// (`lost`) count as gaps, but never get less than what was sold. Leading gaps, and zeros before the first demand, are dropped. Only the
// newest kMaxLength values are used. `out` keeps its memory from call to call.
inline constexpr std::size_t kMaxLength = 4'000;
void clean(std::span<const double> values, std::span<const std::uint8_t> lost, int season, Cleaned& out);

// Forgets the bursts (bursts.hpp) of regular demand that are over: where chance is as good as excluded, what was expected takes their
// place. One that still runs at the end stays, for the forecast to adapt to, once a second period has shown that it is no outlier; and so
// does one that lasted: it is the level. `values` is what
// clean() was given. Not for series with drivers: a promotion that is known explains what looks like a burst, and comes again.
// Returns whether anything was forgotten.
bool forget_bursts(std::span<const double> values, int season, Cleaned& out);

// Demand that many periods are without.
inline bool is_sparse(DemandClass c) { return c == DemandClass::kIntermittent || c == DemandClass::kLumpy; }

// The class of a cleaned history.
DemandClass classify(std::span<const float> y, int season, bool non_negative);

}  // namespace sinan::forecasting

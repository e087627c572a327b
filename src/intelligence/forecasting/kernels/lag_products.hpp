// The normal equations of a regression of a series on its own past, by what its rows have in common: from one row to the next every value
// moves on by a lag, so the products at neighbouring lags are the same sums but for their ends.
#pragma once

#include <span>
#include <vector>

#include "intelligence/forecasting/kernels/regression.hpp"

namespace sinan::forecasting {

// Keeps its memory; not thread-safe: one per thread.
class LagProducts {
 public:
  // Adds to `out` the rows of t = from … to − 1, weight · (1, y[t − lags[0]] − level, …), which explain weight · (y[t] − level), the level
  // being the mean of the `window` values before t; 0: there is none. Lags increase from 1 at least, and `from` is not below the last of
  // them, nor below `window`. Nothing from y[to] on is looked at. Takes n·(k + k·r) + k² steps instead of n·k², for n rows and k lags of
  // which r do not follow the one before.
  void add(std::span<const float> y, std::size_t from, std::size_t to, std::span<const std::size_t> lags, std::size_t window, double weight,
           Regression& out);

 private:
  void read(std::span<const float> y, std::size_t from, std::size_t to, std::size_t oldest, bool around_mean);
  void read_levels(std::size_t from, std::size_t to, std::size_t window);
  // Fills plain_ and sums_.
  void multiply(std::size_t from, std::size_t to);
  // Fills products_ from them and from the levels.
  void write(std::size_t rows, double square);

  std::vector<std::size_t> lags_;        // 0, which is the value itself, then those of the rows
  std::vector<double> values_;           // y around its mean
  std::vector<double> levels_;           // of each row
  std::vector<double> enters_, leaves_;  // the values at each lag of row `from` and of row `to`
  std::vector<double> plain_;            // the values' products, lag by lag, i ≤ j
  std::vector<double> sums_;             // the values' sums, by lag
  std::vector<double> with_level_;       // their products with the level
  std::vector<double> products_;         // what the regression is given
};

}  // namespace sinan::forecasting

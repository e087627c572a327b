// Pooled regression: one linear autoregression that all series with a season in common share (Trapero, Kourentzes & Fildes 2015; with a
// long memory as in Montero-Manso & Hyndman 2021, "Principles and algorithms for forecasting groups of time series"). What no series is
// long enough to learn by itself, how a season, a week in a day or a change of level goes on, many tell together.
//
// A value is explained by the values before it, all less the mean of the newest of them (the level). How far back depends on the season:
// up to four seasons, eight weeks of days, the hours of two days and the same ones of two weeks. For series that are too short there are
// shorter memories beside it. Forecasts are fed back for later steps. Series are in units of their mean size, and weigh by how steadily
// they change.
#pragma once

#include <span>
#include <vector>

#include "intelligence/forecasting/kernels/lag_products.hpp"
#include "intelligence/forecasting/kernels/regression.hpp"

namespace sinan::forecasting {

class PooledRegression {
 public:
  // `season` in periods; 1: none.
  explicit PooledRegression(std::size_t season);

  // Learns to tell y[from] … y[to − 1] of one series from what is before them. `noise`: the mean size of its changes from season to season.
  void add(std::span<const float> y, std::size_t from, std::size_t to, float noise);
  // Joins what another, of the same season, has been given.
  void add(const PooledRegression& other);
  // Solves; no add() after this. What fewer than 10 series or ten rows a coefficient tell of is left out.
  void finish();

  // Whether it can forecast a series of `length` values.
  bool knows(std::size_t length) const { return memory_for(length) != nullptr; }
  // Writes out[k], the forecast k + 1 periods after y; y must be long enough. `path` is scratch. What runs further from the history than
  // its own range is cut off there.
  void forecast(std::span<const float> y, std::vector<float>& path, std::span<float> out) const;

  // Appends what finish() found, and reads it back for the same season, from the front of `numbers`, which it takes off; false: these are
  // no such numbers.
  void write(std::vector<float>& numbers) const;
  bool read(std::span<const float>& numbers);

 private:
  // Lags one below the other.
  struct Piece {
    std::size_t weight;  // where the weight of the longest of them is
    std::size_t lag;     // the longest
    std::size_t count;
  };
  // One length of the memory.
  struct Memory {
    std::vector<std::size_t> lags;  // increasing
    std::size_t level = 1;          // values whose mean is the level
    std::size_t least = 1;          // values that must be known
    std::size_t series = 0;
    Regression regression;
    std::vector<Piece> pieces;   // of the lags, longest first
    std::vector<float> weights;  // the constant, then from the longest lag to the shortest; empty: too little to learn from
    float of_level = 0;          // the level's own weight
  };
  void add_memory(std::vector<std::size_t> lags, std::size_t level);
  const Memory* memory_for(std::size_t length) const;
  static void turn(Memory& memory);
  static float past_of(const Memory& memory, const float* now);

  std::vector<Memory> memories_;  // longest first
  LagProducts products_;
};

}  // namespace sinan::forecasting

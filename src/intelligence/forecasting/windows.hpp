// Intermittent demand: the distribution of demand in one period and over the next k, from what windows of k periods held before.
//
// Windows overlap; a window counts the less the older it is. Their sums are moved towards the present rate (the mean of the
// intermittent members of models.inc), and beyond what so few windows can tell the tail is exponential. As in Willemain,
// Smart & Schwarz (2004) the demand itself speaks, but without random draws.
#pragma once

#include <span>
#include <vector>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

// All in units of Cleaned::scale; flat as in Forecasts.
struct IntermittentForecast {
  std::vector<float> mean;         // of each step
  std::vector<float> median;       // of each step
  std::vector<float> at_quantile;  // horizon × quantiles
  std::vector<float> total_at_quantile;
  const ModelInfo* only = nullptr;  // when one model gave the rate
};

// Not thread-safe: one per thread. Keeps its memory.
class Intermittent {
 public:
  Intermittent(std::span<const ModelInfo* const> members, std::size_t horizon, std::span<const double> quantiles, bool totals);
  // `season` 1: none.
  void forecast(const Cleaned& series, std::size_t season, IntermittentForecast& out);

 private:
  struct Window {
    float sum;
    float weight;
  };
  // Sums of windows of `length` periods, sorted; returns their weighted mean.
  double collect(std::span<const float> y, std::size_t length);
  // Of the collected windows, times `factor`.
  void quantiles_of(std::span<const double> quantiles, double factor, std::span<float> out) const;

  std::vector<const ModelInfo*> members_;
  std::size_t horizon_;
  std::vector<double> quantiles_;
  bool totals_;
  Scratch scratch_;
  Parameters parameters_;
  std::vector<float> adjusted_;
  std::vector<float> indices_;
  std::vector<Window> windows_;
  double weight_ = 0;   // of all windows
  double squares_ = 0;  // of their weights
};

}  // namespace sinan::forecasting

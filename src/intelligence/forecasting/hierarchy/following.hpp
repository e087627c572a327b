// Means of forecasts that change, and medians, quantiles and sums that follow them: in proportion where no demand is negative, up to twice
// as much; beyond, and where some is, by the same difference.
#pragma once

#include <vector>

#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {

// For each series whether nothing in its history is below zero.
std::vector<bool> non_negative(const Panel& panel);

// Not for several threads at once; `forecasts` must outlive it.
class Following {
 public:
  // `non_negative`: for each series of `forecasts`.
  Following(Forecasts& forecasts, std::vector<bool> non_negative);

  std::size_t size() const { return non_negative_.size(); }
  bool non_negative(std::size_t i) const { return non_negative_[i]; }
  double variance(std::size_t i) const { return forecasts_.variance[i]; }
  double mean(std::size_t i, std::size_t h) const { return forecasts_.mean[i * horizon_ + h]; }
  // Of drivers, in this mean.
  double effect(std::size_t i, std::size_t h) const {
    return forecasts_.driver_effect.empty() ? 0 : double{forecasts_.driver_effect[i * horizon_ + h]};
  }

  void set(std::size_t i, std::size_t h, double mean);
  // The sums from the first step on, after all means are set.
  void add_up(std::size_t i);

 private:
  void move(std::size_t i, double before, double after, double& value) const;

  Forecasts& forecasts_;
  std::size_t horizon_;
  std::size_t levels_;
  std::vector<bool> non_negative_;
};

}  // namespace sinan::forecasting

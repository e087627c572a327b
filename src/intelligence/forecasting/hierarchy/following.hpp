// Means of forecasts that change, and medians, quantiles and sums that follow them: in proportion where no demand is negative, up to twice
// as much; beyond, and where some is, by the same difference.
#pragma once

#include <string_view>
#include <vector>

#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {

// Not for several threads at once; panel and forecasts must outlive it.
class Following {
 public:
  // `forecasts` of the series of `panel`.
  Following(const Panel& panel, Forecasts& forecasts);

  std::string_view key(std::size_t i) const { return panel_.keys[i]; }
  bool non_negative(std::size_t i) const { return non_negative_[i]; }
  double variance(std::size_t i) const { return forecasts_.variance[i]; }
  double mean(std::size_t i, std::size_t h) const { return forecasts_.mean[i * horizon_ + h]; }
  // What series i had `back` ≥ 1 periods before the one after its end; 0 where it is missing.
  double known(std::size_t i, std::size_t back) const;

  void set(std::size_t i, std::size_t h, double mean);
  // The sums from the first step on, after all means are set.
  void add_up(std::size_t i);

 private:
  void move(std::size_t i, double before, double after, double& value) const;

  const Panel& panel_;
  Forecasts& forecasts_;
  std::size_t horizon_;
  std::size_t levels_;
  std::vector<bool> non_negative_;
};

}  // namespace sinan::forecasting

// Demand of one item at one place as the planner needs it: summed from tomorrow to any day ahead.
#pragma once

#include <vector>

#include "operations/demand/distribution.hpp"

namespace sinan::inventory {

using demand::Distribution;

struct DemandPath {
  std::vector<double> mean;      // cumulative: mean[h - 1] is the expected demand of days 1 … h
  std::vector<double> variance;  // of the same sum

  bool empty() const { return mean.empty(); }
  // Demand of the first `days` days; between two days by interpolation, beyond the last by the pace of the last week.
  Distribution over(double days) const;
};

// Errors of one series' days move together; this correlation between any two of them widens sums: Var(h days) = Σσ² + ρ·Σ_{i≠j} σᵢσⱼ.
inline constexpr double kDayCorrelation = 0.1;

// Builds a path day by day from the mean and standard deviation of single days.
class DemandPathBuilder {
 public:
  void add(double mean, double sd);
  DemandPath take() { return std::move(path_); }

 private:
  DemandPath path_;
  double sum_of_sd_ = 0;
  double sum_of_variance_ = 0;
};

}  // namespace sinan::inventory

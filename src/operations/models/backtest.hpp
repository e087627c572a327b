// What a method is worth on a panel, measured before it is used: rolling origins 7, 14, 21 and 28 days before the end; with
// drivers, whose trees are learnt anew at each, 14 and 28.
#pragma once

#include "operations/demand/demand_drivers.hpp"
#include "operations/demand/demand_sums.hpp"
#include "operations/models/registry.hpp"

namespace sinan::models {

inline constexpr int kMeasuredOrigins = 4;
inline constexpr int kMeasuredStep = 7;              // days between them
inline constexpr std::size_t kMostMeasured = 1'500;  // series; of more, every so-many-th

// By class as it was at each origin, and "all". Days on which stock ran out are not scored. Costs as many forecasts of the sampled series
// as there are origins. `measurement.lake_version` is left to the caller.
// Sums, where the method has them, are those of the sample.
Result<Measurement> measure(const demand::DemandPanel& panel, const demand::DemandDrivers& drivers, const demand::Hierarchy& hierarchy,
                            const demand::Method& method, int threads, const CancelToken* cancel);

// The error of one day of many series: Σ|y − f| / ½Σ(y + f), between 0 and 2 also where little was sold; NaN where nothing was sold nor
// forecast.
double day_error(double error, double sold, double forecast);

}  // namespace sinan::models

// Quantiles of regular series: the shapes of errors that their groups show, spread around each series' median.
#pragma once

#include "intelligence/forecasting/intervals.hpp"
#include "intelligence/forecasting/run.hpp"

namespace sinan::forecasting {

// The shapes of the errors of the sampled regular series of a run, by Run::group_of() and the length of their seasons.
Intervals learn_shapes(const Run& run);

// Fills mean, variance, quantiles and sums of the regular series of a run.
void spread(Run& run, const Intervals& shapes);

}  // namespace sinan::forecasting

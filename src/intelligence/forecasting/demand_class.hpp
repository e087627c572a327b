// Which kind of demand a series is.
#pragma once

#include <span>

#include "intelligence/forecasting/forecast.hpp"

namespace sinan::forecasting {

// Of a cleaned series. kDead: asked for before, but not for so long that five times its usual interval has passed, and at least a season
// and twelve periods.
DemandClass classify(std::span<const double> y, int season);

}  // namespace sinan::forecasting

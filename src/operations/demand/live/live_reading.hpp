// Reads what the live board begins with: the newest ops.forecasts, and what ops.sales say of bursts, sizes of sales and the time of day.
#pragma once

#include "operations/demand/live/live_board.hpp"

namespace sinan::demand {

struct LiveRequest {
  lake::Version at = 0;  // that all is read at
  Instant now;
  Zone zone;                           // of places that have none of their own
  std::size_t most = kMostLiveSeries;  // series
  const CancelToken* cancel = nullptr;
};

// The version of ops.forecasts at `at`; nothing where no cycle has published any.
std::optional<lake::Version> forecasts_at(fabric::Fabric& fabric, lake::Version at);

// As the system; who may see what is for live/live_demand.hpp. Standard deviations are those of the quantiles, as the planner takes them;
// lead times those of ops.stock_policies (rounded up to whole days), or a week. The pace of a place is that of its sales in half a year,
// drawn towards an even one by fifty sales; even where nine of ten have the same quarter of an hour, because then they have no time of day.
// kLimit: more series than `most`.
Result<LiveNights> read_nights(fabric::Fabric& fabric, const LiveRequest& request);

}  // namespace sinan::demand

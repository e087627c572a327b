// Sudden demand of the last days, for people who should look: which items, where, since when, how large, how sure.
#pragma once

#include "intelligence/forecasting/bursts.hpp"
#include "operations/demand/demand_drivers.hpp"

namespace sinan::demand {

inline constexpr int kBurstDays = 7;  // a burst is recent that has a day among the last ones

struct DemandBurst {
  std::size_t series = 0;  // of the panel
  Date first, last;        // its days
  forecasting::Burst burst;
};

// In order of the series. A series is judged by the half year before (forecasting/bursts.hpp), with one false alarm in three years where
// nothing happens; days on which stock ran out are not judged. What falls on days of a promotion is one.
Result<std::vector<DemandBurst>> recent_bursts(const DemandPanel& panel, const DemandDrivers& known, const CancelToken* cancel);

// Rows of ops.demand_bursts (docs/canonical-model.md), by item, place and first day.
Schema burst_schema();
Status append_bursts(lake::Staged& staged, const DemandPanel& panel, const std::vector<DemandBurst>& bursts, const std::string& run_id);

}  // namespace sinan::demand

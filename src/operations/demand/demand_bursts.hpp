// Sudden demand of the last days, for people who should look: which items, where, since when, how large, how sure.
#pragma once

#include "intelligence/forecasting/live/bursts.hpp"
#include "operations/demand/demand_drivers.hpp"

namespace sinan::demand {

inline constexpr int kBurstDays = 7;  // a burst is recent that has a day among the last ones

struct DemandBurst {
  std::size_t series = 0;  // of the panel
  Date first, last;        // its days
  forecasting::Burst burst;
};

// Options of the detector of one day's demand: one false alarm in three years where nothing happens.
inline constexpr forecasting::BurstOptions kDailyBursts{.season = 7, .false_alarms_per_year = 0.3};

// A detector that has seen the half year before the end of series i, days on which stock ran out as missing; none where its history is
// shorter than four weeks: nothing of it can be called unusual.
std::optional<forecasting::BurstDetector> detector_after(const DemandPanel& panel, std::size_t i, const DemandDrivers& known);

// Which of the days from `first` on are promotions of an item at a place.
void mark_promotions(const DemandDrivers& known, const std::string& item, const std::string& place, Date first,
                     std::span<std::uint8_t> marks);

// In order of the series. A series is judged by the half year before (forecasting/live/bursts.hpp); days on which stock ran
// out are not judged. What falls on days of a promotion is one.
Result<std::vector<DemandBurst>> recent_bursts(const DemandPanel& panel, const DemandDrivers& known, const CancelToken* cancel);

// Rows of ops.demand_bursts (docs/canonical-model.md), by item, place and first day.
Schema burst_schema();
Status append_bursts(lake::Staged& staged, const DemandPanel& panel, const std::vector<DemandBurst>& bursts, const std::string& run_id);

}  // namespace sinan::demand

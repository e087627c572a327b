// What earlier forecasts were worth, once the days they spoke of are over: champion and challengers on the same items, places and days.
#pragma once

#include "data/fabric/fabric.hpp"
#include "operations/demand/demand.hpp"
#include "operations/models/registry.hpp"

namespace sinan::models {

// A finished day is compared with one forecast of each bucket of distance: the newest that was made so many days before, and fewer than
// the next. 1…7 is what a week's order rests on, the others what a lead time does.
inline constexpr int kLeads[] = {1, 8, 15, 29};
inline constexpr int kMostLead = 60;

// Which run is asked about a day, and as what distance. Runs oldest first.
struct Asked {
  const Run* run = nullptr;
  Date day;
  int lead = 1;
};
std::vector<Asked> choose_runs(const std::vector<Run>& runs, Date from, Date until);

// The last day that is over at every place of the panel.
std::optional<Date> last_common_day(const demand::DemandPanel& panel);

// Scores of all versions for the days after `from` until `until`. Reads the forecasts at the lake versions of their runs. Rows of series
// that have gone, and days on which stock ran out, are left out. Sales that arrive later do not change a score.
Result<std::vector<Score>> score(fabric::Fabric& fabric, const demand::DemandPanel& panel, const std::vector<Run>& runs, Date from,
                                 Date until, const CancelToken* cancel);

}  // namespace sinan::models

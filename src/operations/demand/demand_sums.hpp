// Sums of demand: of all items at all places, and by columns of ops.items and ops.locations, forecast beside the series themselves so that
// all add up (forecasting/hierarchy/coherent.hpp), into the rows of ops.forecast_sums.
//
// A sum ends on the last day that is over at all places; of a place where one more is over, what was sold on it counts as it is. Days on
// which sales were lost count with what demand most likely was. Sums know no drivers: what promotions do is told by the parts.
#pragma once

#include "operations/demand/demand.hpp"
#include "operations/demand/hierarchy.hpp"

namespace sinan::demand {

// The attributes of each series of a panel that its levels ask for.
struct Hierarchy {
  std::vector<std::string> levels;                             // as configured; empty: none, and nothing is done
  std::map<std::string, std::vector<std::string>> attributes;  // by name, of each series

  bool empty() const { return levels.empty(); }
};

// An attribute is item_id, location_id or another column of ops.items or ops.locations (of both: of ops.items). Read at the version of the
// request. kInvalidInput names an attribute that there is not, and lists those that there are.
Result<Hierarchy> read_hierarchy(fabric::Fabric& fabric, const PanelRequest& request, const std::vector<std::string>& levels,
                                 const DemandPanel& demand);

struct SumForecasts {
  std::vector<std::pair<std::string, std::string>> names;  // level and name of each sum, as in HierarchyLevel
  Panel panel;
  forecasting::Forecasts forecasts;
};

// Forecasts the sums of `panel`, the series `kept` of the hierarchy's panel, and reconciles them with the forecasts of these. `options`: of
// those, whose drivers and warm states are not used. `panel` is not empty.
Result<SumForecasts> forecast_sums(const Hierarchy& hierarchy, std::span<const std::size_t> kept, const Panel& panel,
                                   forecasting::Options options, forecasting::Reconciliation how, forecasting::Forecasts& parts,
                                   const CancelToken* cancel);

// Rows of ops.forecast_sums (docs/canonical-model.md).
Schema forecast_sums_schema();
Status append_sums(lake::Staged& staged, const SumForecasts& sums, const std::string& version, const std::string& run_id);

}  // namespace sinan::demand

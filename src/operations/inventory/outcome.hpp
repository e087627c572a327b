// What came of purchase orders: forecast against sales, stock-outs, overstock, lateness, cost against plan.
//
// An order is looked at twice: once after its first finished day (interim), and for good when the days that it was to cover are over
// (final). Days are cut in the place's time zone; the window begins with the day of the decision. Sales are what left the shelf: on
// a stock-out they are less than what was wanted, so the forecast error of such a window is marked as a lower bound.
#pragma once

#include "data/fabric/fabric.hpp"
#include "operations/decisions/decisions.hpp"

namespace sinan::inventory {

struct MeasureRequest {
  std::optional<lake::Version> at;  // default: the current version
  Instant now;
  Zone zone;  // of places that name none
  const CancelToken* cancel = nullptr;
};

struct MeasureReport {
  // For Decisions::measure(). Fields of an outcome: final, result ("as_planned", "stock_out", "overstock", "not_received"), days, forecast,
  // sales, forecast_error, forecast_error_percent, error_is_lower_bound, stock_out_days, on_hand, received, late_days, planned_cost,
  // actual_cost, cost_difference, currency; what is not known is null. Quantities and money are texts.
  std::vector<std::pair<std::string, Json>> outcomes;
  std::int64_t final_ones = 0;
  std::int64_t stock_outs = 0, overstocks = 0, late = 0;
  double wape = 0;  // Σ|sales − forecast| / Σ sales over the outcomes; 0 without sales
};

Result<MeasureReport> measure(fabric::Fabric& fabric, const decisions::Decisions& decisions, const MeasureRequest& request);

}  // namespace sinan::inventory

// Demand: the panel of ops.sales, its forecasts in ops.forecasts.
//
// A series is an item at a place, by day. Days are cut in the place's time zone; the day that is not over yet is no period; days from
// the first sale on without a row are zero. Returns reduce the day they are booked on, never below zero. A row with `lost_sales` marks a
// day on which demand was at least what was sold.
#pragma once

#include "base/series.hpp"
#include "base/workspace.hpp"
#include "data/fabric/fabric.hpp"
#include "intelligence/forecasting/forecast.hpp"

namespace sinan::demand {

// forecasts/*.yaml.
struct ForecastConfig {
  std::string kind = "demand";
  int horizon_days = 28;
  std::vector<int> seasons = {7};  // candidate seasons, in days
  int history_days = 1095;         // older sales are not looked at
  Place place;
};
const Shape<ForecastConfig>& shape_of(const ForecastConfig*);

// The demand forecast of the workspace: at most one file; without one, the defaults.
ForecastConfig read_config(const Workspace& workspace, Diagnostics& diagnostics);
Json config_schema();

// The series of all items at all places; series i belongs to item_ids[i] at location_ids[i], in order of both.
struct DemandPanel {
  Panel panel;
  std::vector<std::string> item_ids;
  std::vector<std::string> location_ids;
  std::vector<Date> last_days;  // of each series: the last day that is over at its place
};

struct ForecastRequest {
  ForecastConfig config;
  std::string run_id;
  std::optional<lake::Version> at;  // that sales are read at; default: the current one
  Instant now;
  Zone zone;  // of places that have none of their own
  int threads = 1;
  const CancelToken* cancel = nullptr;
  Progress progress = {};
};

struct ForecastReport {
  lake::Version read_version = 0;
  lake::Version version = 0;  // that holds ops.forecasts
  std::int64_t series = 0;
  std::int64_t values = 0;  // days of history
  std::map<std::string, std::int64_t> classes;
  std::map<std::string, std::int64_t> models;
};

// Reads the panel through the fabric. Items whose ops.items.status is 'discontinued' are left out.
Result<DemandPanel> read_panel(fabric::Fabric& fabric, const ForecastRequest& request);

// Forecasts every series and replaces ops.forecasts (docs/canonical-model.md). The same version, configuration and time give the same rows
// at any number of threads.
Result<ForecastReport> forecast(fabric::Fabric& fabric, const ForecastRequest& request);

}  // namespace sinan::demand

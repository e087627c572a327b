// Demand: the panel of ops.sales, and how it is forecast into the rows of ops.forecasts.
//
// A series is an item at a place, by day. Days are cut in the place's time zone; the day that is not over yet is no period; days from
// the first sale on without a row are zero. Returns reduce the day they are booked on, never below zero. A row with `lost_sales` marks a
// day on which demand was at least what was sold.
#pragma once

#include "base/series.hpp"
#include "base/workspace.hpp"
#include "data/catalog/catalog.hpp"
#include "data/fabric/fabric.hpp"
#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/hierarchy/reconciliation.hpp"
#include "operations/demand/holidays.hpp"

namespace sinan::demand {

// Another way to forecast the same demand, tried beside the configured one (operations/models); what it leaves out is as configured.
struct ChallengerConfig {
  Located<std::string> name;
  std::vector<int> seasons;
  std::optional<int> history_days;
  std::optional<bool> drivers;
  std::optional<std::string> trees;
  std::optional<bool> embeddings;
  std::vector<Located<std::string>> models;
};
const Shape<ChallengerConfig>& shape_of(const ChallengerConfig*);

// When a challenger may take over.
struct ContestConfig {
  int min_days = 14;         // before the first test
  double confidence = 0.95;  // that the winner is better
  double min_gain = 0.01;    // share of the loss that it must save
};
const Shape<ContestConfig>& shape_of(const ContestConfig*);

// forecasts/*.yaml.
struct ForecastConfig {
  std::string kind = "demand";
  int horizon_days = 28;
  std::vector<int> seasons = {7};  // candidate seasons, in days
  int history_days = 1095;         // older sales are not looked at
  bool drivers = true;             // learn from demand_drivers.hpp
  std::string trees = "boosting";  // forecasting::TreeMethod
  bool embeddings = true;          // and from topics of events, where sinan.yaml has an endpoint
  std::vector<std::string> holidays = {"western", "chinese"};
  std::vector<Located<std::string>> models;     // only these members of the pool; empty: all
  std::vector<Located<std::string>> hierarchy;  // demand_sums.hpp; empty: no sums
  std::string reconciliation = "wls";           // forecasting/hierarchy/reconciliation.hpp
  std::vector<ChallengerConfig> challengers;
  ContestConfig contest;
  std::string embedding_model;  // of sinan.yaml, with the dimensions asked for; empty: none
  Place place;
};
const Shape<ForecastConfig>& shape_of(const ForecastConfig*);

// The demand forecast of the workspace: at most one file; without one, the defaults. Every mistake goes to `diagnostics`; what is read of
// a file with mistakes is not to be used.
ForecastConfig read_config(const Workspace& workspace, Diagnostics& diagnostics);
// What only the tables of the workspace tell: whether there are sales to forecast, where a file asks for it, and the columns of sums.
void check_config(const ForecastConfig& config, const Workspace& workspace, const std::vector<catalog::TableEntry>& tables,
                  Diagnostics& diagnostics);
// Of the members of the pool, as ForecastConfig::models may name them.
std::vector<std::string> model_names();
Json config_schema();

// The series of all items at all places; series i belongs to item_ids[i] at location_ids[i], in order of both. Panel::ends are days since
// 1970-01-01: the last that is over at the place.
struct DemandPanel {
  Panel panel;
  std::vector<std::string> item_ids;
  std::vector<std::string> location_ids;

  Date last_day(std::size_t i) const { return Date{std::chrono::days{panel.ends[i]}}; }
};

struct PanelRequest {
  int history_days = 1095;
  std::optional<lake::Version> at;  // that sales are read at; default: the current one
  Instant now;
  Zone zone;  // of places that have none of their own
  const CancelToken* cancel = nullptr;
};

// Reads the panel through the fabric. Items whose ops.items.status is 'discontinued' are left out.
Result<DemandPanel> read_panel(fabric::Fabric& fabric, const PanelRequest& request);

// All that decides a forecast, besides the panel.
struct Method {
  std::string name;  // "default", or the challenger's
  int horizon_days = 28;
  std::vector<int> seasons;
  int history_days = 1095;
  bool drivers = true;
  std::vector<Holidays> holidays;
  std::vector<std::string> models;
  std::vector<std::string> hierarchy = {};
  forecasting::Reconciliation reconciliation = forecasting::Reconciliation::kWls;
  forecasting::TreeMethod trees = forecasting::TreeMethod::kBoosting;
  std::string embedding_model = {};  // whose vectors make topics of events; empty: words alone
};
// The configured one, then its challengers.
std::vector<Method> methods_of(const ForecastConfig& config);

// The quantiles that are kept: 0.05 … 0.99, among them 0.5.
std::span<const double> quantile_levels();
// "q5", …, "q99".
std::string quantile_name(double level);

// What forecasting::forecast() is told, without drivers. Same method and panel, same bits, at any number of threads.
forecasting::Options options_of(const Method& method, int threads);

// The last `days` periods of each series, from its first demand there on; one period where there is none.
Panel newest(const Panel& panel, int days);

// Rows of ops.forecasts (docs/canonical-model.md).
Schema forecast_schema();
// Appends to the columns from `first` on what step h of series i, which ends on the day `end`, is forecast to be: ds … model_version.
void append_forecast(Batch& batch, std::size_t first, std::int64_t end, const forecasting::Forecasts& forecasts, std::size_t i,
                     std::size_t h, const std::string& version, const std::string& run_id);
// Appends the forecasts of every series; `version` says which model version made them.
Status append_forecasts(lake::Staged& staged, const DemandPanel& panel, const forecasting::Forecasts& forecasts, const std::string& version,
                        const std::string& run_id, const CancelToken* cancel);

}  // namespace sinan::demand

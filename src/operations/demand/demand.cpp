#include "operations/demand/demand.hpp"

namespace sinan::demand {
namespace {

const std::string kTable = "ops.forecasts";
const std::vector<std::string> kKey{"item_id", "location_id", "ds"};
constexpr double kLevels[] = {0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99};
constexpr std::size_t kBatchRows = 32'768;

Schema forecast_schema() {
  Schema schema{{{"item_id", Type{TypeId::kText}, false},
                 {"location_id", Type{TypeId::kText}, false},
                 {"ds", Type{TypeId::kDate}, false},
                 {"horizon", Type{TypeId::kInt}, false},
                 {"yhat", Type{TypeId::kDouble}, false},
                 {"mean", Type{TypeId::kDouble}, false}}};
  for (double level : kLevels)
    schema.fields.push_back({fmt::format("q{}", static_cast<int>(level * 100 + 0.5)), Type{TypeId::kDouble}, false});
  for (const char* name : {"model", "class", "run_id"}) schema.fields.push_back({name, Type{TypeId::kText}, false});
  return schema;
}

Batch empty_batch(const Schema& schema) {
  Batch batch;
  for (const Field& field : schema.fields) batch.columns.emplace_back(field.type);
  return batch;
}

void append_row(Batch& batch, const DemandPanel& panel, const forecasting::Forecasts& forecasts, std::size_t i, std::size_t h,
                const std::string& run_id) {
  auto horizon = static_cast<std::size_t>(forecasts.horizon);
  std::size_t levels = forecasts.quantile_levels.size();
  auto& c = batch.columns;
  c[0].append_text(panel.item_ids[i]);
  c[1].append_text(panel.location_ids[i]);
  c[2].append_int((panel.last_days[i] + std::chrono::days{h + 1}).time_since_epoch().count());
  c[3].append_int(static_cast<std::int64_t>(h) + 1);
  c[4].append_double(forecasts.median[i * horizon + h]);
  c[5].append_double(forecasts.mean[i * horizon + h]);
  for (std::size_t q = 0; q < levels; ++q) c[6 + q].append_double(forecasts.quantiles[(i * horizon + h) * levels + q]);
  c[6 + levels].append_text(forecasts.models[i]);
  c[7 + levels].append_text(forecasting::name(forecasts.classes[i]));
  c[8 + levels].append_text(run_id);
}

Result<std::unique_ptr<lake::Staged>> stage(fabric::Fabric& fabric, const DemandPanel& panel, const forecasting::Forecasts& forecasts,
                                            const ForecastRequest& request) {
  Schema schema = forecast_schema();
  SINAN_TRY(auto staged, fabric.lake().stage(kTable, schema, kKey));
  Batch batch = empty_batch(schema);
  for (std::size_t i = 0; i < panel.item_ids.size(); ++i) {
    if (request.cancel) SINAN_CHECK(request.cancel->check());
    for (std::size_t h = 0; h < static_cast<std::size_t>(forecasts.horizon); ++h) append_row(batch, panel, forecasts, i, h, request.run_id);
    if (batch.rows() < kBatchRows) continue;
    SINAN_CHECK(staged->append(batch));
    batch = empty_batch(schema);
  }
  SINAN_CHECK(staged->append(batch));
  return staged;
}

}  // namespace

const Shape<ForecastConfig>& shape_of(const ForecastConfig*) {
  static const auto shape =
      Shape<ForecastConfig>("forecast", "How demand is forecast.")
          .optional("kind", &ForecastConfig::kind, "What is forecast", {{"demand"}})
          .optional("horizon_days", &ForecastConfig::horizon_days, "Days ahead", {{}, 1, 730})
          .optional("seasons", &ForecastConfig::seasons, "Seasons that are tried, in days")
          .optional("history_days", &ForecastConfig::history_days, "Days of history that are looked at", {{}, 14, 36'500});
  return shape;
}

ForecastConfig read_config(const Workspace& workspace, Diagnostics& diagnostics) {
  auto found = workspace.read_section<ForecastConfig>("forecasts", diagnostics);
  for (std::size_t i = 1; i < found.size(); ++i)
    diagnostics.add({found[i].first->shown_path, 1, 1}, "second_forecast",
                    fmt::format("demand is forecast once, by {}", found[0].first->shown_path), "put both into one file");
  if (found.empty()) return {};
  for (int season : found[0].second.seasons)
    if (season < 2 || season > 366)
      diagnostics.add({found[0].first->shown_path, 1, 1}, "invalid_value", fmt::format("a season of {} days cannot be tried", season),
                      "name seasons from 2 to 366 days");
  found[0].second.place = {found[0].first->shown_path, 1, 1};
  return found[0].second;
}

Json config_schema() { return shape_of(static_cast<const ForecastConfig*>(nullptr)).schema(); }

Result<ForecastReport> forecast(fabric::Fabric& fabric, const ForecastRequest& request) {
  ForecastRequest pinned = request;
  pinned.at = request.at ? *request.at : fabric.lake().current();
  SINAN_TRY(DemandPanel panel, read_panel(fabric, pinned));
  forecasting::Options options;
  options.horizon = request.config.horizon_days;
  options.quantiles.assign(std::begin(kLevels), std::end(kLevels));
  options.seasons = request.config.seasons;
  options.threads = request.threads;
  SINAN_TRY(auto forecasts, forecasting::forecast(panel.panel, {}, options, request.cancel, request.progress));

  ForecastReport report;
  report.read_version = *pinned.at;
  report.series = static_cast<std::int64_t>(panel.panel.size());
  report.values = static_cast<std::int64_t>(panel.panel.values.size());
  for (std::size_t i = 0; i < panel.panel.size(); ++i) {
    ++report.classes[std::string(forecasting::name(forecasts.classes[i]))];
    ++report.models[forecasts.models[i]];
  }
  std::vector<lake::Lake::Load> loads(1);
  SINAN_TRY(loads[0].staged, stage(fabric, panel, forecasts, request));
  loads[0].mode = lake::Mode::kReplace;
  SINAN_TRY(report.version, fabric.lake().commit(std::move(loads)));
  return report;
}

}  // namespace sinan::demand

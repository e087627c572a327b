#include "operations/models/warm_table.hpp"

namespace sinan::models {
namespace {

const std::string kTable = "ops.forecast_states";

Schema schema() {
  return {{{"model_version", Type{TypeId::kText}, false},
           {"item_id", Type{TypeId::kText}, false},
           {"location_id", Type{TypeId::kText}, false},
           {"state", Type{TypeId::kBinary}, false}}};
}

// As DemandPanel's keys.
std::string key_of(std::string_view item, std::string_view place) { return fmt::format("{}@{}", item, place); }

Status add_rows(const Batch& batch, forecasting::WarmState& state, bool& shared) {
  const auto& c = batch.columns;
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    if (c[0].text(row).empty()) {
      SINAN_TRY(auto found, forecasting::WarmState::shared_from(c[2].text(row)));
      found.series = std::move(state.series);
      state = std::move(found);
      shared = true;
      continue;
    }
    SINAN_TRY(auto series, forecasting::WarmState::series_from(c[2].text(row)));
    state.series.insert_or_assign(key_of(c[0].text(row), c[1].text(row)),
                                  std::make_shared<const forecasting::WarmSeries>(std::move(series)));
  }
  return {};
}

// Null: the version kept nothing.
Result<std::shared_ptr<const forecasting::WarmState>> read_state(fabric::Fabric& fabric, const fabric::QueryOptions& options) {
  SINAN_TRY(auto rows, fabric.query(system_principal("planner"),
                                    "SELECT item_id, location_id, state FROM ops.forecast_states WHERE model_version = $version", options));
  auto state = std::make_shared<forecasting::WarmState>();
  bool shared = false;
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, rows->next(batch));
    if (!more) break;
    SINAN_CHECK(add_rows(batch, *state, shared));
  }
  if (!shared) return nullptr;
  return state;
}

}  // namespace

Result<WarmStart> read_warm(fabric::Fabric& fabric, const std::string& model_version, lake::Version at, const CancelToken* cancel) {
  const WarmStart first{nullptr, "this model version forecasts for the first time"};
  if (!fabric.lake().table(kTable, at)) return first;
  auto state = read_state(fabric, {.at = at, .parameters = {{"version", model_version}}, .cancel = cancel});
  if (cancel) SINAN_CHECK(cancel->check());
  if (!state) return WarmStart{nullptr, "ops.forecast_states cannot be read, it is written anew: " + state.error().message, true};
  return *state ? WarmStart{std::move(*state), {}} : first;
}

Result<std::unique_ptr<lake::Staged>> stage_warm(lake::Lake& lake) {
  return lake.stage(kTable, schema(), {"model_version", "item_id", "location_id"});
}

Status append_warm(lake::Staged& staged, const demand::DemandPanel& panel, const std::string& model_version,
                   const forecasting::WarmState& state) {
  Batch batch;
  for (const Field& field : schema().fields) batch.columns.emplace_back(field.type);
  auto add = [&](std::string_view item, std::string_view place, std::string_view bytes) {
    std::size_t column = 0;
    for (std::string_view text : {std::string_view(model_version), item, place, bytes}) batch.columns[column++].append_text(text);
  };
  add("", "", state.shared_bytes());
  for (std::size_t i = 0; i < panel.item_ids.size(); ++i)
    if (auto found = state.series.find(panel.panel.keys[i]); found != state.series.end())
      add(panel.item_ids[i], panel.location_ids[i], forecasting::WarmState::bytes_of(*found->second));
  return staged.append(batch);
}

}  // namespace sinan::models

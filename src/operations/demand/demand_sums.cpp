#include "operations/demand/demand_sums.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "intelligence/forecasting/hierarchy/coherent.hpp"
#include "operations/demand/canonical_rows.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::demand {
namespace {

// Columns of one table of the canonical model, by the id that its rows have.
class AttributeTable {
 public:
  AttributeTable(std::string table, std::string id) : table_(std::move(table)), id_(std::move(id)) {}

  Status look(fabric::Fabric& fabric, const fabric::QueryOptions& options) {
    SINAN_TRY(schema_, schema_of(fabric, table_, options));
    return {};
  }
  bool has(const std::string& column) const { return schema_.index_of(column).has_value(); }
  std::vector<std::string> columns() const {
    std::vector<std::string> out;
    for (const Field& field : schema_.fields) out.push_back(field.name);
    return out;
  }

  // The column, for the ids of all series.
  Result<std::vector<std::string>> of(fabric::Fabric& fabric, const fabric::QueryOptions& options, const std::string& column,
                                      const std::vector<std::string>& ids) const {
    std::unordered_map<std::string, std::string> found;
    // The least, where an id has several.
    const std::string sql = fmt::format(
        "SELECT CAST({0} AS VARCHAR), min(trim(CAST({1} AS VARCHAR))) FROM {2} WHERE {0} IS NOT NULL AND {1} IS NOT NULL GROUP BY 1", id_,
        duck::quote_name(column), table_);
    SINAN_CHECK(
        each_row(fabric, sql, options, [&](const std::vector<Column>& c, std::size_t r) { found.emplace(c[0].text(r), c[1].text(r)); }));
    std::vector<std::string> out;
    for (const std::string& id : ids) {
      auto value = found.find(id);
      out.push_back(value == found.end() ? "" : value->second);
    }
    return out;
  }

 private:
  std::string table_, id_;
  Schema schema_;
};

}  // namespace

Result<Hierarchy> read_hierarchy(fabric::Fabric& fabric, const PanelRequest& request, const std::vector<std::string>& levels,
                                 const DemandPanel& demand) {
  Hierarchy out{levels, {}};
  if (levels.empty()) return out;
  const fabric::QueryOptions options{.at = request.at, .cancel = request.cancel};
  AttributeTable items("ops.items", "item_id"), locations("ops.locations", "location_id");
  SINAN_CHECK(items.look(fabric, options));
  SINAN_CHECK(locations.look(fabric, options));
  for (const std::string& level : levels)
    for (const std::string& name : attributes_of(level)) {
      if (out.attributes.contains(name)) continue;
      if (name == "item_id" || name == "location_id") {
        out.attributes[name] = name == "item_id" ? demand.item_ids : demand.location_ids;
      } else if (items.has(name)) {
        SINAN_TRY(out.attributes[name], items.of(fabric, options, name, demand.item_ids));
      } else if (locations.has(name)) {
        SINAN_TRY(out.attributes[name], locations.of(fabric, options, name, demand.location_ids));
      } else {
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("hierarchy: neither ops.items nor ops.locations has a column '{}'; they have {} and {}", visible(name),
                                fmt::join(items.columns(), ", "), fmt::join(locations.columns(), ", ")),
                    "forecasts/");
      }
    }
  return out;
}

Result<SumForecasts> forecast_sums(const Hierarchy& hierarchy, std::span<const std::size_t> kept, const Panel& panel,
                                   forecasting::Options options, forecasting::Reconciliation how, forecasting::Forecasts& parts,
                                   const CancelToken* cancel) {
  SumForecasts out;
  auto attribute = [&](const std::string& name, std::size_t i) { return std::string_view(hierarchy.attributes.at(name)[kept[i]]); };
  const std::vector<HierarchyLevel> levels = levels_of(panel, hierarchy.levels, attribute);
  const std::int64_t end = *std::ranges::min_element(panel.ends);
  for (const HierarchyLevel& level : levels)
    for (const auto& [name, members] : level.sums) {
      const std::vector<double> sum = added_up(panel, parts.seasons, members, end);
      out.panel.values.insert(out.panel.values.end(), sum.begin(), sum.end());
      // All of it may lie after the end.
      if (sum.empty()) out.panel.values.push_back(0);
      out.panel.offsets.push_back(out.panel.values.size());
      out.panel.keys.push_back(name);
      out.panel.ends.push_back(end);
      out.names.emplace_back(level.name, name);
    }
  options.drivers = nullptr;
  options.warm = nullptr;
  options.keep = false;
  SINAN_TRY(out.forecasts, forecasting::forecast(out.panel, {}, options, cancel));
  forecasting::reconcile(panel, parts, out.panel, out.forecasts, sums_of(levels, panel.size()), how);
  return out;
}

Schema forecast_sums_schema() {
  Schema schema{{{"level", Type{TypeId::kText}, false}, {"name", Type{TypeId::kText}, false}}};
  for (Field& field : forecast_schema().fields)
    if (field.name != "item_id" && field.name != "location_id") schema.fields.push_back(std::move(field));
  return schema;
}

Status append_sums(lake::Staged& staged, const SumForecasts& sums, const std::string& version, const std::string& run_id) {
  const Schema schema = forecast_sums_schema();
  Batch batch;
  for (const Field& field : schema.fields) batch.columns.emplace_back(field.type);
  for (std::size_t i = 0; i < sums.names.size(); ++i)
    for (std::size_t h = 0; h < static_cast<std::size_t>(sums.forecasts.horizon); ++h) {
      batch.columns[0].append_text(sums.names[i].first);
      batch.columns[1].append_text(sums.names[i].second);
      append_forecast(batch, 2, sums.panel.ends[i], sums.forecasts, i, h, version, run_id);
    }
  return staged.append(batch);
}

}  // namespace sinan::demand

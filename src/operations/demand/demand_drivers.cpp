#include "operations/demand/demand_drivers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace sinan::demand {
namespace {

using forecasting::Driver;
using std::chrono::days;

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

Date day_at(const Column& column, std::size_t row) { return Date(days(static_cast<int>(column.ints[row]))); }

// Calls `work` for each row; a table that is not there has none.
template <typename Work>
Status each(fabric::Fabric& fabric, std::string_view sql, const fabric::QueryOptions& options, const Work& work) {
  auto rows = fabric.query(system_principal("planner"), sql, options);
  if (!rows && rows.error().code == ErrorCode::kNotFound) return {};
  if (!rows) return std::unexpected(std::move(rows).error());
  Batch batch;
  while (true) {
    SINAN_TRY(bool any, (*rows)->next(batch));
    if (!any) return {};
    for (std::size_t r = 0; r < batch.rows(); ++r) work(batch.columns, r);
  }
}

// False also where the table is not there.
Result<bool> has_column(fabric::Fabric& fabric, const std::string& table, std::string_view column, const fabric::QueryOptions& options) {
  auto rows = fabric.query(system_principal("planner"), fmt::format("SELECT * FROM {} LIMIT 0", table), options);
  if (!rows && rows.error().code == ErrorCode::kNotFound) return false;
  if (!rows) return std::unexpected(std::move(rows).error());
  return (*rows)->schema().index_of(column).has_value();
}

// Texts of each series as codes in order of the texts.
Driver attribute(std::string name, const std::vector<std::string>& texts) {
  std::map<std::string_view, float> codes;
  for (const std::string& text : texts) codes.emplace(text, 0.0F);
  float next = 0;
  for (auto& [text, code] : codes) code = next++;
  Driver out;
  out.name = std::move(name);
  out.fixed = true;
  out.category = true;
  for (const std::string& text : texts) out.values.push_back(text.empty() ? kUnknown : codes.at(text));
  return out;
}

// One whose values differ: of others nothing can be learnt.
bool tells(const Driver& driver) {
  auto known = std::ranges::find_if(driver.values, [](float v) { return std::isfinite(v); });
  return std::any_of(known, driver.values.end(), [&](float v) { return std::isfinite(v) && v != *known; });
}

}  // namespace

Result<DemandDrivers> read_drivers(fabric::Fabric& fabric, const PanelRequest& request, const std::vector<Holidays>& holidays) {
  fabric::QueryOptions options;
  options.at = request.at;
  options.cancel = request.cancel;
  DemandDrivers out;
  out.holidays = holidays;
  SINAN_TRY(bool by_place, has_column(fabric, "ops.promotions", "location_id", options));
  SINAN_CHECK(each(fabric,
                   fmt::format("SELECT CAST(item_id AS VARCHAR), CAST({} AS VARCHAR), CAST(starts_on AS DATE), CAST(ends_on AS DATE), "
                               "CAST(discount AS DOUBLE) FROM ops.promotions WHERE item_id IS NOT NULL AND starts_on IS NOT NULL AND "
                               "ends_on >= starts_on AND discount > 0",
                               by_place ? "location_id" : "NULL"),
                   options, [&](const std::vector<Column>& c, std::size_t r) {
                     out.promotions[std::string(c[0].text(r))].push_back({c[1].is_null(r) ? "" : std::string(c[1].text(r)), day_at(c[2], r),
                                                                          day_at(c[3], r), static_cast<float>(c[4].doubles[r])});
                   }));
  SINAN_CHECK(each(fabric,
                   "SELECT CAST(item_id AS VARCHAR), CAST(category AS VARCHAR) FROM ops.items WHERE item_id IS NOT NULL AND category "
                   "IS NOT NULL",
                   options, [&](const std::vector<Column>& c, std::size_t r) { out.categories.emplace(c[0].text(r), c[1].text(r)); }));
  return out;
}

std::vector<std::string> driver_names(const std::vector<Holidays>& holidays) {
  std::vector<std::string> out{"promotion", "category", "location"};
  for (const CalendarDriver& calendar : calendar_drivers(Date(), 1, holidays)) out.push_back(calendar.driver.name);
  return out;
}

forecasting::Drivers drivers_of(const DemandDrivers& known, const DemandPanel& demand, const std::vector<std::size_t>& kept,
                                const Panel& panel, std::size_t periods, std::size_t horizon) {
  forecasting::Drivers out;
  out.horizon = horizon;
  if (kept.empty()) return out;
  const days back(static_cast<int>(periods));
  std::vector<std::string> categories, places;
  Driver promotion;
  promotion.name = "promotion";
  promotion.known_ahead = true;
  promotion.values.assign(panel.values.size() + panel.size() * horizon, 0);
  Date first = Date::max();
  Date last = Date::min();
  for (std::size_t row = 0; row < kept.size(); ++row) {
    const std::string& item = demand.item_ids[kept[row]];
    const std::string& place = demand.location_ids[kept[row]];
    const Date end = demand.last_day(kept[row]) - back;
    const Date begin = end - days(static_cast<int>(panel.series(row).size()) - 1);
    first = std::min(first, begin);
    last = std::max(last, end);
    places.push_back(place);
    auto category = known.categories.find(item);
    categories.push_back(category == known.categories.end() ? "" : category->second);
    auto found = known.promotions.find(item);
    if (found == known.promotions.end()) continue;
    auto values = std::span(promotion.values).subspan(panel.offsets[row] + row * horizon, panel.series(row).size() + horizon);
    for (const Promotion& p : found->second) {
      if (!p.location_id.empty() && p.location_id != place) continue;
      const auto from = std::max<std::int64_t>(0, (p.starts_on - begin).count());
      const auto to = std::min<std::int64_t>(static_cast<std::int64_t>(values.size()) - 1, (p.ends_on - begin).count());
      for (std::int64_t t = from; t <= to; ++t) {
        float& value = values[static_cast<std::size_t>(t)];
        value = std::max(value, p.discount);
      }
    }
  }
  auto add = [&](Driver driver) {
    if (tells(driver)) out.columns.push_back(std::move(driver));
  };
  add(std::move(promotion));
  add(attribute("category", categories));
  add(attribute("location", places));
  const std::size_t length = static_cast<std::size_t>((last - first).count()) + 1 + horizon;
  for (CalendarDriver& calendar : calendar_drivers(first, length, known.holidays)) add(std::move(calendar.driver));
  out.last = last.time_since_epoch().count();
  return out;
}

}  // namespace sinan::demand

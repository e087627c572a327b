#include "operations/demand/demand_drivers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "operations/demand/canonical_rows.hpp"

namespace sinan::demand {
namespace {

using forecasting::Driver;
using std::chrono::days;

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
constexpr double kHalfLife = 7;  // days in which what an event means halves
constexpr int kBefore = 60;      // days before the history whose events and numbers may still count
constexpr std::size_t kMostNumbers = 5'000'000;
constexpr std::size_t kMostNames = 50;

Date day_at(const Column& column, std::size_t row) { return Date(days(static_cast<int>(column.ints[row]))); }

// A day, or a time of which the day is to be found where it is.
std::string moment(const Schema& schema, std::string_view column) {
  auto found = schema.index_of(column);
  return cell(schema, column, found && schema.fields[*found].type.id == TypeId::kDate ? "DATE" : "TIMESTAMP");
}

std::string text_at(const Column& column, std::size_t row) { return column.is_null(row) ? "" : std::string(column.text(row)); }

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

namespace {

class Reading {
 public:
  Reading(fabric::Fabric& fabric, const PanelRequest& request, const Embed& embed) : fabric_(fabric), request_(request), embed_(embed) {
    options_.at = request.at;
    options_.cancel = request.cancel;
  }

  Result<DemandDrivers> only_promotions() {
    SINAN_CHECK(promotions());
    return std::move(out_);
  }

  Result<DemandDrivers> all() {
    SINAN_CHECK(promotions());
    SINAN_CHECK(each_row(fabric_,
                         "SELECT CAST(item_id AS VARCHAR), min(CAST(category AS VARCHAR)) FROM ops.items WHERE item_id IS NOT NULL AND "
                         "category IS NOT NULL GROUP BY 1",
                         options_, [&](const Columns& c, std::size_t r) { out_.categories.emplace(c[0].text(r), c[1].text(r)); }));
    SINAN_CHECK(zones());
    SINAN_CHECK(events());
    SINAN_CHECK(numbers());
    return std::move(out_);
  }

 private:
  using Columns = std::vector<Column>;

  Status promotions() {
    SINAN_TRY(const Schema schema, schema_of(fabric_, "ops.promotions", options_));
    return each_row(fabric_,
                    fmt::format("SELECT CAST(item_id AS VARCHAR), {}, CAST(starts_on AS DATE), CAST(ends_on AS DATE), "
                                "CAST(discount AS DOUBLE) FROM ops.promotions WHERE item_id IS NOT NULL AND starts_on IS NOT NULL AND "
                                "ends_on >= starts_on AND discount > 0",
                                cell(schema, "location_id", "VARCHAR")),
                    options_, [&](const Columns& c, std::size_t r) {
                      out_.promotions[std::string(c[0].text(r))].push_back(
                          {text_at(c[1], r), day_at(c[2], r), day_at(c[3], r), static_cast<float>(c[4].doubles[r])});
                    });
  }

  Status zones() {
    SINAN_TRY(const Schema schema, schema_of(fabric_, "ops.locations", options_));
    if (!schema.index_of("timezone")) return {};
    return each_row(fabric_, "SELECT CAST(location_id AS VARCHAR), CAST(timezone AS VARCHAR) FROM ops.locations WHERE timezone IS NOT NULL",
                    options_, [&](const Columns& c, std::size_t r) {
                      if (auto zone = Zone::find(c[1].text(r)); zone && !c[0].is_null(r)) zones_.emplace(c[0].text(r), *zone);
                    });
  }

  // The day of a moment at a place.
  std::int64_t day_there(const Column& column, std::size_t r, const std::string& place) const {
    if (column.type.id == TypeId::kDate) return column.ints[r];
    auto found = zones_.find(place);
    const Zone& zone = found == zones_.end() ? request_.zone : found->second;
    return zone.day_of(Instant(std::chrono::microseconds(column.ints[r]))).time_since_epoch().count();
  }

  // Older ones cannot be of use.
  std::string oldest() const { return format_date(std::chrono::floor<days>(request_.now) - days(request_.history_days + kBefore)); }

  Status events() {
    SINAN_TRY(const Schema schema, schema_of(fabric_, "ops.events", options_));
    if (schema.fields.empty()) return {};
    Status result;
    SINAN_CHECK(each_row(
        fabric_,
        fmt::format("SELECT {}, CAST(text AS VARCHAR), {}, {}, {}, {}, {} FROM ops.events WHERE published_at >= DATE '{}' AND "
                    "text IS NOT NULL",
                    moment(schema, "published_at"), cell(schema, "item_id", "VARCHAR"), cell(schema, "category", "VARCHAR"),
                    cell(schema, "location_id", "VARCHAR"), cell(schema, "starts_on", "DATE"), cell(schema, "ends_on", "DATE"), oldest()),
        options_, [&](const Columns& c, std::size_t r) {
          if (result) result = add_event(c, r);
        }));
    SINAN_CHECK(result);
    return add_vectors();
  }

  // Without the endpoint there is a forecast too; what somebody stopped stays stopped.
  Status add_vectors() {
    if (!embed_) return {};
    auto with = with_vectors(for_vectors_, embed_);
    if (!with && with.error().code == ErrorCode::kCancelled) return std::unexpected(std::move(with).error());
    if (with) out_.events = std::move(*with);
    if (!with) out_.no_vectors = with.error().text();
    return {};
  }

  Status add_event(const Columns& c, std::size_t r) {
    const std::string item = text_at(c[2], r), category = text_at(c[3], r), place = text_at(c[4], r);
    forecasting::EventTime when{.known = day_there(c[0], r, place)};
    when.from = c[5].is_null(r) ? when.known : c[5].ints[r];
    when.ends = !c[6].is_null(r);
    when.to = when.ends ? c[6].ints[r] : when.from;
    if (when.to < when.from) return {};
    const std::uint32_t scope = out_.event_scopes.add({item, category, place});
    auto added = out_.events.add(c[1].text(r), when, scope);
    if (embed_) for_vectors_.push_back({std::string(c[1].text(r)), when, scope});
    if (!added) return std::unexpected(std::move(added).error().within("ops.events"));
    return {};
  }

  Status numbers() {
    SINAN_TRY(const Schema schema, schema_of(fabric_, "ops.drivers", options_));
    if (schema.fields.empty()) return {};
    std::map<std::string, OutsideNumber> found;
    std::size_t count = 0;
    SINAN_CHECK(each_row(
        fabric_,
        fmt::format("SELECT CAST(name AS VARCHAR), CAST(day AS DATE), CAST(value AS DOUBLE), {}, {}, {} FROM ops.drivers WHERE "
                    "name IS NOT NULL AND day >= DATE '{}' AND abs(CAST(value AS DOUBLE)) < 1e30",
                    cell(schema, "item_id", "VARCHAR"), cell(schema, "location_id", "VARCHAR"), moment(schema, "known_at"), oldest()),
        options_, [&](const Columns& c, std::size_t r) {
          if (++count > kMostNumbers || found.size() > kMostNames) return;
          const std::string item = text_at(c[3], r), place = text_at(c[4], r);
          OutsideNumber& number = found[std::string(c[0].text(r))];
          const std::uint32_t scope = number.scopes.add({item, place});
          if (number.releases.size() <= scope) number.releases.resize(scope + 1);
          const std::int64_t known = c[5].is_null(r) ? c[1].ints[r] : day_there(c[5], r, place);
          number.releases[scope].push_back(
              {static_cast<std::int32_t>(c[1].ints[r]), static_cast<std::int32_t>(known), static_cast<float>(c[2].doubles[r])});
        }));
    if (count > kMostNumbers || found.size() > kMostNames)
      return fail(
          ErrorCode::kLimit,
          fmt::format("more than {} rows or {} names, the most that are learnt from; narrow model/drivers.sql", kMostNumbers, kMostNames),
          "ops.drivers");
    for (auto& [name, number] : found) {
      for (auto& releases : number.releases) forecasting::Releases::sort(releases);
      out_.numbers.emplace(name, std::make_shared<const OutsideNumber>(std::move(number)));
    }
    return {};
  }

  fabric::Fabric& fabric_;
  const PanelRequest& request_;
  const Embed& embed_;
  std::vector<TextEvent> for_vectors_;
  fabric::QueryOptions options_;
  std::unordered_map<std::string, Zone> zones_;  // by place
  DemandDrivers out_;
};

}  // namespace

Result<DemandDrivers> read_drivers(fabric::Fabric& fabric, const PanelRequest& request, const std::vector<Holidays>& holidays,
                                   const Embed& embed) {
  SINAN_TRY(DemandDrivers out, Reading(fabric, request, embed).all());
  out.holidays = holidays;
  return out;
}

Result<DemandDrivers> read_promotions(fabric::Fabric& fabric, const PanelRequest& request) {
  const Embed none;
  return Reading(fabric, request, none).only_promotions();
}

std::vector<std::string> driver_names(const std::vector<Holidays>& holidays) {
  std::vector<std::string> out{"promotion", "category", "location", "events", "outside numbers"};
  for (const CalendarDriver& calendar : calendar_drivers(Date(), 1, holidays)) out.push_back(calendar.driver.name);
  return out;
}

namespace {

// Events and outside numbers, as far as they were known on the last day.
void tell_outside(const DemandDrivers& known, const DemandPanel& demand, const std::vector<std::size_t>& kept, bool topics,
                  forecasting::Drivers& out) {
  out.events = known.events.known_at(out.last, kHalfLife, topics);
  for (std::size_t i : kept) {
    if (out.events.empty()) break;
    auto category = known.categories.find(demand.item_ids[i]);
    for (std::uint32_t scope : known.event_scopes.of(
             {demand.item_ids[i], category == known.categories.end() ? "" : std::string_view(category->second), demand.location_ids[i]}))
      if (scope < out.events.scopes.size()) out.events.scope_ids.push_back(scope);
    out.events.scope_offsets.push_back(out.events.scope_ids.size());
  }
  for (const auto& [name, number] : known.numbers) {
    forecasting::Releases releases{name, {number, &number->releases}, {}};
    for (std::size_t i : kept) {
      const auto scopes = number->scopes.of({demand.item_ids[i], demand.location_ids[i]});
      releases.scope_of.push_back(scopes.empty() ? forecasting::Releases::kNone : scopes.back());
    }
    out.releases.push_back(std::move(releases));
  }
}

}  // namespace

forecasting::Drivers drivers_of(const DemandDrivers& known, const DemandPanel& demand, const std::vector<std::size_t>& kept,
                                const Panel& panel, std::size_t periods, std::size_t horizon, bool topics) {
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
  tell_outside(known, demand, kept, topics, out);
  return out;
}

}  // namespace sinan::demand

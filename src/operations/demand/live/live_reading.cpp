#include "operations/demand/live/live_reading.hpp"

#include <cmath>

#include "operations/demand/canonical_rows.hpp"

namespace sinan::demand {
namespace {

using std::chrono::days;

constexpr int kHistoryDays = 182;
constexpr double kEvenSales = 50;     // that stand for an even pace
constexpr double kSameQuarter = 0.9;  // of the sales of a place: they have no time of day
constexpr double kMostLeadDays = 366;

float finite(double value) { return std::isfinite(value) ? static_cast<float>(value) : 0; }

const std::string kTable = "ops.forecasts";

class NightReader {
 public:
  NightReader(fabric::Fabric& fabric, const LiveRequest& request) : fabric_(fabric), request_(request) {
    options_.at = request.at;
    options_.cancel = request.cancel;
  }

  Result<LiveNights> read() {
    out_.version = request_.at;
    out_.forecasts = forecasts_at(fabric_, request_.at).value_or(0);
    SINAN_TRY(const Schema places, schema_of(fabric_, "ops.locations", options_));
    zone_ = cell(places, "timezone", "VARCHAR");
    SINAN_CHECK(read_zones());
    SINAN_CHECK(read_forecasts());
    SINAN_CHECK(read_lead_times());
    SINAN_CHECK(read_sales());
    SINAN_CHECK(read_past());
    return std::move(out_);
  }

 private:
  using Columns = std::vector<Column>;

  Status each(const std::string& sql, const std::function<Status(const Columns&, std::size_t)>& work) {
    fabric::QueryOptions options = options_;
    if (sql.find("$zone") != std::string::npos) options.parameters = {{"zone", request_.zone.name()}};
    SINAN_TRY(auto rows, fabric_.query(system_principal("planner"), sql, options));
    Batch batch;
    while (true) {
      SINAN_TRY(bool more, rows->next(batch));
      if (!more) return {};
      for (std::size_t r = 0; r < batch.rows(); ++r) SINAN_CHECK(work(batch.columns, r));
    }
  }

  static std::string key(std::string_view item, std::string_view place) { return fmt::format("{}\x1f{}", item, place); }

  Status read_zones() {
    return each(fmt::format("SELECT CAST(location_id AS VARCHAR), coalesce({}, $zone) FROM ops.locations", zone_),
                [&](const Columns& c, std::size_t r) -> Status {
                  if (auto zone = Zone::find(c[1].text(r)); zone && !c[0].is_null(r))
                    zones_.insert_or_assign(std::string(c[0].text(r)), *zone);
                  return {};
                });
  }

  std::uint32_t place_of(std::string_view location_id) {
    auto [found, fresh] = places_.try_emplace(std::string(location_id), static_cast<std::uint32_t>(out_.places.size()));
    if (fresh) {
      auto zone = zones_.find(found->first);
      out_.places.push_back({found->first, zone == zones_.end() ? request_.zone : zone->second, std::vector<double>(kQuartersOfDay, 1)});
    }
    return found->second;
  }

  // Moments of a day from its quantiles by the trapezoidal rule, as the planner's (operations/inventory/reading.cpp).
  Status read_forecasts() {
    const std::string sql =
        "SELECT item_id, location_id, ds, greatest(mean, 0), sqrt(greatest(s - m * m, 0)), version FROM ("
        "SELECT item_id, location_id, ds, mean, coalesce(model_version, run_id) AS version,"
        " 0.05 * q5 + 0.025 * (q5 + q10) + 0.075 * (q10 + q25) + 0.125 * (q25 + q50) + 0.125 * (q50 + q75) + 0.075 * (q75 + q90)"
        " + 0.025 * (q90 + q95) + 0.02 * (q95 + q99) + 0.01 * q99 AS m,"
        " 0.05 * q5 * q5 + 0.025 * (q5 * q5 + q10 * q10) + 0.075 * (q10 * q10 + q25 * q25) + 0.125 * (q25 * q25 + q50 * q50)"
        " + 0.125 * (q50 * q50 + q75 * q75) + 0.075 * (q75 * q75 + q90 * q90) + 0.025 * (q90 * q90 + q95 * q95)"
        " + 0.02 * (q95 * q95 + q99 * q99) + 0.01 * q99 * q99 AS s FROM ops.forecasts) ORDER BY item_id, location_id, ds";
    std::unordered_map<std::string, std::uint32_t> versions;
    SINAN_CHECK(each(sql, [&](const Columns& c, std::size_t r) -> Status {
      const std::uint32_t place = place_of(c[1].text(r));
      const Date day{days(static_cast<int>(c[2].ints[r]))};
      auto [version, fresh] = versions.try_emplace(std::string(c[5].text(r)), static_cast<std::uint32_t>(versions.size()));
      if (fresh) out_.model_versions.push_back(version->first);
      if (out_.series.empty() || out_.series.back().item_id != c[0].text(r) || out_.series.back().place != place) {
        if (out_.series.size() == request_.most)
          return fail(ErrorCode::kLimit,
                      fmt::format("live sales are followed of at most {} items at places; more are forecast", request_.most), kTable);
        series_.emplace(key(c[0].text(r), c[1].text(r)), out_.series.size());
        out_.series.push_back({.item_id = std::string(c[0].text(r)),
                               .place = place,
                               .model_version = version->second,
                               .begin = day,
                               .first = out_.mean.size()});
      }
      LiveNights::Series& series = out_.series.back();
      // Days lie without a gap; what would come after one is not forecast.
      if (day != series.begin + days(series.days)) return {};
      ++series.days;
      out_.mean.push_back(finite(c[3].doubles[r]));
      out_.deviation.push_back(finite(c[4].doubles[r]));
      return {};
    }));
    out_.promotion.assign(out_.mean.size(), 0);
    return {};
  }

  LiveNights::Series* find(const Columns& c, std::size_t r) {
    if (c[0].is_null(r) || c[1].is_null(r)) return nullptr;
    auto found = series_.find(key(c[0].text(r), c[1].text(r)));
    return found == series_.end() ? nullptr : &out_.series[found->second];
  }

  Status read_lead_times() {
    if (!fabric_.lake().table("ops.stock_policies", request_.at)) return {};
    return each("SELECT item_id, location_id, lead_time_days FROM ops.stock_policies WHERE lead_time_days > 0",
                [&](const Columns& c, std::size_t r) -> Status {
                  if (auto* series = find(c, r)) series->lead_days = static_cast<int>(std::ceil(std::min(c[2].doubles[r], kMostLeadDays)));
                  return {};
                });
  }

  // Sizes of sales by item and place, and how many there were by place and time: one look at the sales. As in panel.cpp, the clock of a
  // place is asked once per zone and quarter of an hour.
  Status read_sales() {
    const std::string sql = fmt::format(
        "WITH places AS (SELECT CAST(location_id AS VARCHAR) AS location_id, coalesce({}, $zone) AS zone FROM "
        "ops.locations), sold AS (SELECT CAST(s.item_id AS VARCHAR) AS item_id, CAST(s.location_id AS VARCHAR) AS location_id, "
        "coalesce(p.zone, $zone) AS zone, time_bucket(INTERVAL 15 MINUTE, CAST(s.sold_at AS TIMESTAMP)) AS slot, CAST(s.quantity AS "
        "DOUBLE) "
        "AS q FROM ops.sales s LEFT JOIN places p ON p.location_id = s.location_id WHERE s.sold_at >= TIMESTAMP '{}'), "
        "sums AS MATERIALIZED (SELECT item_id, location_id, zone, slot, grouping(slot) AS of_item, sum(q * q) / sum(q) AS size, count(*) "
        "AS "
        "sales FROM sold WHERE q > 0 GROUP BY GROUPING SETS ((item_id, location_id), (location_id, zone, slot))), "
        "slots AS (SELECT zone, slot, timezone(zone, timezone('UTC', slot)) AS clock FROM (SELECT DISTINCT zone, slot FROM sums WHERE "
        "of_item = 0)) "
        "SELECT item_id, location_id, NULL::BIGINT, size FROM sums WHERE of_item = 1 UNION ALL "
        "SELECT NULL, location_id, CAST(4 * date_part('hour', clock) + floor(date_part('minute', clock) / 15) AS BIGINT) AS quarter, "
        "CAST(sum(sales) AS DOUBLE) FROM sums JOIN slots USING (zone, slot) WHERE of_item = 0 GROUP BY ALL",
        zone_, format_timestamp(request_.now - days(kHistoryDays)));
    std::vector<std::vector<double>> counts(out_.places.size(), std::vector<double>(kQuartersOfDay, 0));
    SINAN_CHECK(each(sql, [&](const Columns& c, std::size_t r) -> Status {
      if (c[2].is_null(r)) {
        if (auto* series = find(c, r); series && c[3].doubles[r] > 0) series->sale_size = c[3].doubles[r];
      } else if (auto place = places_.find(std::string(c[1].text(r))); place != places_.end() && !c[1].is_null(r)) {
        counts[place->second][static_cast<std::size_t>(c[2].ints[r]) % kQuartersOfDay] += c[3].doubles[r];
      }
      return {};
    }));
    for (std::size_t p = 0; p < counts.size(); ++p) set_pace(out_.places[p].pace, counts[p]);
    return {};
  }

  static void set_pace(std::vector<double>& pace, const std::vector<double>& counts) {
    double all = 0, most = 0;
    for (double count : counts) all += count, most = std::max(most, count);
    if (most > kSameQuarter * all) return;
    for (std::size_t q = 0; q < kQuartersOfDay; ++q) pace[q] = counts[q] + kEvenSales / kQuartersOfDay;
  }

  Status read_past() {
    const PanelRequest past{
        .history_days = kHistoryDays, .at = request_.at, .now = request_.now, .zone = request_.zone, .cancel = request_.cancel};
    SINAN_TRY(const DemandPanel panel, read_panel(fabric_, past));
    SINAN_TRY(const DemandDrivers known, read_promotions(fabric_, past));
    for (std::size_t i = 0; i < panel.panel.size(); ++i) {
      if (request_.cancel) SINAN_CHECK(request_.cancel->check());
      auto found = series_.find(key(panel.item_ids[i], panel.location_ids[i]));
      if (found == series_.end()) continue;
      if (auto detector = detector_after(panel, i, known)) out_.series[found->second].before = std::move(*detector);
    }
    for (const LiveNights::Series& s : out_.series)
      mark_promotions(known, s.item_id, out_.places[s.place].location_id, s.begin, std::span(out_.promotion).subspan(s.first, s.days));
    return {};
  }

  fabric::Fabric& fabric_;
  const LiveRequest& request_;
  fabric::QueryOptions options_;
  std::string zone_;  // SQL of a place's time zone, which may be missing
  LiveNights out_;
  std::unordered_map<std::string, Zone> zones_;
  std::unordered_map<std::string, std::uint32_t> places_;
  std::unordered_map<std::string, std::size_t> series_;
};

}  // namespace

std::optional<lake::Version> forecasts_at(fabric::Fabric& fabric, lake::Version at) {
  auto table = fabric.lake().table(kTable, at);
  if (!table) return std::nullopt;
  return table->version;
}

Result<LiveNights> read_nights(fabric::Fabric& fabric, const LiveRequest& request) { return NightReader(fabric, request).read(); }

}  // namespace sinan::demand

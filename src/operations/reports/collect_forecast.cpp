// Forecast against actual: the curve of all items together, and how far earlier forecasts were off.
#include <fmt/format.h>

#include <cmath>
#include <unordered_map>

#include "base/series.hpp"
#include "operations/reports/reading.hpp"

namespace sinan::reports {
namespace {

using std::chrono::days;

constexpr int kDaysBack = 56;
constexpr int kCompareDays = 28;      // how far back an earlier forecast may begin
constexpr int kMaxVersionsBack = 60;  // lake versions looked at for it

// Per item, place and day, as forecasts count: returns are taken off, and a day with more returns than sales is a zero. Days are cut in
// the zone of their place, as forecasts are; each quarter of an hour of a zone is converted once, not each sale.
std::string sold_sql(const Reader& reader, const Zone& zone, Date first, Date end) {
  std::string place_zone = reader.optional("ops.locations", "l", "timezone", "NULL");
  // A day more on both sides, because the places' days begin earlier and later than those of UTC.
  return fmt::format(
      R"(WITH sold AS MATERIALIZED (
  SELECT s.item_id, s.location_id, coalesce(CAST({0} AS VARCHAR), {1}) AS zone, time_bucket(INTERVAL 15 MINUTE, s.sold_at) AS slot,
    sum(s.quantity) AS quantity
  FROM ops.sales s LEFT JOIN ops.locations l ON l.location_id = s.location_id
  WHERE s.sold_at >= TIMESTAMP '{2}' AND s.sold_at < TIMESTAMP '{3}' GROUP BY ALL),
slots AS (SELECT zone, slot, CAST(timezone(zone, timezone('UTC', slot)) AS DATE) AS day FROM (SELECT DISTINCT zone, slot FROM sold))
SELECT item_id, location_id, day, CAST(greatest(sum(quantity), 0) AS DOUBLE) AS sold
FROM sold JOIN slots USING (zone, slot)
WHERE day >= DATE '{4}' AND day < DATE '{5}' GROUP BY ALL)",
      place_zone, literal(zone.name()), format_timestamp(first - days{1}), format_timestamp(end + days{1}), format_date(first),
      format_date(end));
}

// Days that the newest forecast covers. Places in the west finish a day later: `begin` is the first day that some place forecasts, so that
// all days before it are over everywhere; `first` to `last` are forecast for every place.
struct Span {
  Date begin, first, last;
};
std::optional<Span> forecast_span(const Reader& reader) {
  std::optional<Span> out;
  Status read = reader.each(
      "SELECT min(first), max(first), min(last) FROM (SELECT min(CAST(ds AS DATE)) AS first, max(CAST(ds AS DATE)) AS last FROM "
      "ops.forecasts GROUP BY location_id)",
      [&](const RowView& row) {
        if (row.date(0) && row.date(1) && row.date(2)) out = Span{*row.date(0), *row.date(1), *row.date(2)};
      });
  return read ? out : std::nullopt;
}

// The oldest forecast before the newest one that reaches into the last days, and the lake version at which it stood.
struct Earlier {
  lake::Version version = 0;
  Date first;
};
std::optional<Earlier> earlier_forecast(const Reader& reader, Date end) {
  auto newest = reader.context().fabric->lake().table("ops.forecasts", reader.context().version);
  if (!newest) return std::nullopt;
  std::optional<Earlier> out;
  lake::Version at = newest->version - 1;
  for (int i = 0; i < kMaxVersionsBack && at > 0; ++i) {
    auto table = reader.context().fabric->lake().table("ops.forecasts", at);
    if (!table) break;
    std::optional<Date> first;
    if (!reader.each("SELECT min(CAST(ds AS DATE)) FROM ops.forecasts", [&](const RowView& row) { first = row.date(0); }, at)) break;
    if (first && *first < end - days{kCompareDays}) break;
    if (first && *first < end) out = Earlier{table->version, *first};
    at = table->version - 1;
  }
  return out;
}

struct Pair {
  double median = 0;  // what a single day is judged by: it has the least absolute error
  double mean = 0;    // what sums of days are judged by
  double actual = 0;
};
using Pairs = std::unordered_map<std::string, Pair>;  // by item, place and day, with unit separators
std::string key_of(const RowView& row) { return row.text(0) + '\x1f' + row.text(1) + '\x1f' + row.text(2); }

// What an earlier forecast said of the days until `end`, keyed by item, place and day.
Status read_predicted(const Reader& reader, const Earlier& earlier, Date end, Pairs& pairs, std::vector<Origin>& origins) {
  std::string predicted = fmt::format(
      "SELECT item_id, location_id, CAST(ds AS DATE), CAST(yhat AS DOUBLE), CAST(mean AS DOUBLE) FROM ops.forecasts WHERE ds >= DATE '{}' "
      "AND ds < DATE '{}'",
      format_date(earlier.first), format_date(end));
  origins.push_back(
      {{fmt::format("Earlier forecasts, at lake version {}", earlier.version), fmt::format("此前的预测（数据湖版本 {}）", earlier.version)},
       predicted});
  return reader.each(predicted, [&](const RowView& row) { pairs[key_of(row)] = {row.number(3), row.number(4), 0}; }, earlier.version);
}

// WAPE = Σ|y − ŷ| / Σ|y| over items, places and days (Hyndman & Koehler 2006 call it the weighted MAE).
void compare(const Pairs& pairs, ForecastSection& f, const Earlier& earlier, Date end) {
  double error = 0;
  double sold = 0;
  std::map<std::string, Pair> by_series;
  for (const auto& [name, pair] : pairs) {
    error += std::abs(pair.actual - pair.median);
    sold += pair.actual;
    Pair& sum = by_series[name.substr(0, name.rfind('\x1f'))];
    sum.mean += pair.mean;
    sum.actual += pair.actual;
  }
  if (sold <= 0) return;
  f.wape = error / sold;
  f.days_compared = (end - earlier.first).count();
  for (const auto& [name, sum] : by_series) {
    std::size_t at = name.find('\x1f');
    f.worst.push_back({name.substr(0, at), {}, name.substr(at + 1), sum.actual, sum.mean});
  }
  std::stable_sort(f.worst.begin(), f.worst.end(), [](const ForecastError& a, const ForecastError& b) {
    return std::abs(a.actual - a.forecast) > std::abs(b.actual - b.forecast);
  });
  f.worst.resize(std::min<std::size_t>(f.worst.size(), 5));
}

}  // namespace

std::optional<std::pair<double, double>> scatter(const std::vector<DayPoint>& points) {
  std::array<double, 7> sum{};
  std::array<int, 7> count{};
  auto weekday = [](const DayPoint& p) { return std::chrono::weekday{p.day}.c_encoding(); };
  for (const DayPoint& p : points) {
    if (!std::isfinite(p.actual)) continue;
    sum[weekday(p)] += p.actual;
    ++count[weekday(p)];
  }
  std::vector<double> residuals;
  for (const DayPoint& p : points) {
    if (!std::isfinite(p.actual) || sum[weekday(p)] <= 0) continue;
    residuals.push_back(p.actual / (sum[weekday(p)] / count[weekday(p)]) - 1);
  }
  if (residuals.size() < 14) return std::nullopt;
  std::sort(residuals.begin(), residuals.end());
  auto quantile = [&](double q) {
    double at = q * static_cast<double>(residuals.size() - 1);
    auto low = static_cast<std::size_t>(at);
    std::size_t high = std::min(low + 1, residuals.size() - 1);
    return residuals[low] + (residuals[high] - residuals[low]) * (at - static_cast<double>(low));
  };
  return std::pair(quantile(0.1), quantile(0.9));
}

// The total is forecast with quantiles of its own where a hierarchy is configured. Returns where they come from.
std::vector<Origin> read_total(const Reader& reader, const Span& span, std::map<Date, DayPoint>& points) {
  if (reader.columns("ops.forecast_sums").empty()) return {};
  const std::string sql =
      fmt::format("SELECT CAST(ds AS DATE), q10, q90 FROM ops.forecast_sums WHERE level = 'total' AND ds BETWEEN DATE '{}' AND DATE '{}'",
                  format_date(span.first), format_date(span.last));
  std::vector<Origin> out;
  const Status read = reader.each(sql, [&](const RowView& row) {
    const auto day = row.date(0);
    const auto point = day ? points.find(*day) : points.end();
    if (point == points.end()) return;
    point->second.low = row.number(1);
    point->second.high = row.number(2);
    out = {{{"Range of the total", "总量的区间"}, sql}};
  });
  return read ? out : std::vector<Origin>();
}

void collect_forecast(const Reader& reader, ReportData& data) {
  ForecastSection& f = data.forecast;
  Span span = forecast_span(reader).value_or(Span{data.day, data.day, data.day});
  Date end = std::min(data.day, span.begin);  // days before it are over everywhere
  Date first = end - days{kDaysBack};
  std::string sold = sold_sql(reader, data.zone, first, end);
  // Means add up to the mean of the total; medians of many small series would add up to far less.
  std::string ahead = fmt::format(
      "SELECT CAST(ds AS DATE), CAST(sum(greatest(mean, 0)) AS DOUBLE) FROM ops.forecasts WHERE ds BETWEEN DATE '{}' AND DATE '{}' GROUP "
      "BY 1",
      format_date(span.first), format_date(span.last));
  std::string models =
      "SELECT CAST(model AS VARCHAR), count(DISTINCT (item_id, location_id)), max(horizon) FROM ops.forecasts GROUP BY 1 ORDER BY 2 DESC, "
      "1";
  std::map<Date, DayPoint> points;
  auto at = [&](Date day) -> DayPoint& {
    return points.try_emplace(day, DayPoint{day, kMissing, kMissing, kMissing, kMissing}).first->second;
  };
  // Sales are read once, for the curve and for the comparison: the days compared are among the days shown.
  std::optional<Earlier> earlier = earlier_forecast(reader, end);
  Pairs pairs;
  std::vector<Origin> earlier_origins;
  Status read = earlier ? read_predicted(reader, *earlier, end, pairs, earlier_origins) : Status{};
  if (read) {
    read = reader.each(sold, [&](const RowView& row) {
      auto day = row.date(2);
      if (!day) return;
      DayPoint& point = at(*day);
      point.actual = (std::isfinite(point.actual) ? point.actual : 0) + row.number(3);
      if (auto pair = pairs.find(key_of(row)); pair != pairs.end()) pair->second.actual = row.number(3);
    });
  }
  if (read) {
    read = reader.each(ahead, [&](const RowView& row) {
      if (auto day = row.date(0)) at(*day).forecast = row.number(1);
    });
  }
  if (read) {
    read = reader.each(models, [&](const RowView& row) {
      f.models.emplace_back(row.text(0), row.integer(1));
      f.series += row.integer(1);
      f.horizon_days = std::max(f.horizon_days, row.integer(2));
    });
  }
  if (!read) {
    f.problem = read.error().text();
    return;
  }
  f.models.resize(std::min<std::size_t>(f.models.size(), 6));
  // A day between two with sales on which nothing was sold is a zero, not a gap.
  if (!points.empty()) {
    for (Date day = points.begin()->first; day < end; day += days{1}) {
      DayPoint& p = at(day);
      if (!std::isfinite(p.actual)) p.actual = 0;
    }
  }
  const std::vector<Origin> of_total = read_total(reader, span, points);
  for (const auto& [day, point] : points) f.days.push_back(point);
  if (auto range = scatter(f.days)) {
    for (DayPoint& p : f.days) {
      if (!std::isfinite(p.forecast) || std::isfinite(p.low)) continue;
      p.low = std::max(0.0, p.forecast * (1 + range->first));
      p.high = p.forecast * (1 + range->second);
    }
  }
  f.origins = {{{"Sold per item, place and day, cut in the zone of each place", "各商品、仓库每日销量（按各地时区划分）"}, sold},
               {{"Forecast per day", "每日预测"}, ahead},
               {{"Models", "模型"}, models}};
  f.origins.insert(f.origins.end(), of_total.begin(), of_total.end());
  f.origins.insert(f.origins.end(), earlier_origins.begin(), earlier_origins.end());
  if (earlier) compare(pairs, f, *earlier, end);
  std::set<std::string> ids;
  for (const ForecastError& e : f.worst) ids.insert(e.item_id);
  std::map<std::string, Text> names = item_names(reader, ids);
  for (ForecastError& e : f.worst) e.item_name = names[e.item_id];
}

}  // namespace sinan::reports

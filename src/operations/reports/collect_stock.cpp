// What runs out, what lies too long, and what was spent: from stock, forecasts, policies and orders.
#include <fmt/format.h>

#include <cmath>

#include "operations/reports/reading.hpp"

namespace sinan::reports {
namespace {

using std::chrono::days;

constexpr int kWeek = 7;
constexpr double kLongestShortage = 30;  // days counted towards what is at stake

std::string month_start(const Zone& zone, Date day, int months_back) {
  std::chrono::year_month_day ymd{day};
  auto month = std::chrono::year_month{ymd.year(), ymd.month()} - std::chrono::months{months_back};
  return format_timestamp(zone.start_of(Date{month / std::chrono::day{1}}));
}

// The same day of the month before, or its last day.
Date month_before(Date day) {
  std::chrono::year_month_day ymd{day};
  auto before = ymd - std::chrono::months{1};
  return before.ok() ? Date{before} : Date{before.year() / before.month() / std::chrono::last};
}

// One row per item and place: what is there, what comes, how long it lasts.
std::string risk_sql(const Reader& reader, Date day) {
  std::string price = reader.optional("ops.items", "i", "unit_price", "NULL");
  // A workspace may have no orders to tell of.
  std::string coming =
      reader.columns("ops.purchase_orders").empty()
          ? "SELECT NULL AS item_id, NULL AS location_id, 0 AS on_order, NULL::DATE AS next_arrival WHERE false"
          : "SELECT item_id, location_id, sum(quantity - received_quantity) AS on_order, min(CAST(expected_at AS DATE)) AS "
            "next_arrival\n  FROM ops.purchase_orders WHERE status = 'open' AND quantity > received_quantity GROUP BY ALL";
  return fmt::format(
      R"(WITH stock AS (
  SELECT item_id, location_id, on_hand - reserved AS free, {4} AS in_transit
  FROM ops.stock AS stock QUALIFY row_number() OVER (PARTITION BY item_id, location_id ORDER BY as_of DESC) = 1),
coming AS (
  {2}),
ahead AS (
  SELECT item_id, location_id, ds, mean, sum(greatest(mean, 0)) OVER (PARTITION BY item_id, location_id ORDER BY ds) AS so_far
  FROM ops.forecasts WHERE ds >= DATE '{0}'),
demand AS (SELECT item_id, location_id, avg(greatest(mean, 0)) AS daily FROM ahead GROUP BY ALL),
ends AS (
  SELECT a.item_id, a.location_id, min(a.ds) AS runs_out_on
  FROM ahead a JOIN stock s ON s.item_id = a.item_id AND s.location_id = a.location_id
  WHERE a.so_far >= greatest(s.free, 0) AND a.so_far > 0 GROUP BY ALL)
SELECT p.item_id, CAST(i.name AS VARCHAR) AS name, p.location_id, CAST(s.free AS DOUBLE) AS on_hand, CAST(coalesce(c.on_order, 0) + coalesce(s.in_transit, 0) AS DOUBLE) AS on_order,
  CAST(d.daily AS DOUBLE) AS daily, CAST(p.lead_time_days AS DOUBLE) AS lead_time_days, e.runs_out_on, c.next_arrival,
  CAST({1} AS DOUBLE) AS unit_price, CAST(i.unit_cost AS DOUBLE) AS unit_cost, CAST(p.order_up_to AS DOUBLE) AS order_up_to,
  CAST(i.currency AS VARCHAR) AS currency, CAST({3} AS VARCHAR) AS name_zh
FROM ops.stock_policies p
JOIN stock s ON s.item_id = p.item_id AND s.location_id = p.location_id
LEFT JOIN demand d ON d.item_id = p.item_id AND d.location_id = p.location_id
LEFT JOIN coming c ON c.item_id = p.item_id AND c.location_id = p.location_id
LEFT JOIN ends e ON e.item_id = p.item_id AND e.location_id = p.location_id
LEFT JOIN ops.items i ON i.item_id = p.item_id)",
      format_date(day), price, coming, reader.optional("ops.items", "i", "name_zh", "NULL"),
      reader.optional("ops.stock", "stock", "in_transit", "0"));
}

struct StockRow {
  RiskLine risk;
  double unit_price, unit_cost, order_up_to;
  std::string currency;
};

StockRow stock_row(const RowView& row) {
  StockRow out{};
  RiskLine& r = out.risk;
  r.item_id = row.text(0);
  r.item_name = {row.text(1), row.text(13)};
  r.location_id = row.text(2);
  r.on_hand = row.number(3);
  r.on_order = row.is_null(4) ? 0 : row.number(4);
  r.daily_demand = row.is_null(5) ? 0 : row.number(5);
  r.lead_time_days = row.is_null(6) ? 0 : row.number(6);
  r.runs_out_on = row.date(7);
  r.next_arrival = row.date(8);
  r.cover_days = r.daily_demand > 0 ? std::max(r.on_hand, 0.0) / r.daily_demand : std::numeric_limits<double>::infinity();
  out.unit_price = row.number(9);
  out.unit_cost = row.number(10);
  out.order_up_to = row.number(11);
  out.currency = row.text(12);
  return out;
}

void add(std::optional<Money>& total, const Money& amount, const std::string& currency) {
  if (amount.currency != currency) return;  // a sum over currencies would mean nothing
  if (!total) total = Money{Decimal(), currency};
  total->amount += amount.amount;
}

// Sales value of the days between running out and help: the next arrival, or what an order placed today would bring.
std::optional<Money> at_stake(const StockRow& row, Date day) {
  if (!row.risk.runs_out_on || !std::isfinite(row.unit_price)) return std::nullopt;
  double help = row.risk.next_arrival ? static_cast<double>((*row.risk.next_arrival - day).count()) : row.risk.lead_time_days;
  double out = static_cast<double>((*row.risk.runs_out_on - day).count());
  double short_days = std::clamp(help - out, 0.0, kLongestShortage);
  if (!(short_days > 0)) return std::nullopt;
  return Money{Decimal::capped(short_days * row.risk.daily_demand * row.unit_price), row.currency};
}

// Items that decisions of this or earlier runs bring, beyond the orders that the ERP shows already.
std::set<std::pair<std::string, std::string>> committed(const Reader& reader) {
  std::set<std::pair<std::string, std::string>> out;
  if (!reader.context().decisions) return out;
  auto commitments = reader.context().decisions->commitments();
  if (!commitments) return out;
  for (const decisions::Commitment& c : commitments->items) out.emplace(c.item_id, c.location_id);
  return out;
}

}  // namespace

void collect_risk(const Reader& reader, ReportData& data) {
  RiskSection& risk = data.risk;
  std::string sql = risk_sql(reader, data.day);
  Diagnostics ignored;
  auto rows = static_cast<std::size_t>(read_report_config(*reader.context().workspace, ignored).rows);
  auto ordered = committed(reader);
  std::set<std::string> run_out_items;
  std::set<std::string> uncovered_items;
  Status read = reader.each(sql, [&](const RowView& row) {
    StockRow stock = stock_row(row);
    RiskLine& line = stock.risk;
    bool on_its_way = line.on_order > 0 || ordered.contains({line.item_id, line.location_id});
    if (line.runs_out_on) {
      bool helped = line.next_arrival && *line.next_arrival <= *line.runs_out_on;
      auto left = (*line.runs_out_on - data.day).count();
      if (!helped && left < kWeek) {
        run_out_items.insert(line.item_id);
        if (!on_its_way) uncovered_items.insert(line.item_id);
      }
      if (!helped && (left < kWeek || static_cast<double>(left) < line.lead_time_days)) {
        line.at_stake = at_stake(stock, data.day);
        line.decided = on_its_way && line.on_order <= 0;
        ++risk.run_out_lines;
        if (line.at_stake) add(risk.at_stake, *line.at_stake, data.currency);
        risk.run_out.push_back(line);
      }
    }
    double beyond = line.on_hand - stock.order_up_to;
    if (std::isfinite(beyond) && beyond > 0 && std::isfinite(stock.unit_cost)) {
      Money tied{Decimal::capped(beyond * stock.unit_cost), stock.currency};
      ++risk.surplus_lines;
      add(risk.tied_up, tied, data.currency);
      risk.surplus.push_back({line.item_id, line.item_name, line.location_id, line.on_hand, line.cover_days, tied});
    }
    // Only the worst are kept while reading, so that a million item-places need no room.
    auto shrink = [rows](auto& lines, auto worse) {
      if (lines.size() < 4 * rows + 64) return;
      std::stable_sort(lines.begin(), lines.end(), worse);
      lines.resize(rows);
    };
    shrink(risk.run_out, worse_risk);
    shrink(risk.surplus, larger_surplus);
  });
  if (!read) {
    risk.problem = read.error().text();
    return;
  }
  risk.origins = {{{"Stock, orders and forecasts per item and place", "各商品/仓库的库存、在途与预测"}, sql}};
  risk.surplus_origins = risk.origins;
  risk.run_out_items = static_cast<std::int64_t>(run_out_items.size());
  risk.run_out_covered = risk.run_out_items - static_cast<std::int64_t>(uncovered_items.size());
  std::stable_sort(risk.run_out.begin(), risk.run_out.end(), worse_risk);
  std::stable_sort(risk.surplus.begin(), risk.surplus.end(), larger_surplus);
  risk.run_out.resize(std::min(risk.run_out.size(), rows));
  risk.surplus.resize(std::min(risk.surplus.size(), rows));
}

bool worse_risk(const RiskLine& a, const RiskLine& b) {
  auto key = [](const RiskLine& l) {
    return std::tuple(l.at_stake ? -l.at_stake->amount.raw() : 0, l.runs_out_on.value_or(Date::max()), std::tie(l.item_id, l.location_id));
  };
  return key(a) < key(b);
}

bool larger_surplus(const SurplusLine& a, const SurplusLine& b) {
  auto key = [](const SurplusLine& l) { return std::tuple(-l.tied_up.amount.raw(), std::tie(l.item_id, l.location_id)); };
  return key(a) < key(b);
}

void collect_cost(const Reader& reader, ReportData& data) {
  CostSection& cost = data.cost;
  cost.known = !reader.columns("ops.purchase_orders").empty();
  if (!cost.known) return;
  bool names = !reader.columns("ops.suppliers").empty();
  Instant now = reader.context().now;
  std::string last_end = format_timestamp(data.zone.start_of(month_before(data.day) + days{1}));
  std::string spent = fmt::format(
      R"(SELECT o.supplier_id, {}, CAST(sum(o.quantity * o.unit_price) AS DECIMAL(18, 4)), count(DISTINCT o.purchase_order_id)
FROM ops.purchase_orders o{}
WHERE o.ordered_at >= TIMESTAMP '{}' AND o.ordered_at <= TIMESTAMP '{}' AND o.status <> 'cancelled' AND o.currency = {}
GROUP BY o.supplier_id ORDER BY 3 DESC, 1)",
      names ? "any_value(CAST(s.name AS VARCHAR))" : "''", names ? " LEFT JOIN ops.suppliers s ON s.supplier_id = o.supplier_id" : "",
      month_start(data.zone, data.day, 0), format_timestamp(now), literal(data.currency));
  std::string before = fmt::format(
      R"(SELECT CAST(coalesce(sum(quantity * unit_price), 0) AS DECIMAL(18, 4)) FROM ops.purchase_orders
WHERE ordered_at >= TIMESTAMP '{}' AND ordered_at < TIMESTAMP '{}' AND status <> 'cancelled' AND currency = {})",
      month_start(data.zone, data.day, 1), last_end, literal(data.currency));
  Diagnostics ignored;
  ReportConfig config = read_report_config(*reader.context().workspace, ignored);
  Status read = reader.each(spent, [&](const RowView& row) {
    SpendLine line{row.text(0), row.text(1), {row.decimal(2), data.currency}, row.integer(3)};
    if (!cost.month_to_date) cost.month_to_date = Money{Decimal(), data.currency};
    cost.month_to_date->amount += line.amount.amount;
    if (cost.suppliers.size() < static_cast<std::size_t>(config.rows)) cost.suppliers.push_back(std::move(line));
  });
  if (read) {
    read = reader.each(before, [&](const RowView& row) { cost.last_month = Money{row.decimal(0), data.currency}; });
  }
  if (!read) {
    cost.problem = read.error().text();
    return;
  }
  if (config.budget) cost.budget = Money{*config.budget, data.currency};
  cost.origins = {{{"Orders of this month by supplier", "本月各供应商订单"}, spent}, {{"The same days of last month", "上月同期"}, before}};
}

}  // namespace sinan::reports

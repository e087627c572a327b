#include "operations/inventory/outcome.hpp"

#include "operations/inventory/rows.hpp"

namespace sinan::inventory {
namespace {

using Target = std::pair<std::string, std::string>;  // item, place

constexpr auto kPatience = std::chrono::hours(24 * 30);  // for an order that should have arrived

// An executed order and what its plan expected.
struct Order {
  decisions::Decision decision;
  double forecast_per_day = 0;
  int days = 0;  // that it was to cover
  double order_up_to = 0;
  Date first_day;
};

struct Sold {
  Date day;
  double quantity = 0;
  bool lost = false;
};

struct Arrival {
  Decimal quantity, received, cost;
  std::optional<Instant> received_at;
};

double number_in(const Json& json, std::string_view key) {
  auto found = json.find(key);
  if (found == json.end() || !found->is_string()) return 0;
  Result<Decimal> value = Decimal::parse(found->get<std::string>());
  return value ? value->to_double() : 0;
}

std::string text(double value) { return fmt::format("{:.2f}", value); }

class Measuring {
 public:
  Measuring(fabric::Fabric& fabric, const decisions::Decisions& decisions, const MeasureRequest& request)
      : fabric_(fabric), decisions_(decisions), request_(request) {
    options_.at = request.at.value_or(fabric.lake().current());
    options_.cancel = request.cancel;
  }

  Result<MeasureReport> run() {
    SINAN_CHECK(read_zones());
    SINAN_CHECK(read_orders());
    if (orders_.empty()) return MeasureReport{};
    SINAN_CHECK(read_sales());
    SINAN_CHECK(read_stock());
    SINAN_CHECK(read_arrivals());
    MeasureReport report;
    double error = 0;
    double sales = 0;
    for (const Order& order : orders_) add(order, report, error, sales);
    report.wape = sales > 0 ? error / sales : 0;
    return report;
  }

 private:
  Status each(std::string_view sql, const std::function<Status(const RowView&)>& row) {
    return each_row(fabric_, planner_, sql, options_, row);
  }

  const Zone& zone_of(const std::string& location) const {
    auto found = zones_.find(location);
    return found == zones_.end() ? request_.zone : found->second;
  }

  Status read_zones() {
    SINAN_TRY(std::optional<Schema> locations, table_schema(fabric_, planner_, "ops.locations", options_));
    if (!locations || !locations->index_of("timezone")) return {};
    return each("SELECT location_id, timezone FROM ops.locations", [&](const RowView& row) -> Status {
      if (Result<Zone> zone = Zone::find(row.text("timezone")); row.has("timezone") && zone) zones_.emplace(row.text("location_id"), *zone);
      return {};
    });
  }

  Status read_orders() {
    constexpr std::int64_t kPage = 10'000;
    decisions::ListFilter filter;
    filter.states = {decisions::State::kExecuted};
    filter.kind = "purchase_order";
    filter.limit = kPage;
    for (;; filter.offset += kPage) {
      SINAN_TRY(std::vector<decisions::Decision> page, decisions_.list(filter));
      for (decisions::Decision& decision : page) SINAN_CHECK(add_order(std::move(decision)));
      if (static_cast<std::int64_t>(page.size()) < kPage) return {};
    }
  }

  // Keeps the order if today brings something to say about it.
  Status add_order(decisions::Decision decision) {
    Order order;
    const Zone& zone = zone_of(decision.location_id);
    order.first_day = zone.day_of(decision.decided_at.value_or(decision.created_at));
    int finished = static_cast<int>((zone.day_of(request_.now) - order.first_day).count());
    if (finished < 1) return {};
    SINAN_TRY(decisions::Dossier dossier, decisions_.show(decision.id));
    if (!dossier.evidence.is_object()) return {};
    Json inputs = dossier.evidence.value("inputs", Json::object());
    double span = number_in(inputs, "demand_days");
    order.days = std::max(static_cast<int>(std::ceil(span)), 1);
    bool over = finished >= order.days;
    if (!over && !decision.outcome.is_null()) return {};
    order.forecast_per_day = span > 0 ? number_in(inputs, "demand_mean") / span : 0;
    order.order_up_to = number_in(dossier.evidence.value("figures", Json::object()), "order_up_to");
    order.decision = std::move(decision);
    earliest_ = orders_.empty() ? order.first_day : std::min(earliest_, order.first_day);
    sold_[{order.decision.item_id, order.decision.location_id}];
    orders_.push_back(std::move(order));
    return {};
  }

  Status read_sales() {
    SINAN_TRY(std::optional<Schema> sales, table_schema(fabric_, planner_, "ops.sales", options_));
    if (!sales) return {};
    bool has_lost = sales->index_of("lost_sales").has_value();
    // A day more, because a place's day may begin before the same day in UTC.
    std::string sql =
        fmt::format("SELECT item_id, location_id, sold_at, quantity, {} AS lost FROM ops.sales WHERE sold_at >= TIMESTAMP '{}'",
                    has_lost ? "coalesce(lost_sales, false)" : "false", format_timestamp(Instant(earliest_ - std::chrono::days(1))));
    return each(sql, [&](const RowView& row) -> Status {
      auto found = sold_.find({row.text("item_id"), row.text("location_id")});
      std::optional<Instant> at = row.instant("sold_at");
      if (found == sold_.end() || !at) return {};
      found->second.push_back({zone_of(found->first.second).day_of(*at), std::max(row.number("quantity"), 0.0), row.number("lost") != 0});
      return {};
    });
  }

  Status read_stock() {
    return each("SELECT * FROM ops.stock QUALIFY row_number() OVER (PARTITION BY item_id, location_id ORDER BY as_of DESC) = 1",
                [&](const RowView& row) -> Status {
                  Target target{row.text("item_id"), row.text("location_id")};
                  if (sold_.contains(target)) on_hand_[target] = row.number("on_hand");
                  return {};
                });
  }

  Status read_arrivals() {
    SINAN_TRY(std::optional<Schema> schema, table_schema(fabric_, planner_, "ops.purchase_orders", options_));
    if (!schema || !schema->index_of("decision_id")) return {};
    return each("SELECT * FROM ops.purchase_orders WHERE decision_id IS NOT NULL", [&](const RowView& row) -> Status {
      Arrival& arrival = arrivals_[row.text("decision_id")];
      SINAN_TRY(Decimal quantity, row.decimal("quantity"));
      SINAN_TRY(Decimal received, row.decimal("received_quantity"));
      SINAN_TRY(Decimal price, row.decimal("unit_price"));
      arrival.quantity += quantity;
      arrival.received += received;
      arrival.cost += price * quantity;
      if (std::optional<Instant> at = row.instant("received_at")) arrival.received_at = std::max(arrival.received_at.value_or(*at), *at);
      return {};
    });
  }

  // Sales and stock-out days of the first `days` days.
  void sum_sales(const Order& order, int days, double& quantity, std::int64_t& lost_days) const {
    std::set<Date> lost;
    for (const Sold& sold : sold_.at({order.decision.item_id, order.decision.location_id})) {
      if (sold.day < order.first_day || sold.day >= order.first_day + std::chrono::days(days)) continue;
      quantity += sold.quantity;
      if (sold.lost) lost.insert(sold.day);
    }
    lost_days = static_cast<std::int64_t>(lost.size());
  }

  void add(const Order& order, MeasureReport& report, double& total_error, double& total_sales) const {
    const decisions::Decision& d = order.decision;
    int finished = static_cast<int>((zone_of(d.location_id).day_of(request_.now) - order.first_day).count());
    auto found = arrivals_.find(d.id);
    const Arrival* arrival = found == arrivals_.end() ? nullptr : &found->second;
    bool received = arrival && arrival->received >= arrival->quantity && arrival->quantity > Decimal();
    bool overdue = d.expected_at && request_.now > *d.expected_at + kPatience;
    // Without a row of its own nobody can tell whether it came; then the end of its days is its end.
    bool final_look = finished >= order.days && (received || overdue || !arrival);
    if (!final_look && !d.outcome.is_null()) return;

    int days = std::min(finished, order.days);
    double sales = 0;
    std::int64_t lost_days = 0;
    sum_sales(order, days, sales, lost_days);
    double forecast = order.forecast_per_day * days;
    auto stock = on_hand_.find({d.item_id, d.location_id});
    bool overstock = final_look && stock != on_hand_.end() && order.order_up_to > 0 && stock->second > order.order_up_to;
    std::string_view result = lost_days > 0                        ? "stock_out"
                              : overstock                          ? "overstock"
                              : final_look && arrival && !received ? "not_received"
                                                                   : "as_planned";
    Json outcome{{"final", final_look},
                 {"result", result},
                 {"days", days},
                 {"forecast", text(forecast)},
                 {"sales", text(sales)},
                 {"forecast_error", text(sales - forecast)},
                 {"forecast_error_percent", sales > 0 ? Json(text((sales - forecast) / sales * 100)) : Json(nullptr)},
                 {"error_is_lower_bound", lost_days > 0},
                 {"stock_out_days", lost_days},
                 {"on_hand", stock == on_hand_.end() ? Json(nullptr) : Json(text(stock->second))}};
    bool late = add_arrival(d, arrival, received, outcome);
    report.outcomes.emplace_back(d.id, std::move(outcome));
    report.final_ones += final_look ? 1 : 0;
    report.stock_outs += lost_days > 0 ? 1 : 0;
    report.overstocks += overstock ? 1 : 0;
    report.late += late ? 1 : 0;
    total_error += std::abs(sales - forecast);
    total_sales += sales;
  }

  // True when it is late.
  bool add_arrival(const decisions::Decision& d, const Arrival* arrival, bool received, Json& outcome) const {
    std::optional<double> late_days;
    if (d.expected_at && (received || request_.now > *d.expected_at)) {
      Instant until = received && arrival->received_at ? *arrival->received_at : request_.now;
      if (arrival && (arrival->received_at || !received))
        late_days = std::chrono::duration<double, std::ratio<86400>>(until - *d.expected_at).count();
    }
    outcome["received"] = arrival ? Json(arrival->received.text()) : Json(nullptr);
    outcome["late_days"] = late_days ? Json(fmt::format("{:.1f}", *late_days)) : Json(nullptr);
    outcome["planned_cost"] = d.amount.amount.text(2);
    outcome["actual_cost"] = arrival ? Json(arrival->cost.text(2)) : Json(nullptr);
    outcome["cost_difference"] = arrival ? Json((arrival->cost - d.amount.amount).text(2)) : Json(nullptr);
    outcome["currency"] = d.amount.currency;
    return late_days && *late_days >= 1;
  }

  fabric::Fabric& fabric_;
  const decisions::Decisions& decisions_;
  const MeasureRequest& request_;
  fabric::QueryOptions options_;
  Principal planner_ = system_principal("measure");
  std::map<std::string, Zone> zones_;
  std::vector<Order> orders_;
  Date earliest_;
  std::map<Target, std::vector<Sold>> sold_;
  std::map<Target, double> on_hand_;
  std::map<std::string, Arrival> arrivals_;
};

}  // namespace

Result<MeasureReport> measure(fabric::Fabric& fabric, const decisions::Decisions& decisions, const MeasureRequest& request) {
  return Measuring(fabric, decisions, request).run();
}

}  // namespace sinan::inventory

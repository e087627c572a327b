#include "operations/inventory/reading.hpp"

#include "operations/inventory/rows.hpp"

namespace sinan::inventory {
namespace {

using Target = std::pair<std::string, std::string>;  // item, place

struct ItemRow {
  std::string item_class, unit, currency, status;
  Decimal unit_cost, unit_price;
};

// Reads the tables one by one into maps; assemble() joins them.
class Reading {
 public:
  Reading(fabric::Fabric& fabric, const PlanRequest& request, lake::Version version) : fabric_(fabric), request_(request) {
    options_.at = version;
    options_.cancel = request.cancel;
  }

  Result<Snapshot> read() {
    SINAN_CHECK(read_items());
    SINAN_CHECK(read_forecasts());
    SINAN_CHECK(read_stock());
    SINAN_CHECK(read_open_orders());
    SINAN_CHECK(read_offers());
    SINAN_CHECK(read_lanes());
    return assemble();
  }

 private:
  Status each(std::string_view sql, const std::function<Status(const RowView&)>& row) {
    return each_row(fabric_, planner_, sql, options_, row);
  }
  Result<std::optional<Schema>> schema(const std::string& table) { return table_schema(fabric_, planner_, table, options_); }

  Status read_items() {
    return each("SELECT * FROM ops.items", [&](const RowView& row) -> Status {
      ItemRow item{row.text("class"), row.text("unit"), row.text("currency"), row.text("status"), {}, {}};
      SINAN_TRY(item.unit_cost, row.decimal("unit_cost"));
      SINAN_TRY(item.unit_price, row.decimal("unit_price"));
      items_.insert_or_assign(row.text("item_id"), std::move(item));
      return {};
    });
  }

  // Moments of each day from its quantiles, by the trapezoidal rule over the probabilities; summed up along the horizon.
  Status read_forecasts() {
    SINAN_TRY(std::optional<Schema> forecasts, schema("ops.forecasts"));
    bool versioned = forecasts && forecasts->index_of("model_version");
    const std::string kVersion = versioned ? "coalesce(model_version, run_id)" : "run_id";
    const std::string kSql =
        "SELECT item_id, location_id, model, class, version, m, sqrt(greatest(s - m * m, 0)) AS sd FROM ("
        "SELECT item_id, location_id, horizon, model, class, version,"
        " 0.05 * q5 + 0.025 * (q5 + q10) + 0.075 * (q10 + q25) + 0.125 * (q25 + q50) + 0.125 * (q50 + q75) + 0.075 * (q75 + q90)"
        " + 0.025 * (q90 + q95) + 0.02 * (q95 + q99) + 0.01 * q99 AS m,"
        " 0.05 * q5 * q5 + 0.025 * (q5 * q5 + q10 * q10) + 0.075 * (q10 * q10 + q25 * q25) + 0.125 * (q25 * q25 + q50 * q50)"
        " + 0.125 * (q50 * q50 + q75 * q75) + 0.075 * (q75 * q75 + q90 * q90) + 0.025 * (q90 * q90 + q95 * q95)"
        " + 0.02 * (q95 * q95 + q99 * q99) + 0.01 * q99 * q99 AS s"
        " FROM (SELECT item_id, location_id, horizon, model, class, " +
        kVersion +
        " AS version, greatest(q5, 0) AS q5, greatest(q10, 0) AS q10, greatest(q25, "
        "0) AS "
        "q25,"
        " greatest(q50, 0) AS q50, greatest(q75, 0) AS q75, greatest(q90, 0) AS q90, greatest(q95, 0) AS q95, greatest(q99, 0) AS q99"
        " FROM ops.forecasts))"
        " ORDER BY item_id, location_id, horizon";
    DemandPathBuilder builder;
    auto finish = [&] {
      if (!paths_.empty()) paths_.back().demand = builder.take();
      builder = {};
    };
    SINAN_CHECK(each(kSql, [&](const RowView& row) -> Status {
      std::string item = row.text("item_id");
      std::string location = row.text("location_id");
      if (paths_.empty() || paths_.back().item_id != item || paths_.back().location_id != location) {
        finish();
        Need& need = paths_.emplace_back();
        need.item_id = std::move(item);
        need.location_id = std::move(location);
        need.model = row.text("model");
        need.model_class = row.text("class");
        need.model_version = row.text("version");
      }
      builder.add(row.number("m"), row.number("sd"));
      return {};
    }));
    finish();
    return {};
  }

  Status read_stock() {
    return each("SELECT * FROM ops.stock QUALIFY row_number() OVER (PARTITION BY item_id, location_id ORDER BY as_of DESC) = 1",
                [&](const RowView& row) -> Status {
                  Position& position = positions_[{row.text("item_id"), row.text("location_id")}];
                  position.known = true;
                  SINAN_TRY(position.on_hand, row.decimal("on_hand"));
                  SINAN_TRY(position.reserved, row.decimal("reserved"));
                  SINAN_TRY(position.in_transit, row.decimal("in_transit"));
                  return {};
                });
  }

  Status read_open_orders() {
    SINAN_TRY(std::optional<Schema> orders, schema("ops.purchase_orders"));
    if (!orders) return {};
    SINAN_CHECK(
        each("SELECT item_id, location_id, sum(greatest(quantity - coalesce(received_quantity, 0), 0)) AS open FROM ops.purchase_orders"
             " WHERE status = 'open' GROUP BY item_id, location_id",
             [&](const RowView& row) -> Status {
               Position& position = positions_[{row.text("item_id"), row.text("location_id")}];
               SINAN_TRY(position.on_order, row.decimal("open"));
               return {};
             }));
    if (!orders->index_of("decision_id")) return {};
    return each("SELECT DISTINCT decision_id FROM ops.purchase_orders WHERE decision_id IS NOT NULL", [&](const RowView& row) -> Status {
      seen_.insert(row.text("decision_id"));
      return {};
    });
  }

  Status read_offers() {
    SINAN_TRY(std::optional<Schema> terms, schema("ops.supplier_items"));
    if (!terms) return {};
    std::unordered_map<std::string, double> on_time;
    SINAN_TRY(std::optional<Schema> suppliers, schema("ops.suppliers"));
    if (suppliers)
      SINAN_CHECK(each("SELECT * FROM ops.suppliers", [&](const RowView& row) -> Status {
        if (row.has("on_time_share")) on_time[row.text("supplier_id")] = row.number("on_time_share");
        return {};
      }));
    return each("SELECT * FROM ops.supplier_items ORDER BY item_id, supplier_id, min_quantity", [&](const RowView& row) -> Status {
      std::vector<Offer>& offers = offers_[row.text("item_id")];
      std::string supplier = row.text("supplier_id");
      if (offers.empty() || offers.back().supplier_id != supplier) {
        Offer& fresh = offers.emplace_back();
        fresh.currency = row.text("currency");
        fresh.lead_time_days = row.number("lead_time_days");
        fresh.lead_time_sd_days = row.number("lead_time_sd_days");
        SINAN_TRY(fresh.moq, row.decimal("moq"));
        SINAN_TRY(fresh.pack, row.decimal("pack_size"));
        if (fresh.pack <= Decimal()) fresh.pack = Decimal::whole(1);
        if (auto found = on_time.find(supplier); found != on_time.end()) fresh.on_time_share = found->second;
        fresh.supplier_id = std::move(supplier);
      }
      PriceBreak price;
      SINAN_TRY(price.min_quantity, row.decimal("min_quantity"));
      SINAN_TRY(price.unit_price, row.decimal("unit_price"));
      offers.back().breaks.push_back(price);
      return {};
    });
  }

  // A lane from a supplier's site (a location with the supplier's id) to a place.
  Status read_lanes() {
    SINAN_TRY(std::optional<Schema> lanes, schema("ops.lanes"));
    if (!lanes) return {};
    return each(
        "SELECT from_location_id, to_location_id, currency, min(cost_per_unit) AS cost_per_unit, arg_min(transit_days, cost_per_unit) AS "
        "transit_days FROM ops.lanes GROUP BY from_location_id, to_location_id, currency",
        [&](const RowView& row) -> Status {
          Lane lane{row.text("currency"), {}, row.number("transit_days")};
          SINAN_TRY(lane.cost, row.decimal("cost_per_unit"));
          lanes_[{row.text("from_location_id"), row.text("to_location_id")}] = std::move(lane);
          return {};
        });
  }

  Snapshot assemble() {
    Snapshot out;
    out.version = *options_.at;
    out.decisions_seen = std::move(seen_);
    for (Need& need : paths_) {
      auto item = items_.find(need.item_id);
      if (item == items_.end() || item->second.status == "discontinued") continue;
      const ItemRow& row = item->second;
      if (!chosen(request_.config.locations, need.location_id) || !chosen(request_.config.item_classes, row.item_class)) continue;
      need.item_class = row.item_class;
      need.unit = row.unit;
      need.currency = row.currency;
      need.unit_cost = row.unit_cost;
      need.unit_price = row.unit_price;
      if (auto position = positions_.find({need.item_id, need.location_id}); position != positions_.end()) need.position = position->second;
      if (auto offers = offers_.find(need.item_id); offers != offers_.end()) need.offers = offers->second;
      for (Offer& offer : need.offers) add_lane(offer, need.location_id);
      out.needs.push_back(std::move(need));
    }
    return out;
  }

  static bool chosen(const std::vector<std::string>& allowed, const std::string& value) {
    return allowed.empty() || std::ranges::find(allowed, value) != allowed.end();
  }

  void add_lane(Offer& offer, const std::string& location) const {
    auto lane = lanes_.find({offer.supplier_id, location});
    if (lane == lanes_.end() || lane->second.currency != offer.currency) return;
    offer.transport_per_unit = lane->second.cost;
    offer.transit_days = lane->second.transit_days;
  }

  struct Lane {
    std::string currency;
    Decimal cost;
    double transit_days = 0;
  };

  fabric::Fabric& fabric_;
  const PlanRequest& request_;
  fabric::QueryOptions options_;
  Principal planner_ = system_principal("planner");
  std::unordered_map<std::string, ItemRow> items_;
  std::vector<Need> paths_;
  std::map<Target, Position> positions_;
  std::unordered_map<std::string, std::vector<Offer>> offers_;
  std::map<Target, Lane> lanes_;
  std::set<std::string> seen_;
};

}  // namespace

Result<Snapshot> read_snapshot(fabric::Fabric& fabric, const PlanRequest& request) {
  return Reading(fabric, request, request.at.value_or(fabric.lake().current())).read();
}

void add_commitments(Snapshot& snapshot, const decisions::Decisions::Commitments& commitments, Instant now) {
  std::map<Target, Decimal> committed;
  for (const decisions::Commitment& c : commitments.items) {
    if (c.kind != "purchase_order" || snapshot.decisions_seen.contains(c.id)) continue;
    bool should_be_here = c.state == decisions::State::kExecuted && c.expected_at && *c.expected_at < now;
    if (!should_be_here) committed[{c.item_id, c.location_id}] += c.quantity;
  }
  for (Need& need : snapshot.needs)
    if (auto found = committed.find({need.item_id, need.location_id}); found != committed.end()) need.position.committed = found->second;
}

}  // namespace sinan::inventory

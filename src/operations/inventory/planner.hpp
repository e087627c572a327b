// Plans one item at one place: compares the suppliers, sets the stock policy, and proposes an order when the position calls for one.
// Pure: numbers and texts in, proposals out; the same input gives the same bits.
//
// Suppliers are compared by what a unit costs with each: price + transport + (order cost + lost sales of a cycle) / order + holding of the
// cycle stock, the safety stock and what is on its way. Lost sales come from the loss function of demand over lead time and review
// period, with the lead time's own spread; a supplier that is late pays for it by more safety stock and more lost sales. The plan's order
// cost counts for items that are kept in the plan's currency.
//
// An order is worth it when serving a unit costs less than missing it: transport, its share of the order, holding, and what is missed
// all the same, against the price's `lost_sale_share`. Where that fails (a minimum order that lasts for years), an alert says so instead.
//
// What an order brings is told in two numbers. `served`: sales that it serves while it lasts, from its arrival or from the end of what is
// there, for at most max_cover_days: n(x) − n(x + q) of demand until then. `waiting`: sales lost by ordering one review period later, the
// losses of that last period; what is lost before any order can arrive is in neither.
#pragma once

#include "operations/decisions/decisions.hpp"
#include "operations/inventory/config.hpp"
#include "operations/inventory/demand_path.hpp"
#include "operations/inventory/policy.hpp"

namespace sinan::inventory {

struct PriceBreak {
  Decimal min_quantity;
  Decimal unit_price;
};

// One supplier's terms for an item.
struct Offer {
  std::string supplier_id;
  std::string currency;
  std::vector<PriceBreak> breaks;  // by rising min_quantity
  double lead_time_days = 0;
  double lead_time_sd_days = 0;
  Decimal moq, pack;
  // Of deliveries; counts where no spread of the lead time is known: a late one is then taken to be a quarter of the lead time late.
  std::optional<double> on_time_share;
  Decimal transport_per_unit;  // of the lane to the place, 0 when the price includes it
  double transit_days = 0;
};

// Units that there are or will be, by where they stand.
struct Position {
  bool known = false;  // there is a stock record
  Decimal on_hand, reserved, in_transit, on_order, committed;
  Decimal total() const { return on_hand - reserved + in_transit + on_order + committed; }
};

struct Need {
  std::string item_id, location_id, item_class, unit;
  std::string currency;  // of cost and price
  Decimal unit_cost;
  Decimal unit_price;  // 0: not known
  DemandPath demand;
  std::string model, model_class;
  std::string model_version;  // "m1a2b3c4d5e6"; of rows without one, the run that made them
  Position position;
  std::vector<Offer> offers;
};

struct ItemPlan {
  std::string supplier_id;  // best one; empty if there is none
  double service_level = 0;
  double lead_time_days = 0;     // with transit and the expected lateness
  double lead_time_sd_days = 0;  // with the spread of lateness
  double demand_per_day = 0;
  StockPolicy policy;
  std::optional<decisions::Proposal> order;
  double waiting_loss = 0;  // in money: sales that are lost if the order waits for the next review
  std::vector<decisions::Proposal> alerts;
};

ItemPlan plan_item(const Need& need, const PlanConfig& config, Instant now);

// A notice with a reason instead of an order: kind "alert". `topic`: "no_supplier", "no_stock", "bad_terms", "not_worth_it", "over_budget",
// …
decisions::Proposal alert(std::string topic, const Need& need, decisions::Text text);

}  // namespace sinan::inventory

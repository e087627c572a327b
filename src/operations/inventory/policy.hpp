// Inventory theory in closed form: how much, how often, how safe. Pure functions; time in one unit throughout (the planner uses days).
//
// Equations are those of Snyder & Shen, Fundamentals of Supply Chain Theory (2nd ed., Wiley 2019), by their numbers.
#pragma once

#include <span>
#include <vector>

#include "operations/demand/distribution.hpp"

namespace sinan::inventory {

using demand::Distribution;

// Economic order quantity (3.4) and its cost per unit of time (3.5): fixed cost per order, holding cost per unit and time, demand rate.
struct EconomicOrder {
  double quantity = 0;
  double cost = 0;
};
EconomicOrder economic_order(double fixed_cost, double holding_cost, double demand_rate);

// A unit price that holds for all units of an order of at least `min_quantity`.
struct UnitPrice {
  double min_quantity = 0;
  double price = 0;
};
// With all-units discounts (§3.4.2): the holding cost is `holding_rate` times the price paid; the cost includes the purchase. Prices in
// order of min_quantity, the first from 0 on.
EconomicOrder economic_order_all_units(double fixed_cost, double holding_rate, double demand_rate, std::span<const UnitPrice> prices);

// The stock that balances what is left over with what is missing (newsvendor, 4.17) and its expected cost (4.24 with n(x)).
struct BaseStock {
  double level = 0;
  double cost = 0;
};
BaseStock newsvendor(double overage_cost, double underage_cost, const Distribution& demand);
double newsvendor_cost(double level, double overage_cost, double underage_cost, const Distribution& demand);

// Expected cost per unit of time of a continuous-review (r, Q) policy with normal lead-time demand (5.13, with the exact integral):
// holding cost per unit and time, stock-out cost per unit and time, fixed cost per order.
double reorder_cost(double reorder_point, double quantity, double holding_cost, double stockout_cost, double fixed_cost, double demand_rate,
                    const Distribution& lead_time_demand);
// The r that is best for a given Q: where g(r) = g(r + Q) (5.20).
double best_reorder_point(double quantity, double holding_cost, double stockout_cost, const Distribution& lead_time_demand);

// Demand over a lead time that itself varies (Hadley & Whitin 1963): the variance gains rate² · var(lead time).
Distribution with_lead_time_risk(const Distribution& fixed_lead_time, double daily_mean, double lead_time_sd);

// What stock must cover from one order to the arrival of the next, and the policy that covers it.
struct StockPolicy {
  double safety_stock = 0;
  double reorder_point = 0;  // order when the position is at or below it
  double order_up_to = 0;
};
// `cycle_quantity`: what is ordered beyond the reorder point at least, the larger of the economic quantity and one review period's demand.
StockPolicy stock_policy(const Distribution& protection_demand, double service_level, double cycle_quantity);

// `wanted` rounded up to the minimum order and then to whole packs. A wanted quantity of 0 or less stays 0; moq and pack below or at 0
// do not bind.
double orderable(double wanted, double moq, double pack);

}  // namespace sinan::inventory

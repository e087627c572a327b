// How a company wants its stock planned: plans/*.yaml of kind inventory.
//
//   kind: inventory
//   service_levels: {A: 0.98, B: 0.95, C: 0.90}
//   review_period: 1d
//   holding_cost_rate: 0.25        # a year, of what a unit costs
//   order_cost: 20                 # per order, in `currency`
//   lost_sale_share: 0.35          # of the selling price that a missed sale costs
//   currency: EUR
//   budget: {amount: 250000}       # of one day: what its earlier runs ordered counts
#pragma once

#include "base/workspace.hpp"

namespace sinan::inventory {

struct Budget {
  Decimal amount;
};
const Shape<Budget>& shape_of(const Budget*);

struct PlanConfig {
  std::string kind = "inventory";
  std::map<std::string, double> service_levels;  // by item class
  double default_service_level = 0.95;
  std::chrono::microseconds review_period = std::chrono::hours(24);
  double holding_cost_rate = 0.25;
  Decimal order_cost;
  double lost_sale_share = 0.3;
  std::string currency;  // default: the workspace's
  double max_cover_days = 120;
  std::optional<Budget> budget;
  std::vector<std::string> locations;     // empty: all
  std::vector<std::string> item_classes;  // empty: all
  std::string missing_stock = "alert";    // or "zero"
  Place place;

  double service_level(const std::string& item_class) const;
  double review_days() const { return std::chrono::duration<double, std::ratio<86400>>(review_period).count(); }
};
const Shape<PlanConfig>& shape_of(const PlanConfig*);

// The inventory plan of the workspace: at most one file; without one, the defaults in the workspace's currency.
PlanConfig read_plan(const Workspace& workspace, Diagnostics& diagnostics);
// JSON Schema of plans/*.yaml.
Json plan_schema();

}  // namespace sinan::inventory

#include "operations/inventory/policy.hpp"

#include <algorithm>
#include <cmath>

namespace sinan::inventory {

EconomicOrder economic_order(double fixed_cost, double holding_cost, double demand_rate) {
  if (!(demand_rate > 0) || !(holding_cost > 0)) return {};
  return {std::sqrt(2 * fixed_cost * demand_rate / holding_cost), std::sqrt(2 * fixed_cost * demand_rate * holding_cost)};
}

EconomicOrder economic_order_all_units(double fixed_cost, double holding_rate, double demand_rate, std::span<const UnitPrice> prices) {
  EconomicOrder best;
  bool found = false;
  for (std::size_t i = 0; i < prices.size(); ++i) {
    double holding = holding_rate * prices[i].price;
    double quantity = std::max(economic_order(fixed_cost, holding, demand_rate).quantity, prices[i].min_quantity);
    if (i + 1 < prices.size() && quantity >= prices[i + 1].min_quantity) continue;  // never ordered at this price
    if (!(quantity > 0)) continue;
    double cost = prices[i].price * demand_rate + fixed_cost * demand_rate / quantity + holding * quantity / 2;
    if (!found || cost < best.cost) best = {quantity, cost};
    found = true;
  }
  return best;
}

BaseStock newsvendor(double overage_cost, double underage_cost, const Distribution& demand) {
  double level = demand.quantile(underage_cost / (overage_cost + underage_cost));
  return {level, newsvendor_cost(level, overage_cost, underage_cost, demand)};
}

double newsvendor_cost(double level, double overage_cost, double underage_cost, const Distribution& demand) {
  return overage_cost * (level - demand.mean()) + (overage_cost + underage_cost) * demand.loss(level);
}

double reorder_cost(double reorder_point, double quantity, double holding_cost, double stockout_cost, double fixed_cost, double demand_rate,
                    const Distribution& lead_time_demand) {
  double mean = lead_time_demand.mean();
  double sd = lead_time_demand.sd();
  auto loss2 = [&](double x) {
    return sd > 0 ? sd * sd * demand::normal_loss2((x - mean) / sd) : 0.5 * std::pow(std::max(mean - x, 0.0), 2);
  };
  double integral = holding_cost * (reorder_point + quantity / 2 - mean) * quantity +
                    (holding_cost + stockout_cost) * (loss2(reorder_point) - loss2(reorder_point + quantity));
  return (fixed_cost * demand_rate + integral) / quantity;
}

double best_reorder_point(double quantity, double holding_cost, double stockout_cost, const Distribution& lead_time_demand) {
  auto g = [&](double y) { return newsvendor_cost(y, holding_cost, stockout_cost, lead_time_demand); };
  double best = newsvendor(holding_cost, stockout_cost, lead_time_demand).level;
  double low = best - quantity;  // there g(low) ≥ g(low + Q), the minimum of a convex function
  double high = best;            // and there g(high) ≤ g(high + Q)
  for (int i = 0; i < 200 && high - low > 1e-12 * (1 + std::abs(high)); ++i) {
    double middle = (low + high) / 2;
    (g(middle) > g(middle + quantity) ? low : high) = middle;
  }
  return (low + high) / 2;
}

Distribution with_lead_time_risk(const Distribution& fixed_lead_time, double daily_mean, double lead_time_sd) {
  double added = daily_mean * lead_time_sd;
  return Distribution::of(fixed_lead_time.mean(), std::sqrt(fixed_lead_time.sd() * fixed_lead_time.sd() + added * added));
}

StockPolicy stock_policy(const Distribution& protection_demand, double service_level, double cycle_quantity) {
  double reorder_point = protection_demand.quantile(service_level);
  return {std::max(reorder_point - protection_demand.mean(), 0.0), reorder_point, reorder_point + std::max(cycle_quantity, 0.0)};
}

double orderable(double wanted, double moq, double pack) {
  if (!(wanted > 0)) return 0;
  double quantity = std::max(wanted, moq > 0 ? moq : 0);
  constexpr double kSlack = 1e-9;  // a computed 12.000000000001 packs are 12
  return pack > 0 ? std::ceil(quantity / pack - kSlack) * pack : quantity;
}

}  // namespace sinan::inventory

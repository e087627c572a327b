// Textbook values of inventory theory. Sources: Snyder & Shen, Fundamentals of Supply Chain Theory (2nd ed.); statistical tables.
#include "operations/inventory/policy.hpp"

#include <gtest/gtest.h>

namespace sinan::inventory {
namespace {

TEST(Policy, TheEconomicOrderQuantityOfExample31) {
  EconomicOrder order = economic_order(8, 0.225, 1300);
  EXPECT_NEAR(order.quantity, 304.0467800264368, 1e-10);
  EXPECT_NEAR(order.cost, 68.41052550594829, 1e-11);
  EXPECT_EQ(economic_order(8, 0.225, 0).quantity, 0);
}

// Example 3.5: at 0.68 the quantity is pushed up to the break of 800: 0.68·1300 + 8·1300/800 + 0.3·0.68·800/2 = 978.60; the other prices
// cost 1043.41 (economic quantity 304.05) and 1005.20 (pushed up to 400).
TEST(Policy, AllUnitsDiscountsOfExample35) {
  std::vector<UnitPrice> prices{{0, 0.75}, {400, 0.72}, {800, 0.68}};
  EconomicOrder order = economic_order_all_units(8, 0.3, 1300, prices);
  EXPECT_DOUBLE_EQ(order.quantity, 800);
  EXPECT_NEAR(order.cost, 978.60, 1e-9);
  EconomicOrder plain = economic_order_all_units(8, 0.3, 1300, std::span(prices).first(1));
  EXPECT_NEAR(plain.quantity, 304.0467800264368, 1e-9);
  EXPECT_NEAR(plain.cost, 1043.41, 0.005);
}

TEST(Policy, TheNewsvendorOfExample41AndOfTheDataSheet) {
  BaseStock paper = newsvendor(0.18, 0.70, Distribution::normal(50, 8));
  EXPECT_NEAR(paper.level, 56.60395592743389, 1e-9);
  EXPECT_NEAR(paper.cost, 1.9976051931766445, 1e-10);
  BaseStock sheet = newsvendor(2, 18, Distribution::normal(120, 10));
  EXPECT_NEAR(sheet.level, 132.8155, 5e-5);
  EXPECT_NEAR(sheet.cost, 35.0997, 1e-4);
}

TEST(Policy, TheReorderPointAndQuantityOfExample51) {
  Distribution lead = Distribution::normal(1300.0 / 12, 150 * std::sqrt(1.0 / 12));
  EXPECT_NEAR(reorder_cost(126.8, 328.5, 0.225, 7.5, 8, 1300, lead), 78.071162509282942, 1e-9);
  EXPECT_NEAR(best_reorder_point(328.5, 0.225, 7.5, lead), 126.8, 0.1);
  // The best r of a given Q is better than its neighbours.
  double r = best_reorder_point(328.5, 0.225, 7.5, lead);
  auto cost = [&](double point) { return reorder_cost(point, 328.5, 0.225, 7.5, 8, 1300, lead); };
  EXPECT_LT(cost(r), cost(r - 1));
  EXPECT_LT(cost(r), cost(r + 1));
}

TEST(Policy, LeadTimesThatVaryAddTheirShareOfVariance) {
  // Hadley & Whitin: σ² = L·σ_d² + d²·σ_L²; d = 10, σ_d = 3, L = 9, σ_L = 2: √(81 + 400).
  Distribution risky = with_lead_time_risk(Distribution::of(90, 9), 10, 2);
  EXPECT_NEAR(risky.sd(), std::sqrt(481.0), 1e-12);
  EXPECT_NEAR(risky.mean(), 90, 1e-12);
}

TEST(Policy, ServiceCostsStockAndOrdersComeInWholePacks) {
  Distribution demand = Distribution::of(100, 30);
  StockPolicy low = stock_policy(demand, 0.9, 50);
  StockPolicy high = stock_policy(demand, 0.99, 50);
  EXPECT_LT(low.reorder_point, high.reorder_point);
  EXPECT_NEAR(high.safety_stock, high.reorder_point - 100, 1e-12);
  EXPECT_NEAR(high.order_up_to - high.reorder_point, 50, 1e-12);
  struct Case {
    double wanted, moq, pack, quantity;
  };
  for (Case c : std::vector<Case>{
           {0, 10, 6, 0}, {-5, 10, 6, 0}, {1, 10, 6, 12}, {13, 10, 6, 18}, {12, 0, 6, 12}, {12.000000000001, 0, 6, 12}, {7.3, 0, 0, 7.3}})
    EXPECT_DOUBLE_EQ(orderable(c.wanted, c.moq, c.pack), c.quantity) << c.wanted;
}

}  // namespace
}  // namespace sinan::inventory

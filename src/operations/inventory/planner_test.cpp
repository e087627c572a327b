// Plans of single items: the cheaper risk wins, orders come in packs at exact prices, and what cannot be planned is said.
#include "operations/inventory/planner.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace sinan::inventory {
namespace {

const Instant kNow = *parse_instant("2026-03-01T06:00:00Z");

Decimal d(std::string_view text) { return *Decimal::parse(text); }

DemandPath steady(double mean, double sd, int days = 60) {
  DemandPathBuilder builder;
  for (int i = 0; i < days; ++i) builder.add(mean, sd);
  return builder.take();
}

PlanConfig config() {
  PlanConfig c;
  c.currency = "EUR";
  c.order_cost = d("20");
  c.service_levels = {{"A", 0.98}};
  return c;
}

Offer offer(std::string supplier, std::string_view price, double lead_days = 7) {
  Offer o;
  o.supplier_id = std::move(supplier);
  o.currency = "EUR";
  o.breaks = {{Decimal(), d(price)}};
  o.lead_time_days = lead_days;
  o.lead_time_sd_days = 1;
  o.moq = d("10");
  o.pack = d("6");
  return o;
}

Need need(std::vector<Offer> offers) {
  Need n;
  n.item_id = "I1";
  n.location_id = "W1";
  n.item_class = "A";
  n.unit = "each";
  n.currency = "EUR";
  n.unit_cost = d("3");
  n.unit_price = d("5");
  n.demand = steady(10, 4);
  n.model = "theta";
  n.model_version = "cycle-20260228-1";
  n.position = {true, d("20"), d("5"), d("0"), d("0"), d("0")};
  n.offers = std::move(offers);
  return n;
}

// Var(h) = h σ² (1 − ρ) + ρ (h σ)²: for one day σ², for ten with ρ = 0.1: 10·16·0.9 + 0.1·1600 = 304.
TEST(DemandPath, SumsWidenByTheCorrelationOfDays) {
  DemandPath path = steady(10, 4, 10);
  EXPECT_DOUBLE_EQ(path.over(1).sd(), 4);
  EXPECT_NEAR(path.over(10).sd(), std::sqrt(304.0), 1e-12);
  EXPECT_DOUBLE_EQ(path.over(2.5).mean(), 25);
  EXPECT_DOUBLE_EQ(path.over(20).mean(), 200);  // beyond the horizon at last week's pace
}

TEST(Planner, APositionBelowTheReorderPointLeadsToAnOrderInPacksAtAnExactPrice) {
  ItemPlan plan = plan_item(need({offer("S1", "3.1499")}), config(), kNow);
  ASSERT_TRUE(plan.order);
  const decisions::Proposal& order = *plan.order;
  EXPECT_EQ(order.kind, "purchase_order");
  EXPECT_EQ(order.quantity.amount.raw() % d("6").raw(), 0);
  EXPECT_EQ(order.amount.amount, d("3.1499") * order.quantity.amount);
  EXPECT_GE(order.quantity.amount.to_double() + 15, plan.policy.order_up_to - 1e-6);
  EXPECT_LT(order.quantity.amount.to_double() + 15 - 6, plan.policy.order_up_to);
  EXPECT_EQ(*order.expected_at, kNow + std::chrono::hours(24 * 7));
  EXPECT_GT(plan.waiting_loss, 0);
  EXPECT_EQ(order.evidence.model, "theta");
  EXPECT_EQ(order.evidence.model_version, "cycle-20260228-1");
  EXPECT_EQ(order.evidence.inputs["position"]["total"], "15");
  EXPECT_FALSE(order.evidence.explanation.en.empty());
  EXPECT_FALSE(order.evidence.explanation.zh.empty());
}

// Certain demand of 10 a day and a certain lead time of 7 days: at a position of 15, 55 are lost before any order can arrive, whatever is
// ordered; an order a day later loses 10 more. What is ordered serves as much.
TEST(Planner, WhatAnOrderBringsLeavesOutWhatIsLostAnyway) {
  Need n = need({offer("S1", "3")});
  n.offers[0].lead_time_sd_days = 0;
  n.demand = steady(10, 0);
  ItemPlan plan = plan_item(n, config(), kNow);
  ASSERT_TRUE(plan.order);
  const Json& figures = plan.order->evidence.figures;
  EXPECT_DOUBLE_EQ(plan.waiting_loss, 50);
  EXPECT_EQ(figures["lost_by_waiting"], "50.00");
  EXPECT_EQ(figures["lost_units_by_waiting"], "10.0");
  double quantity = plan.order->quantity.amount.to_double();
  EXPECT_EQ(figures["served_units"], fmt::format("{:.1f}", quantity));
  EXPECT_EQ(figures["served_sales"], fmt::format("{:.2f}", quantity * 5));
  EXPECT_EQ(figures["lasts_days"], fmt::format("{:.1f}", quantity / 10));

  n.position.on_hand = d("80");  // 75 with what is reserved: lasts until the order arrives, and half of the day after
  plan = plan_item(n, config(), kNow);
  EXPECT_DOUBLE_EQ(plan.waiting_loss, 25);
  quantity = plan.order->quantity.amount.to_double();
  EXPECT_EQ(plan.order->evidence.figures["served_units"], fmt::format("{:.1f}", quantity)) << "goods that are there sell first";
}

// One unit in 200 days, twelve at least: the order lasts for years, and holding a unit costs more than missing its sale.
TEST(Planner, AnOrderThatCostsMoreToHoldThanItsSalesAreWorthIsNotProposed) {
  Need n = need({offer("S1", "3")});
  n.offers[0].moq = d("12");
  n.demand = steady(0.005, 0.07);
  n.position.on_hand = n.position.reserved;
  ItemPlan plan = plan_item(n, config(), kNow);
  EXPECT_FALSE(plan.order);
  ASSERT_EQ(plan.alerts.size(), 1U);
  EXPECT_EQ(plan.alerts[0].topic, "not_worth_it");
  EXPECT_NE(plan.alerts[0].evidence.explanation.en.find("with orders of 12 from S1, each for about 2,400 days, selling a unit costs"),
            std::string::npos)
      << plan.alerts[0].evidence.explanation.en;
  n.demand = steady(0.5, 0.7);
  EXPECT_TRUE(plan_item(n, config(), kNow).order);
}

// At the price where an order is just not worth it, the two costs differ by far less than a cent.
TEST(Planner, CostsThatAreComparedAreShownApart) {
  Need n = need({offer("S1", "3")});
  n.offers[0].moq = d("12");
  n.demand = steady(0.005, 0.07);
  n.position.on_hand = n.position.reserved;
  std::int64_t refused = 0, ordered = d("100000").raw();
  while (ordered - refused > 1) {
    n.unit_price = Decimal::raw((refused + ordered) / 2);
    (plan_item(n, config(), kNow).order ? ordered : refused) = n.unit_price.raw();
  }
  n.unit_price = Decimal::raw(refused);
  ItemPlan plan = plan_item(n, config(), kNow);
  ASSERT_EQ(plan.alerts.size(), 1U);
  const std::string& text = plan.alerts[0].evidence.explanation.en;
  std::smatch costs;
  ASSERT_TRUE(std::regex_search(text, costs, std::regex(R"(a unit costs €([0-9.]+) .*its sale costs €([0-9.]+))"))) << text;
  EXPECT_GT(std::stod(costs[1]), std::stod(costs[2])) << text;
}

TEST(Planner, WhatIsOnItsWayCounts) {
  Need n = need({offer("S1", "3")});
  for (Decimal Position::* part : {&Position::in_transit, &Position::on_order, &Position::committed}) {
    Need other = n;
    other.position.*part = d("1000");
    EXPECT_FALSE(plan_item(other, config(), kNow).order);
  }
}

// The policy's own service level, by simulation of the protection interval's demand: position at the reorder point runs out in 2 % of
// cycles.
TEST(Planner, TheReorderPointCoversTheLeadTimeAtTheServiceLevel) {
  ItemPlan plan = plan_item(need({offer("S1", "3")}), config(), kNow);
  Distribution demand = with_lead_time_risk(need({}).demand.over(8), 10, 1);
  EXPECT_NEAR(demand.cdf(plan.policy.reorder_point), 0.98, 1e-9);
  EXPECT_NEAR(plan.policy.safety_stock, plan.policy.reorder_point - 80, 1e-9);
}

TEST(Planner, TheSupplierWithTheLowerLandedCostWinsAndTheOtherIsToldWhy) {
  Offer cheap = offer("S-cheap", "3.00");
  Offer dear = offer("S-dear", "3.30");
  ItemPlan plan = plan_item(need({dear, cheap}), config(), kNow);
  ASSERT_TRUE(plan.order);
  EXPECT_EQ(plan.order->supplier_id, "S-cheap");
  const auto& alternatives = plan.order->evidence.alternatives;
  ASSERT_EQ(alternatives.size(), 2U);
  EXPECT_FALSE(alternatives[0].why_not);
  EXPECT_EQ(alternatives[1].what, "supplier S-dear");
  EXPECT_NE(alternatives[1].why_not->en.find("a higher price"), std::string::npos);
  EXPECT_GT(alternatives[1].cost.amount, alternatives[0].cost.amount);
}

TEST(Planner, FreightAndLatenessCanCostMoreThanAPriceSaves) {
  Offer near = offer("S-near", "3.00");
  Offer far = offer("S-far", "2.95");
  far.transport_per_unit = d("0.20");
  EXPECT_EQ(plan_item(need({near, far}), config(), kNow).supplier_id, "S-near");

  Offer late = offer("S-late", "2.99", 40);
  late.on_time_share = 0.5;
  late.lead_time_sd_days = 0;
  ItemPlan plan = plan_item(need({near, late}), config(), kNow);
  EXPECT_EQ(plan.supplier_id, "S-near");
  // Half of the deliveries a quarter of 40 days late: 5 days more on average, and a spread of 5.
  ItemPlan alone = plan_item(need({late}), config(), kNow);
  EXPECT_DOUBLE_EQ(alone.lead_time_days, 45);
  EXPECT_NEAR(alone.lead_time_sd_days, 5, 1e-12);
  EXPECT_GT(alone.policy.safety_stock, plan.policy.safety_stock);
  late.lead_time_sd_days = 3;  // a spread that was observed holds the lateness already
  EXPECT_DOUBLE_EQ(plan_item(need({late}), config(), kNow).lead_time_days, 40);
}

TEST(Planner, APriceBreakIsTakenWhenItPays) {
  Offer o = offer("S1", "3.00");
  o.breaks.push_back({d("600"), d("2.40")});
  ItemPlan plan = plan_item(need({o}), config(), kNow);
  ASSERT_TRUE(plan.order);
  EXPECT_GE(plan.order->quantity.amount, d("600"));
  EXPECT_EQ(plan.order->unit_price, d("2.40"));
  o.breaks.back() = {d("6000"), d("2.99")};  // saves 0.10 a day, costs six times that to hold
  plan = plan_item(need({o}), config(), kNow);
  EXPECT_LT(plan.order->quantity.amount, d("6000"));
  EXPECT_EQ(plan.order->unit_price, d("3.00"));
}

TEST(Planner, AMinimumOrderBindsAndIsNamed) {
  Offer o = offer("S1", "3.00");
  o.moq = d("5000");
  ItemPlan plan = plan_item(need({o}), config(), kNow);
  EXPECT_EQ(plan.order->quantity.amount, d("5004"));
  EXPECT_EQ(plan.order->evidence.binding_constraints.front(), "moq");
}

TEST(Planner, WhatCannotBePlannedIsAnAnswer) {
  struct Case {
    std::string what;
    Need need;
    std::string topic;
  };
  Offer no_lead = offer("S1", "3", 0);
  Offer no_currency = offer("S1", "3");
  no_currency.currency.clear();
  Offer foreign = offer("S1", "3");
  foreign.currency = "USD";
  Offer no_price = offer("S1", "0");
  Need no_stock = need({offer("S1", "3")});
  no_stock.position = {};
  for (const Case& c : std::vector<Case>{{"nobody supplies it", need({}), "no_supplier"},
                                         {"no lead time", need({no_lead}), "bad_terms"},
                                         {"no currency", need({no_currency}), "bad_terms"},
                                         {"another currency", need({foreign}), "bad_terms"},
                                         {"no price", need({no_price}), "bad_terms"},
                                         {"no stock record", no_stock, "no_stock"}}) {
    SCOPED_TRACE(c.what);
    ItemPlan plan = plan_item(c.need, config(), kNow);
    EXPECT_FALSE(plan.order);
    ASSERT_EQ(plan.alerts.size(), 1U);
    EXPECT_EQ(plan.alerts[0].topic, c.topic);
  }
  // One bad supplier does not spoil the other.
  ItemPlan plan = plan_item(need({no_lead, offer("S2", "3")}), config(), kNow);
  EXPECT_EQ(plan.order->supplier_id, "S2");
  EXPECT_EQ(plan.order->evidence.alternatives[1].why_not->en, "its lead time is not known");
  EXPECT_TRUE(plan.alerts.empty());
}

TEST(Planner, NoDemandNoOrderNoNoise) {
  Need n = need({});
  n.demand = steady(0, 0);
  ItemPlan plan = plan_item(n, config(), kNow);
  EXPECT_FALSE(plan.order);
  EXPECT_TRUE(plan.alerts.empty());
}

// What is left of rounding is no demand: a minimum order for it would last for ages and cost more than amounts can hold.
TEST(Planner, DemandOfAnySizeIsPlannedOrAnsweredAndNeverBreaks) {
  Need n = need({offer("S1", "3"), offer("S2", "3.5")});
  n.position.on_hand = n.position.reserved;
  int orders = 0;
  for (double demand = 1e-300; demand < 1e300; demand *= 10) {
    SCOPED_TRACE(fmt::format("{} a day", demand));
    for (double spread : {1e-3, 1.0, 1e3}) {
      n.demand = steady(demand, demand * spread);
      ItemPlan plan = plan_item(n, config(), kNow);
      orders += plan.order ? 1 : 0;
      if (demand < 1e-7) EXPECT_TRUE(!plan.order && plan.alerts.empty());
      if (demand > 1e13) {
        EXPECT_FALSE(plan.order);
        ASSERT_EQ(plan.alerts.size(), 1U);
        EXPECT_TRUE(plan.alerts[0].topic == "beyond_limits" || plan.alerts[0].topic == "not_worth_it") << plan.alerts[0].topic;
      }
    }
  }
  EXPECT_GT(orders, 20);
}

// A property: the order in which suppliers are listed changes nothing; a thousand random items, seed printed on failure.
TEST(Planner, TheOrderOfSuppliersDoesNotMatter) {
  std::uint64_t seed = 42;
  auto random = [&] {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(seed >> 11) / 9007199254740992.0;
  };
  for (int i = 0; i < 1000; ++i) {
    SCOPED_TRACE(i);
    std::vector<Offer> offers;
    for (int s = 0; s < 3; ++s) {
      Offer o = offer(fmt::format("S{}", s), fmt::format("{:.4f}", 1 + 4 * random()), 1 + 60 * random());
      o.moq = Decimal::round(std::floor(200 * random()));
      o.breaks.push_back({Decimal::whole(100), o.breaks[0].unit_price * d("0.93")});
      o.on_time_share = random();
      offers.push_back(o);
    }
    Need a = need(offers);
    a.demand = steady(20 * random(), 30 * random());
    std::ranges::reverse(offers);
    Need b = a;
    b.offers = offers;
    ItemPlan first = plan_item(a, config(), kNow);
    ItemPlan second = plan_item(b, config(), kNow);
    ASSERT_EQ(first.order.has_value(), second.order.has_value());
    EXPECT_EQ(first.supplier_id, second.supplier_id);
    if (first.order) {
      EXPECT_EQ(canonical(to_json(first.order->evidence)), canonical(to_json(second.order->evidence)));
      EXPECT_EQ(first.order->quantity, second.order->quantity);
      EXPECT_EQ(first.order->quantity.amount.raw() % d("6").raw(), 0);
      EXPECT_GE(first.order->quantity.amount.to_double() + a.position.total().to_double() + 1e-3, first.policy.order_up_to);
    }
  }
}

}  // namespace
}  // namespace sinan::inventory

// Planning over the real fabric, lake and decisions: what was ordered is not ordered again, and outcomes find their decisions.
#include "operations/inventory/planning.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "operations/inventory/outcome.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::inventory {
namespace {

class Accepting final : public decisions::EffectExecutor {
 public:
  Result<decisions::Effect> execute(const decisions::Decision& decision) override { return decisions::Effect{"erp", decision.id, false}; }
};

class PlanningTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() / fmt::format("sinan-planning-{}", secrets::random_token(8));
    std::filesystem::create_directories(dir_ / "ws");
    std::ofstream(dir_ / "ws" / "sinan.yaml") << "name: acme\n";
    Diagnostics diagnostics;
    workspace_ = *Workspace::open(dir_ / "ws", diagnostics);
    store_ = *storage::Store::open(dir_ / "store.db");
    lake_ = *lake::Lake::open(dir_ / "lake", *store_, clock_);
    fabric::FabricContext context;
    context.workspace = &workspace_;
    context.lake = lake_.get();
    context.lake_dir = dir_ / "lake";
    context.clock = &clock_;
    context.mask_key = "a key of the tests";
    fabric_ = *fabric::open(std::move(context), diagnostics);
    ledger_ = *audit::Ledger::open(*store_, dir_, clock_);
    decisions::AutomationPolicy policy;
    auto node = parse_yaml("rules: [{name: all, max_amount: 1000000, currency: EUR, verdict: automatic}]", "policies/a.yaml", diagnostics);
    shape_of(static_cast<const decisions::AutomationPolicy*>(nullptr)).read(*node, policy, diagnostics);
    decisions_ = *decisions::Decisions::open({*ledger_, policy, Zone()});
    ASSERT_TRUE(diagnostics.ok());
    fill();
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void keep(const std::string& table, const std::string& sql) {
    auto version = fabric_->materialize(owner_principal(), sql, table, {}, lake::Mode::kReplace);
    ASSERT_TRUE(version) << table << ": " << version.error().text();
  }

  // Four items at two places; I1 and I2 are short of stock, I3 has plenty, I4 has no supplier.
  void fill() {
    keep("ops.items",
         "SELECT 'I' || i AS item_id, 'Item ' || i AS name, 'x' AS category, 'each' AS unit, 2.5::DECIMAL(18,4) AS unit_cost,"
         " 4::DECIMAL(18,4) AS unit_price, 'EUR' AS currency, 'A' AS class, 'active' AS status FROM range(1, 5) t(i)");
    keep("ops.forecasts",
         "SELECT 'I' || i AS item_id, 'W' || w AS location_id, DATE '2026-03-01' + h::INTEGER AS ds, h AS horizon, 10.0 AS yhat, 5.0 AS q5,"
         " 6.0 AS q10, 8.0 AS q25, 10.0 AS q50, 12.0 AS q75, 14.0 AS q90, 15.0 AS q95, 17.0 AS q99, 'theta' AS model, 'smooth' AS class,"
         " 'r0' AS run_id FROM range(1, 5) t(i), range(1, 3) u(w), range(1, 29) v(h)");
    keep("ops.stock",
         "SELECT 'I' || i AS item_id, 'W' || w AS location_id, TIMESTAMP '2026-03-01 00:00:00' - to_days(d::INTEGER) AS as_of,"
         " CASE WHEN d > 0 THEN 9999 WHEN i = 3 THEN 1000 ELSE 20 END::DECIMAL(18,4) AS on_hand, 0::DECIMAL(18,4) AS reserved,"
         " 0::DECIMAL(18,4) AS in_transit, 'each' AS unit FROM range(1, 5) t(i), range(1, 3) u(w), range(0, 3) x(d)");
    keep("ops.suppliers",
         "SELECT 'S1' AS supplier_id, 'One' AS name, 'EUR' AS currency, 0.9 AS on_time_share UNION ALL"
         " SELECT 'S2', 'Two', 'EUR', NULL");
    keep(
        "ops.supplier_items",
        "SELECT s AS supplier_id, 'I' || i AS item_id, m::DECIMAL(18,4) AS min_quantity, p::DECIMAL(18,4) AS unit_price, 'EUR' AS currency,"
        " 7 AS lead_time_days, 1.5 AS lead_time_sd_days, 10 AS moq, 5 AS pack_size FROM range(1, 4) t(i),"
        " (VALUES ('S1', 0, 2.50), ('S1', 500, 2.45), ('S2', 0, 2.60)) x(s, m, p)");
    orders("");
  }

  // ops.purchase_orders as the ERP shows it: one open order of I2 at W2, and rows for the decisions given.
  void orders(const std::string& more) {
    keep("ops.purchase_orders",
         "SELECT * FROM (VALUES ('P1', 'S1', 'I2', 'W2', 400.0, 100.0, 2.5, 'EUR', TIMESTAMP '2026-02-20 00:00:00',"
         " TIMESTAMP '2026-03-05 00:00:00', 'open', NULL::VARCHAR)" +
             more +
             ") t(purchase_order_id, supplier_id, item_id, location_id, quantity, received_quantity, unit_price, currency, ordered_at,"
             " expected_at, status, decision_id)");
  }

  PlanReport plan(std::string run, PlanConfig config = {}, unsigned threads = 1, std::optional<lake::Version> at = {}) {
    PlanRequest request;
    request.config = std::move(config);
    request.run_id = std::move(run);
    request.threads = threads;
    request.at = at;
    return plan_with(*decisions_->commitments(), std::move(request));
  }
  PlanReport plan_with(const decisions::Decisions::Commitments& commitments, PlanRequest request) {
    request.config.currency = "EUR";
    request.config.order_cost = Decimal::whole(20);
    request.now = clock_.now();
    auto report = inventory::plan(*fabric_, commitments, request);
    if (!report) ADD_FAILURE() << report.error().text();
    return report ? *std::move(report) : PlanReport{};
  }

  static std::vector<std::string> targets(const PlanReport& report, std::string_view kind) {
    std::vector<std::string> out;
    for (const auto& p : report.batch.proposals)
      if (p.kind == kind) out.push_back(p.item_id + p.location_id);
    return out;
  }

  std::filesystem::path dir_;
  FixedClock clock_{*parse_instant("2026-03-01T06:00:00Z")};
  Workspace workspace_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<lake::Lake> lake_;
  std::unique_ptr<fabric::Fabric> fabric_;
  std::unique_ptr<audit::Ledger> ledger_;
  std::unique_ptr<decisions::Decisions> decisions_;
};

TEST_F(PlanningTest, ShortItemsAreOrderedOthersNotAndAMissingSupplierIsSaid) {
  PlanReport report = plan("r1");
  EXPECT_EQ(report.planned, 8);
  EXPECT_EQ(targets(report, "purchase_order"), (std::vector<std::string>{"I1W1", "I1W2", "I2W1"}));
  EXPECT_EQ(targets(report, "alert"), (std::vector<std::string>{"I4W1", "I4W2"}));
  const decisions::Proposal& order = report.batch.proposals.front();
  EXPECT_EQ(order.supplier_id, "S1");
  EXPECT_EQ(order.evidence.model, "theta");
  EXPECT_EQ(order.evidence.inputs["lake_version"], report.version);
  auto rows = *fabric::query_table(*fabric_, owner_principal(), "SELECT count(*), count(supplier_id), min(run_id) FROM ops.stock_policies");
  EXPECT_EQ(rows.batches.at(0).columns[0].to_text(0), "8");
  EXPECT_EQ(rows.batches.at(0).columns[1].to_text(0), "6");
  EXPECT_EQ(rows.batches.at(0).columns[2].to_text(0), "r1");
}

TEST_F(PlanningTest, WhatWasDecidedIsNotBoughtAgainBeforeOrAfterTheErpShowsIt) {
  PlanReport first = plan("r1");
  auto proposed = *decisions_->propose(system_principal("planner"), first.batch);
  EXPECT_EQ(proposed.automatic, 5);
  EXPECT_TRUE(targets(plan("r2"), "purchase_order").empty());  // approved, not executed
  Accepting erp;
  ASSERT_TRUE(decisions_->execute(erp));
  EXPECT_TRUE(targets(plan("r3"), "purchase_order").empty());  // executed, not yet visible
  std::string rows;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& p = first.batch.proposals[i];
    rows += fmt::format(
        ", ('Q{}', 'S1', '{}', '{}', {}, 0.0, 2.5, 'EUR', TIMESTAMP '2026-03-01 07:00:00', TIMESTAMP '2026-03-08 00:00:00', 'open', '{}')",
        i, p.item_id, p.location_id, p.quantity.amount.text(), proposed.ids[i]);
  }
  orders(rows);
  EXPECT_TRUE(targets(plan("r4"), "purchase_order").empty());  // visible as open orders, counted once
  auto policies = *fabric::query_table(*fabric_, owner_principal(),
                                       "SELECT position FROM ops.stock_policies WHERE item_id = 'I1' AND location_id = 'W1'");
  EXPECT_EQ(Decimal::parse(policies.batches.at(0).columns[0].to_text(0))->raw(),
            (Decimal::whole(20) + first.batch.proposals[0].quantity.amount).raw());
}

TEST_F(PlanningTest, TheSameVersionGivesTheSameBitsAtAnyNumberOfThreads) {
  lake::Version at = lake_->current();
  auto bits = [](const PlanReport& report) {
    std::string out;
    for (const auto& p : report.batch.proposals)
      out += fmt::format("{} {} {} {} {}\n", p.item_id, p.location_id, p.quantity.amount.text(), p.amount.amount.text(),
                         canonical(to_json(p.evidence)));
    return out;
  };
  std::string one = bits(plan("r", {}, 1, at));
  keep("ops.stock",
       "SELECT 'I1' AS item_id, 'W1' AS location_id, now()::TIMESTAMP AS as_of, 0 AS on_hand, 0 AS reserved, 0 AS in_transit, 'each' AS "
       "unit");
  EXPECT_EQ(one, bits(plan("r", {}, 4, at)));
}

TEST_F(PlanningTest, ABudgetGoesToTheMostUsefulOrders) {
  PlanReport all = plan("r1");
  PlanConfig config;
  config.budget = Budget{all.spend.amount - Decimal::whole(1)};
  PlanReport less = plan("r2", config);
  EXPECT_EQ(less.over_budget, 1);
  EXPECT_EQ(less.orders, all.orders - 1);
  EXPECT_LE(less.spend.amount, config.budget->amount);
  EXPECT_EQ(less.batch.proposals[2].kind == "alert" || less.batch.proposals[0].kind == "alert" || less.batch.proposals[1].kind == "alert",
            true);
}

// What a day's earlier run ordered is spent; another day has a budget of its own.
TEST_F(PlanningTest, RunsOfOneDayShareItsBudget) {
  PlanReport first = plan("r1");
  PlanConfig config;
  config.budget = Budget{first.spend.amount};
  EXPECT_EQ(plan("r2", config).over_budget, 0);
  auto commitments = *decisions_->commitments();
  auto order = [&](const char* day, const char* currency, Decimal amount) {
    decisions::Commitment c{
        .id = "x", .kind = "purchase_order", .item_id = "I9", .location_id = "W9", .state = decisions::State::kExecuted};
    c.amount = {amount, currency};
    c.day = day;
    return c;
  };
  const std::string today = format_date(Zone().day_of(clock_.now()));
  struct Case {
    decisions::Commitment before;
    bool counts;
  };
  for (const Case& c :
       {Case{order(today.c_str(), "EUR", Decimal::whole(1)), true}, Case{order("2020-01-01", "EUR", Decimal::whole(1)), false},
        Case{order(today.c_str(), "USD", Decimal::whole(1)), false}}) {
    auto with = commitments;
    with.items.push_back(c.before);
    PlanReport report = plan_with(with, {.config = config, .run_id = "r3"});
    EXPECT_EQ(report.over_budget, c.counts ? 1 : 0) << c.before.day << " " << c.before.amount.currency;
  }
  auto all = commitments;
  all.items.push_back(order(today.c_str(), "EUR", first.spend.amount));
  EXPECT_EQ(plan_with(all, {.config = config, .run_id = "r4"}).spend.amount, Decimal());
}

// The plan expects 10 a day over 8 days and a little. Sales are 12 a day, one day was sold out, and the goods come two days late and
// dearer.
TEST_F(PlanningTest, OutcomesTellForecastErrorStockOutLatenessAndCost) {
  PlanReport first = plan("r1");
  auto proposed = *decisions_->propose(system_principal("planner"), first.batch);
  Accepting erp;
  ASSERT_TRUE(decisions_->execute(erp));
  const decisions::Proposal& p = first.batch.proposals[0];
  ASSERT_EQ(p.item_id + p.location_id, "I1W1");
  keep("ops.locations", "SELECT 'W' || w AS location_id, CASE w WHEN 1 THEN 'Asia/Shanghai' END AS timezone FROM range(1, 3) t(w)");
  // 2026-03-01T06:00Z is 14:00 in Shanghai, whose day began at 16:00 UTC the day before; sales at 17:00 UTC belong to the next day there.
  keep("ops.sales",
       "SELECT 'I1' AS item_id, 'W1' AS location_id, TIMESTAMP '2026-02-28 17:00:00' + to_days(x::INTEGER) AS sold_at, 12.0 AS quantity,"
       " false AS lost_sales FROM range(0, 30) t(x) UNION ALL SELECT 'I1', 'W1', TIMESTAMP '2026-03-03 02:00:00', 0.0, true"
       " UNION ALL SELECT 'I1', 'W1', TIMESTAMP '2026-03-03 02:00:00', -5.0, false UNION ALL SELECT 'I1', 'W2', TIMESTAMP '2026-03-03 "
       "02:00:00', 99, false");
  MeasureRequest request;
  request.now = clock_.now();
  EXPECT_TRUE(measure(*fabric_, *decisions_, request)->outcomes.empty());  // no day is over yet

  clock_.set(*parse_instant("2026-03-04T06:00:00Z"));
  request.now = clock_.now();
  auto interim = measure(*fabric_, *decisions_, request);
  ASSERT_TRUE(interim) << interim.error().text();
  EXPECT_EQ(interim->outcomes.size(), 3U);
  auto outcome_of = [&](const MeasureReport& report) {
    for (const auto& [id, outcome] : report.outcomes)
      if (id == proposed.ids[0]) return outcome;
    return Json();
  };
  Json seen = outcome_of(*interim);
  EXPECT_EQ(seen["final"], false);
  EXPECT_EQ(seen["days"], 3);
  EXPECT_EQ(seen["sales"], "36.00");
  EXPECT_EQ(seen["stock_out_days"], 1);
  EXPECT_EQ(seen["result"], "stock_out");
  EXPECT_EQ(*decisions_->measure(interim->outcomes, "r2"), 3);
  EXPECT_TRUE(measure(*fabric_, *decisions_, request)->outcomes.empty());  // one interim look is enough

  orders(
      fmt::format(", ('Q1', 'S1', 'I1', 'W1', {0}, {0}, 2.6, 'EUR', TIMESTAMP '2026-03-01 07:00:00', TIMESTAMP '2026-03-08 06:00:00',"
                  " 'received', '{1}')",
                  p.quantity.amount.text(), proposed.ids[0]));
  keep("ops.purchase_orders", "SELECT *, TIMESTAMP '2026-03-10 06:00:00' AS received_at FROM ops.purchase_orders");
  clock_.set(*parse_instant("2026-03-20T06:00:00Z"));
  request.now = clock_.now();
  auto last = measure(*fabric_, *decisions_, request);
  ASSERT_TRUE(last) << last.error().text();
  seen = outcome_of(*last);
  EXPECT_EQ(seen["final"], true);
  double days = seen["days"].get<double>();
  EXPECT_EQ(seen["sales"], fmt::format("{:.2f}", 12 * days));
  double forecast = Decimal::parse(seen["forecast"].get<std::string>())->to_double();
  EXPECT_NEAR(forecast, 10 * days, 0.2 * days);  // the mean of the quantiles
  EXPECT_EQ(seen["forecast_error"], fmt::format("{:.2f}", 12 * days - forecast));
  EXPECT_EQ(seen["late_days"], "2.0");
  EXPECT_EQ(seen["actual_cost"], (Decimal::parse("2.6").value() * p.quantity.amount).text(2));
  EXPECT_EQ(Decimal::parse(seen["cost_difference"].get<std::string>())->raw(),
            (Decimal::parse("2.6").value() * p.quantity.amount - p.amount.amount).raw());
  EXPECT_GT(*decisions_->measure(last->outcomes, "r3"), 0);
  EXPECT_EQ(decisions_->show(proposed.ids[0])->decision.state, decisions::State::kMeasured);
  EXPECT_TRUE(decisions_->verify()->ok());
}

}  // namespace
}  // namespace sinan::inventory

// A small company whose numbers can be checked by hand: two items, one place, a week of sales, a forecast, stock, policies and orders.
#include "operations/reports/collect.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/series.hpp"
#include "operations/reports/reading.hpp"
#include "operations/reports/render.hpp"

namespace sinan::reports {
namespace {

class CollectTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-report-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_ / "lake");
    write("sinan.yaml", "name: Test & Co\ntimezone: Europe/Berlin\ncurrency: EUR\n");
    write("reports/daily.yaml",
          "budget: 1000\nassumptions:\n  - Lead times are estimates.\n  - {en: Stock is counted weekly., zh: 库存每周盘点。}\n");
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
  }
  // The canonical model as VALUES. Today is 2026-03-08.
  void write_model() {
    write("model/items.sql",
          "SELECT * FROM (VALUES ('A', 'Kettle', '水壶', 20.00::DECIMAL(18,4), 50.00::DECIMAL(18,4), 'EUR'), ('B', 'Lamp <b>', NULL, 5.00, "
          "10.00, 'EUR')) "
          "AS t(item_id, name, name_zh, unit_cost, unit_price, currency)");
    write("model/locations.sql", "SELECT 'ham' AS location_id, 'Hamburg' AS name, 'Europe/Berlin' AS timezone");
    // 10 A a day from 22 February to 7 March; the sale at 23:30 UTC belongs to the next day in Berlin. Three A came back on 5 March.
    write(
        "model/sales.sql",
        "SELECT 'A' AS item_id, 'ham' AS location_id, TIMESTAMP '2026-02-22 12:00:00' + INTERVAL (i) DAY AS sold_at, 10::DECIMAL(18,4) AS "
        "quantity FROM range(14) r(i) UNION ALL SELECT 'B', 'ham', TIMESTAMP '2026-03-06 23:30:00', 4 UNION ALL SELECT 'A', 'ham', "
        "TIMESTAMP '2026-03-05 10:00:00', -3");
    write("model/forecasts.sql",
          "SELECT item_id, 'ham' AS location_id, DATE '2026-03-08' + i::INTEGER AS ds, i + 1 AS horizon, yhat, mean, 'theta' AS model FROM "
          "(VALUES ('A', 9.0, 10.0), ('B', 0.0, 2.0)) v(item_id, yhat, mean), range(14) r(i)");
    write("model/stock.sql",
          "SELECT * FROM (VALUES ('A', 'ham', TIMESTAMP '2026-03-07 20:00:00', 35, 5), ('A', 'ham', TIMESTAMP '2026-03-01 20:00:00', 900, "
          "0), "
          "('B', 'ham', TIMESTAMP '2026-03-07 20:00:00', 500, 0)) t(item_id, location_id, as_of, on_hand, reserved)");
    write(
        "model/stock_policies.sql",
        "SELECT * FROM (VALUES ('A', 'ham', 10.0, 120.0), ('B', 'ham', 10.0, 100.0)) t(item_id, location_id, lead_time_days, order_up_to)");
    write("model/suppliers.sql", "SELECT 'S1' AS supplier_id, 'Nord' AS name");
    write("model/purchase_orders.sql",
          "SELECT * FROM (VALUES ('P1', 'S1', 'A', 'ham', 40, 0, 20.00::DECIMAL(18,4), 'EUR', TIMESTAMP '2026-03-02 08:00:00', TIMESTAMP "
          "'2026-03-15 08:00:00', 'open'), ('P0', 'S1', 'B', 'ham', 10, 10, 5.00, 'EUR', TIMESTAMP '2026-02-03 08:00:00', TIMESTAMP "
          "'2026-02-10 08:00:00', 'received'), ('P9', 'S1', 'B', 'ham', 10, 0, 5.00, 'EUR', TIMESTAMP '2026-03-03 08:00:00', TIMESTAMP "
          "'2026-03-10 08:00:00', 'cancelled')) t(purchase_order_id, supplier_id, item_id, location_id, quantity, received_quantity, "
          "unit_price, currency, ordered_at, expected_at, status)");
  }
  void open() {
    workspace_ = Workspace::open(dir_, diagnostics_).value();
    store_ = storage::Store::open(dir_ / "store.sqlite").value();
    lake_ = lake::Lake::open(dir_ / "lake", *store_, clock_).value();
    fabric::FabricContext fabric_context{.workspace = &*workspace_,
                                         .lake = lake_.get(),
                                         .lake_dir = dir_ / "lake",
                                         .clock = &clock_,
                                         .mask_key = std::string(32, 'k'),
                                         .memory_mb = 256,
                                         .threads = 1};
    fabric_ = fabric::open(std::move(fabric_context), diagnostics_).value();
    EXPECT_TRUE(diagnostics_.ok()) << diagnostics_.error().text();
  }
  ReportData report() {
    if (!fabric_) open();
    CollectContext context{.workspace = &*workspace_,
                           .fabric = fabric_.get(),
                           .principal = {"system:reports", {"system"}},
                           .version = lake_->current(),
                           .now = clock_.now(),
                           .generated_at = clock_.now(),
                           .sinan_version = "0.1.0",
                           .outputs = outputs_};
    context.run.id = "cycle-20260308-1";
    context.run.status = "running";
    context.run.steps = steps_;
    return collect(context).value();
  }

  std::filesystem::path dir_;
  FixedClock clock_{parse_instant("2026-03-08T05:00:00Z").value()};
  Diagnostics diagnostics_;
  std::optional<Workspace> workspace_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<lake::Lake> lake_;
  std::unique_ptr<fabric::Fabric> fabric_;
  std::map<std::string, Json> outputs_;
  std::vector<StepLine> steps_;
};

TEST_F(CollectTest, NumbersAreThoseOfTheCanonicalModel) {
  write_model();
  ReportData data = report();
  for (const Section* section :
       {static_cast<const Section*>(&data.risk), static_cast<const Section*>(&data.forecast), static_cast<const Section*>(&data.cost)}) {
    EXPECT_EQ(section->problem, "");
  }
  EXPECT_EQ(format_date(data.day), "2026-03-08");

  // A: 35 − 5 = 30 free, 10 a day: the third day, 10 March, ends it. The order of 40 comes on 15 March: 5 days × 10 × €50 at stake.
  EXPECT_EQ(data.risk.run_out_items, 1);
  EXPECT_EQ(data.risk.run_out_covered, 1);
  ASSERT_EQ(data.risk.run_out.size(), 1U);
  const RiskLine& a = data.risk.run_out[0];
  EXPECT_EQ(a.item_name.en, "Kettle");
  EXPECT_EQ(a.item_name.zh, "水壶");
  EXPECT_EQ(a.on_hand, 30);
  EXPECT_EQ(a.on_order, 40);
  EXPECT_EQ(a.cover_days, 3);
  EXPECT_EQ(format_date(a.runs_out_on.value()), "2026-03-10");
  EXPECT_EQ(a.at_stake.value(), (Money{Decimal::whole(2500), "EUR"}));
  // B: 500 on hand, 100 wanted, at €5.
  ASSERT_EQ(data.risk.surplus.size(), 1U);
  EXPECT_EQ(data.risk.surplus[0].tied_up, (Money{Decimal::whole(2000), "EUR"}));
  EXPECT_EQ(data.risk.surplus[0].cover_days, 250);

  ASSERT_EQ(data.forecast.days.size(), 28U);
  EXPECT_EQ(format_date(data.forecast.days.front().day), "2026-02-22");
  EXPECT_EQ(data.forecast.days[11].actual, 7) << "5 March: three came back";
  EXPECT_EQ(data.forecast.days[12].actual, 10) << "6 March: the evening sale belongs to the 7th in Berlin";
  EXPECT_EQ(data.forecast.days[13].actual, 14);
  EXPECT_EQ(data.forecast.days[14].forecast, 12) << "the sum of the means, not of the medians";
  EXPECT_EQ(data.forecast.series, 2);
  EXPECT_EQ(data.forecast.horizon_days, 14);
  EXPECT_FALSE(data.forecast.wape.has_value());

  EXPECT_EQ(data.cost.month_to_date.value(), (Money{Decimal::whole(800), "EUR"}));
  EXPECT_EQ(data.cost.last_month.value(), (Money{Decimal::whole(50), "EUR"}));
  EXPECT_EQ(data.cost.budget.value(), (Money{Decimal::whole(1000), "EUR"}));
  ASSERT_EQ(data.assumptions.size(), 2U);
  EXPECT_EQ(data.assumptions[1].zh, "库存每周盘点。");
  EXPECT_NE(render_html(data).find("Lamp &lt;b&gt;"), std::string::npos);
}

// The forecast of 1 March stands in an older version of the lake: A 12 and B 2 a day. Until 7 March A sold 10 a day, but 7 on the 5th, and
// B 4 on the 7th: |errors| are 6 × 2 + 5 for A and 6 × 2 + 2 for B, of 71 sold.
TEST_F(CollectTest, AnEarlierForecastIsComparedWithWhatHappened) {
  write_model();
  std::filesystem::remove(dir_ / "model/forecasts.sql");
  open();
  auto forecast_from = [&](const std::string& day) {
    std::string sql = fmt::format(
        "SELECT item_id, 'ham' AS location_id, DATE '{}' + i::INTEGER AS ds, i + 1 AS horizon, yhat, mean, 'theta' AS model FROM "
        "(VALUES ('A', 12.0, 13.0), ('B', 2.0, 2.5)) v(item_id, yhat, mean), range(14) r(i)",
        day);
    auto version = fabric_->materialize({"system:demand", {"system"}}, sql, "ops.forecasts", {}, lake::Mode::kReplace);
    ASSERT_TRUE(version.has_value()) << version.error().text();
  };
  forecast_from("2026-03-01");
  forecast_from("2026-03-08");
  ReportData data = report();
  EXPECT_EQ(data.forecast.problem, "");
  ASSERT_TRUE(data.forecast.wape.has_value());
  EXPECT_NEAR(*data.forecast.wape, 31.0 / 71.0, 1e-12);
  EXPECT_EQ(data.forecast.days_compared, 7);
  ASSERT_EQ(data.forecast.worst.size(), 2U);
  EXPECT_EQ(data.forecast.worst[0].item_name.en, "Kettle");
  EXPECT_EQ(data.forecast.worst[0].actual, 67);
  EXPECT_EQ(data.forecast.worst[0].forecast, 91) << "means add up over days, medians do not";
}

TEST_F(CollectTest, TheTotalHasItsOwnRangeWhereSumsAreForecast) {
  write_model();
  std::filesystem::remove(dir_ / "model/forecasts.sql");
  open();
  auto put = [&](const std::string& table, const std::string& columns) {
    auto version = fabric_->materialize(
        {"system:demand", {"system"}},
        fmt::format("SELECT {}, DATE '2026-03-08' + i::INTEGER AS ds, i + 1 AS horizon, 14.0::DOUBLE AS mean FROM range(14) r(i)", columns),
        table, {}, lake::Mode::kReplace);
    ASSERT_TRUE(version.has_value()) << version.error().text();
  };
  put("ops.forecasts", "'A' AS item_id, 'ham' AS location_id, 12.0 AS yhat, 'theta' AS model");
  put("ops.forecast_sums", "'total' AS level, 'total' AS name, 9.0::DOUBLE AS q10, 21.0::DOUBLE AS q90");
  const ReportData data = report();
  EXPECT_EQ(data.forecast.problem, "");
  const DayPoint& last = data.forecast.days.back();
  EXPECT_EQ((std::vector<double>{last.low, last.forecast, last.high}), (std::vector<double>{9, 14, 21}));
  EXPECT_TRUE(
      std::ranges::any_of(data.forecast.origins, [](const Origin& o) { return o.query.find("forecast_sums") != std::string::npos; }));
}

TEST_F(CollectTest, AWorkspaceWithoutOrdersHasItsRisksAllTheSame) {
  write_model();
  std::filesystem::remove(dir_ / "model/purchase_orders.sql");
  ReportData data = report();
  EXPECT_EQ(data.risk.problem, "");
  EXPECT_EQ(data.cost.problem, "");
  EXPECT_FALSE(data.cost.month_to_date.has_value());
  EXPECT_NE(render_html(data).find("This workspace does not tell what was ordered"), std::string::npos);
  EXPECT_EQ(data.risk.run_out_items, 1);
  EXPECT_EQ(data.risk.run_out_covered, 0);
  // 30 free, 10 a day, new stock 10 days from now: out on the third day, 8 days × 10 × €50.
  EXPECT_EQ(data.risk.run_out.at(0).at_stake.value(), (Money{Decimal::whole(4000), "EUR"}));
}

TEST_F(CollectTest, WithoutAModelTheReportSaysWhatIsMissing) {
  ReportData data = report();
  EXPECT_NE(data.risk.problem, "");
  EXPECT_NE(data.forecast.problem, "");
  EXPECT_FALSE(data.read.known);
  EXPECT_NE(render_html(data).find("These numbers could not be read:"), std::string::npos);
}

TEST_F(CollectTest, StepsTellWhatWasReadAndRefused) {
  outputs_["sync_sources"] =
      Json::parse(R"({"rows_read": 12, "tables": [{"source": "erp", "table": "orders", "rows_read": 12, "inserted": 5,
    "changed": 1, "deleted": 2, "duration_ms": 500, "notes": ["column x is new"]}]})");
  outputs_["check_quality"] = Json::parse(R"({"verdict": "stop", "tables": [{"table": "erp.orders", "rows": 100, "held_back": 7, "rules": [
    {"id": "range.quantity", "severity": "quarantine", "broken": 7, "examples": [{"key": "1", "reason": {"en": "too small", "zh": "过小"}}],
     "recommendation": {"en": "erp.orders: 7 rows break range.quantity. Mend it.", "zh": "请更正。"}, "advice": {"en": "Mend it.", "zh": "请更正。"}}, {"id": "fine", "severity": "warn", "broken": 0}]}]})");
  ReportData data = report();
  ASSERT_EQ(data.read.lines.size(), 1U);
  EXPECT_EQ(data.read.lines[0].rows_read, 12);
  EXPECT_EQ(data.read.lines[0].deleted, 2);
  EXPECT_EQ(data.read.lines[0].duration_s, 0.5);
  EXPECT_EQ(data.read.lines[0].note, "column x is new");
  EXPECT_TRUE(data.refused.stopped);
  EXPECT_EQ(data.refused.rows_refused, 7);
  ASSERT_EQ(data.refused.rules.size(), 1U);
  EXPECT_EQ(data.refused.rules[0].examples[0].second.zh, "过小");
  EXPECT_EQ(data.refused.rules[0].recommendation.en, "Mend it.") << "the table shows the figures and the rule already";
  EXPECT_EQ(headline(data).en, "Broken data stopped today's cycle; nothing was planned.");
}

TEST_F(CollectTest, AFailureBeforeTheReportIsTold) {
  steps_ = {{.id = "sync", .task = "sync_sources", .status = "failed", .message = "erp is down"},
            {.id = "report", .task = "write_report", .status = "running"}};
  ReportData data = report();
  EXPECT_EQ(data.run.status, "failed");
  EXPECT_EQ(data.run.steps.size(), 1U);
  EXPECT_TRUE(headline(data).en.starts_with("Today's cycle did not finish")) << headline(data).en;
  EXPECT_TRUE(lead(data).en.starts_with("sync: erp is down")) << lead(data).en;
  ASSERT_EQ(data.read.lines.size(), 1U);
  EXPECT_EQ(data.read.lines[0].problem, "erp is down");
}

TEST(Scatter, IsTheSpreadAroundTheMeanOfTheWeekday) {
  // Two weeks: each weekday once 80, once 120. Residuals are −0.2 and +0.2 throughout.
  std::vector<DayPoint> days;
  for (int i = 0; i < 14; ++i) days.push_back({Date{std::chrono::days{i}}, i < 7 ? 80.0 : 120.0, kMissing, kMissing, kMissing});
  auto range = scatter(days);
  ASSERT_TRUE(range.has_value());
  EXPECT_NEAR(range->first, -0.2, 1e-12);
  EXPECT_NEAR(range->second, 0.2, 1e-12);
  days.pop_back();
  EXPECT_FALSE(scatter(days).has_value());
}

}  // namespace
}  // namespace sinan::reports

// Live demand over the real fabric: what cycles publish is followed, and policy decides who sees and moves what.
#include "operations/demand/live/live_demand.hpp"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "data/fabric/small_company.hpp"
#include "operations/demand/live/live_reading.hpp"

namespace sinan::demand {
namespace {

const Principal kAll{"anna", {"all"}};
const Principal kNorth{"nora", {"north"}};

// Pots and pans at N (Berlin) and S, sold at noon and at six of each of the sixty days before 2 March 2026.
class LiveDemandTest : public ::testing::Test {
 protected:
  LiveDemandTest()
      : company_({{"model/sales.sql", "SELECT * FROM lake.erp_sales"},
                  {"model/items.sql", "SELECT * FROM lake.erp_items"},
                  {"model/locations.sql", "SELECT * FROM lake.erp_locations"},
                  {"policies/people.yaml",
                   "roles: {all: Sees all, north: Sees N, half: Sees some rows, masked: Sees no quantities, blind: Sees no sales, "
                   "unforeseen: Sees no forecasts}\n"
                   "tables:\n"
                   "  \"lake.*\": {all: all, north: {rows: \"location_id = 'N'\"}, half: {rows: \"customer_id = 'c1'\"}, masked: all, "
                   "unforeseen: all}\n"
                   "  lake.erp_sales: {masked: {masks: {quantity: constant}}}\n"
                   "  lake.erp_items: {all: all, north: all, half: all, masked: all, blind: all, unforeseen: all}\n"
                   "  ops.forecasts: {all: all, north: all, half: all, masked: all, blind: all}\n"}}) {
    company_.clock.set(*parse_instant("2026-03-02T06:00:00Z"));
    company_.lake.put("lake.erp_items", "SELECT unnest(['pot', 'pan']) AS item_id, 'active' AS status");
    company_.lake.put("lake.erp_locations", "SELECT 'N' AS location_id, 'Europe/Berlin' AS timezone UNION ALL SELECT 'S', 'UTC'");
    company_.lake.put("lake.erp_sales",
                      "SELECT item_id, location_id, CAST(DATE '2026-03-02' - CAST(d AS INTEGER) AS TIMESTAMP) + INTERVAL (h) HOUR AS "
                      "sold_at, CAST(5 AS DECIMAL(18,4)) AS quantity, 'c' || (h // 12) AS customer_id, false AS lost_sales FROM range(1, "
                      "61) t(d), (VALUES "
                      "('pot', 'N'), ('pan', 'N'), ('pot', 'S')) k(item_id, location_id), (VALUES (6), (12)) o(h)");
    publish("2026-03-02", 10, "m1");
  }
  // Forecasts of fourteen days, with quantiles around a mean.
  void publish(const std::string& begin, double mean, const std::string& version) {
    company_.lake.put(
        "ops.forecasts",
        fmt::format("SELECT item_id, location_id, CAST(DATE '{}' + CAST(h AS INTEGER) AS DATE) AS ds, h + 1 AS horizon, {}::DOUBLE AS "
                    "yhat, {}::DOUBLE AS mean, {}::DOUBLE - 6 AS q5, {}::DOUBLE - 5 AS q10, {}::DOUBLE - 3 AS q25, {}::DOUBLE AS q50, "
                    "{}::DOUBLE + 3 AS q75, {}::DOUBLE + 5 AS q90, {}::DOUBLE + 6 AS q95, {}::DOUBLE + 9 AS q99, 'cycle-1' AS run_id, '{}' "
                    "AS model_version FROM range(0, 14) t(h), (VALUES ('pot', 'N'), ('pan', 'N'), ('pot', 'S')) k(item_id, location_id)",
                    begin, mean, mean, mean, mean, mean, mean, mean, mean, mean, mean, version));
  }
  LiveDemand& live(LiveOptions options = {}) {
    if (!live_) live_.emplace(company_.fabric(), company_.clock, Zone(), std::move(options));
    EXPECT_TRUE(company_.diagnostics.ok()) << company_.diagnostics.error().text();
    return *live_;
  }
  static LiveNotice notice(const std::string& id, const std::string& item, const std::string& place, int quantity = 1,
                           const std::string& time = "2026-03-02T06:00:00Z") {
    return {id, item, place, *parse_instant(time), Decimal::whole(quantity)};
  }
  std::string statuses(const Principal& principal, const std::vector<LiveNotice>& sales) {
    auto result = live().sell(principal, sales);
    if (!result && result.error().code == ErrorCode::kInvalidInput) ADD_FAILURE() << result.error().text();
    if (!result) return std::string(info(result.error().code).name);
    std::string out;
    for (SaleStatus status : *result) out += fmt::format("{}{}", out.empty() ? "" : " ", name(status));
    return out;
  }
  std::string seen(const Principal& principal) {
    auto page = live().farthest(principal, {});
    if (!page) return std::string(info(page.error().code).name);
    std::set<std::string> out;
    for (const LiveStand& s : page->items) out.insert(s.item_id + "@" + s.location_id);
    return fmt::format("{}", fmt::join(out, " "));
  }

  fabric::test::Company company_;
  std::optional<LiveDemand> live_;
};

TEST_F(LiveDemandTest, ReadsWhatTheLastNightSaidAndWhenSalesCome) {
  EXPECT_EQ(statuses(owner_principal(), {notice("1", "pot", "N", 3), notice("2", "lid", "N")}), "accepted unknown");
  const LiveStand stand = live().stand(owner_principal(), "pot", "N").value();
  EXPECT_EQ(format_date(stand.day), "2026-03-02");
  EXPECT_EQ(stand.begins, *parse_instant("2026-03-01T23:00:00Z")) << "midnight in Berlin";
  EXPECT_EQ(stand.model_version, "m1");
  EXPECT_EQ(stand.sold.text(), "3");
  EXPECT_EQ(stand.day_mean, 10);
  // At seven in Berlin hardly any sales were made: those of six in UTC are about to come.
  EXPECT_LT(stand.expected, 1.5);
  EXPECT_GT(live().stand(owner_principal(), "pot", "S").value().ends, stand.ends);
  company_.clock.set(*parse_instant("2026-03-02T11:00:00Z"));
  EXPECT_NEAR(live().stand(owner_principal(), "pot", "N").value().expected, 5, 0.6);
  const LiveNights nights = read_nights(company_.fabric(), {.at = company_.lake.current(), .now = company_.clock.now()}).value();
  EXPECT_EQ(nights.series.at(0).sale_size, 5) << "each was of five";
  EXPECT_GT(nights.places.at(0).pace.at(4 * 7), 20 * nights.places.at(0).pace.at(4 * 9)) << "six in UTC is seven in Berlin";
  EXPECT_GT(live().now().version, 0);
  EXPECT_EQ(live().now().series, 3U);
}

TEST_F(LiveDemandTest, WhatPolicyHidesIsAsIfItWereNotThere) {
  EXPECT_EQ(seen(kAll), "pan@N pot@N pot@S");
  EXPECT_EQ(seen(kNorth), "pan@N pot@N");
  EXPECT_EQ(statuses(kNorth, {notice("1", "pot", "N"), notice("1", "pot", "S"), notice("1", "pot", "X")}), "accepted unknown unknown");
  EXPECT_EQ(live().stand(kAll, "pot", "S").value().sales, 0) << "nor can it be moved";
  const Error hidden = live().stand(kNorth, "pot", "S").error(), unknown = live().stand(kNorth, "pot", "X").error();
  EXPECT_EQ(hidden.code, ErrorCode::kNotFound);
  EXPECT_EQ(hidden.text(), unknown.text());
  EXPECT_EQ(live().farthest(kNorth, {.location_id = "S"}).value().items.size(), 0U);
}

TEST_F(LiveDemandTest, WhoSeesOnlyPartOfTheRowsOrOfTheNumbersSeesNoSums) {
  EXPECT_EQ(seen({"hans", {"half"}}), "");
  EXPECT_EQ(seen({"mia", {"masked"}}), "");
  EXPECT_EQ(statuses({"mia", {"masked"}}, {notice("1", "pot", "N")}), "unknown");
  EXPECT_EQ(seen({"ben", {"blind"}}), "denied");
  EXPECT_EQ(seen({"uwe", {"unforeseen"}}), "denied");
  EXPECT_EQ(seen({"guest", {}}), "denied");
  EXPECT_EQ(statuses({"guest", {}}, {notice("1", "pot", "N")}), "denied");
}

TEST_F(LiveDemandTest, FollowsWhatACyclePublishesAndKeepsTheSalesOfTheDay) {
  EXPECT_TRUE(*live().refresh());
  EXPECT_FALSE(*live().refresh());
  EXPECT_EQ(statuses(kNorth, {notice("1", "pot", "N", 3)}), "accepted");
  publish("2026-03-02", 30, "m2");
  EXPECT_EQ(live().stand(kNorth, "pot", "N").value().model_version, "m1") << "until it is read";
  EXPECT_TRUE(*live().refresh());
  const LiveStand stand = live().stand(kNorth, "pot", "N").value();
  EXPECT_EQ(stand.model_version, "m2");
  EXPECT_EQ(stand.day_mean, 30);
  EXPECT_EQ(stand.sold.text(), "3");
  EXPECT_EQ(statuses(kNorth, {notice("1", "pot", "N", 3), notice("2", "pot", "S")}), "duplicate unknown");
}

TEST_F(LiveDemandTest, AClockThatStandsFollowsTheDataBeforeNewerForecastsAreRead) {
  live({.clock_stands = [] { return true; },
        .data_changed =
            [&] {
              if (company_.lake.current() > 4) company_.clock.set(*parse_instant("2026-03-03T00:00:00Z"));
            }});
  EXPECT_EQ(statuses(kAll, {notice("1", "pot", "S", 3)}), "accepted");
  publish("2026-03-03", 30, "m2");
  EXPECT_TRUE(*live().refresh());
  const LiveStand stand = live().stand(kAll, "pot", "S").value();
  EXPECT_EQ(format_date(stand.day), "2026-03-03");
  EXPECT_EQ(stand.sold.text(), "0");
  EXPECT_EQ(stand.day_mean, 30);
}

TEST_F(LiveDemandTest, TheDayOfAPlaceEndsWithTheClock) {
  EXPECT_EQ(statuses(kAll, {notice("1", "pot", "N", 3), notice("1", "pot", "S", 4)}), "accepted accepted");
  company_.clock.set(*parse_instant("2026-03-02T23:00:00Z"));
  EXPECT_EQ(format_date(live().stand(kAll, "pot", "N").value().day), "2026-03-03");
  EXPECT_EQ(live().stand(kAll, "pot", "N").value().sold.text(), "0");
  EXPECT_EQ(live().stand(kAll, "pot", "S").value().sold.text(), "4");
  EXPECT_EQ(statuses(kAll, {notice("1", "pot", "N", 3)}), "late");
}

TEST_F(LiveDemandTest, SalesOfTheFutureAreRefusedUnlessTheClockStands) {
  EXPECT_EQ(statuses(kAll, {notice("1", "pot", "N", 1, "2026-03-02T06:04:59Z"), notice("2", "pot", "N", 1, "2026-03-02T06:05:01Z")}),
            "accepted early");
  live_.reset();
  live({.clock_stands = [] { return true; }});
  EXPECT_EQ(statuses(kAll, {notice("1", "pot", "N", 1, "2026-03-02T15:00:00Z"), notice("2", "pot", "N", 1, "2026-03-03T06:05:01Z")}),
            "accepted early");
  EXPECT_EQ(live().now().now, *parse_instant("2026-03-02T15:00:00Z"));
  EXPECT_NEAR(live().stand(kAll, "pan", "N").value().expected, 10, 0.7) << "the newest sale is the present";
}

TEST_F(LiveDemandTest, TheFarthestFromTheirForecastComeFirstAndBurstsAreTold) {
  std::vector<LiveBurst> told;
  live({.on_burst = [&](const LiveBurst& burst) { told.push_back(burst); }});
  std::vector<LiveNotice> sales;
  for (int k = 0; k < 60; ++k) sales.push_back(notice(std::to_string(k), "pan", "N"));
  sales.push_back(notice("x", "pot", "S", 12));
  ASSERT_TRUE(live().sell(kAll, sales));
  const LivePage page = live().farthest(kAll, {.limit = 2}).value();
  ASSERT_EQ(page.items.size(), 2U);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.items[0].item_id + page.items[0].location_id, "panN");
  EXPECT_EQ(page.items[1].item_id + page.items[1].location_id, "potS");
  const LivePage last = live().farthest(kAll, {.limit = 2, .offset = 2}).value();
  ASSERT_EQ(last.items.size(), 1U);
  EXPECT_FALSE(last.more);
  EXPECT_EQ(last.items[0].location_id, "N");
  EXPECT_TRUE(live().farthest(kAll, {.limit = 2, .offset = 99}).value().items.empty());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].item_id, "pan");
  EXPECT_GT(told[0].confidence, 0.9);
  const LivePage bursting = live().farthest(kAll, {.bursting = true}).value();
  ASSERT_EQ(bursting.items.size(), 1U);
  EXPECT_EQ(bursting.items[0].item_id, "pan");
}

TEST_F(LiveDemandTest, LimitsAreNamedAndNothingIsCountedBeyondThem) {
  live({.most_sales = 2});
  EXPECT_EQ(statuses(kAll, {notice("1", "pot", "N")}), "accepted");
  EXPECT_EQ(statuses(kAll, {notice("2", "pot", "N"), notice("3", "pot", "N")}), "limit");
  EXPECT_EQ(live().stand(kAll, "pot", "N").value().sold.text(), "1");
  live_.reset();
  EXPECT_EQ(live({.most_series = 2}).farthest(kAll, {}).error().code, ErrorCode::kLimit);
}

TEST_F(LiveDemandTest, PlacesNeedNoTimeZone) {
  company_.lake.put("lake.erp_locations", "SELECT unnest(['N', 'S']) AS location_id");
  EXPECT_EQ(statuses(kAll, {notice("1", "pot", "N")}), "accepted");
}

TEST(LiveDemand, BeforeTheFirstForecastTheWayOutIsNamed) {
  fabric::test::Company company({});
  LiveDemand live(company.fabric(), company.clock, Zone());
  EXPECT_FALSE(*live.refresh());
  auto answer = live.farthest(owner_principal(), {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPrecondition);
  EXPECT_NE(answer.error().message.find("run a cycle"), std::string::npos);
}

}  // namespace
}  // namespace sinan::demand

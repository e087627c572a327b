// Promotions, attributes and the calendar of the canonical model as drivers.
#include "operations/demand/demand_drivers.hpp"

#include <gtest/gtest.h>

#include "data/fabric/small_company.hpp"

namespace sinan::demand {
namespace {

Date day(const char* text) { return *parse_date(text); }

// Two items at two places until 10 March 2026; the second series begins late, the third has ended a day before the others.
DemandPanel small() {
  DemandPanel out;
  out.item_ids = {"pot", "pot", "pan"};
  out.location_ids = {"N", "S", "N"};
  out.panel.keys = {"pot@N", "pot@S", "pan@N"};
  out.panel.values = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  out.panel.offsets = {0, 4, 6, 9};
  for (const char* last : {"2026-03-10", "2026-03-10", "2026-03-09"}) out.panel.ends.push_back(day(last).time_since_epoch().count());
  return out;
}

std::vector<float> values(const forecasting::Drivers& drivers, const Panel& panel, std::string_view name, std::size_t i) {
  for (const auto& driver : drivers.columns) {
    if (driver.name != name) continue;
    if (driver.fixed) return {driver.values[i]};
    auto found = drivers.of(driver, panel, i);
    return {found.begin(), found.end()};
  }
  return {};
}

TEST(DemandDrivers, PromotionsLieOnTheirDaysAndPlaces) {
  DemandPanel panel = small();
  DemandDrivers known;
  known.promotions["pot"] = {{"", day("2026-03-09"), day("2026-03-10"), 0.1F}, {"S", day("2026-03-10"), day("2026-03-12"), 0.3F}};
  known.categories = {{"pot", "kitchen"}, {"pan", "fire"}};
  auto drivers = drivers_of(known, panel, {0, 1, 2}, panel.panel, 0, 2);
  ASSERT_TRUE(forecasting::check(drivers, panel.panel, 2));
  EXPECT_EQ(values(drivers, panel.panel, "promotion", 0), (std::vector<float>{0, 0, 0.1F, 0.1F, 0, 0}));
  EXPECT_EQ(values(drivers, panel.panel, "promotion", 1), (std::vector<float>{0.1F, 0.3F, 0.3F, 0.3F}));
  EXPECT_EQ(values(drivers, panel.panel, "promotion", 2), (std::vector<float>{0, 0, 0, 0, 0}));
  EXPECT_EQ(values(drivers, panel.panel, "category", 0), std::vector<float>{1});
  EXPECT_EQ(values(drivers, panel.panel, "category", 2), std::vector<float>{0});
  EXPECT_EQ(values(drivers, panel.panel, "location", 1), std::vector<float>{1});
  // 7 March 2026 is a Saturday; the third series reads up to the second day after its own end.
  EXPECT_EQ(values(drivers, panel.panel, "weekday", 0), (std::vector<float>{5, 6, 0, 1, 2, 3}));
  EXPECT_EQ(values(drivers, panel.panel, "weekday", 2), (std::vector<float>{5, 6, 0, 1, 2}));
}

TEST(DemandDrivers, AnEarlierOriginSeesTheSameDays) {
  DemandPanel panel = small();
  DemandDrivers known;
  known.promotions["pot"] = {{"", day("2026-03-09"), day("2026-03-09"), 0.2F}};
  Panel before{{1, 2, 7}, {0, 2, 3}, {"pot@N", "pan@N"}, {}, {panel.panel.ends[0] - 2, panel.panel.ends[2] - 2}};
  auto drivers = drivers_of(known, panel, {0, 2}, before, 2, 3);
  ASSERT_TRUE(forecasting::check(drivers, before, 3));
  EXPECT_EQ(values(drivers, before, "promotion", 0), (std::vector<float>{0, 0, 0.2F, 0, 0}));
  EXPECT_EQ(values(drivers, before, "weekday", 0), (std::vector<float>{5, 6, 0, 1, 2}));
  EXPECT_EQ(values(drivers, before, "weekday", 1), (std::vector<float>{5, 6, 0, 1}));
}

TEST(DemandDrivers, OneValueEverywhereIsNone) {
  DemandPanel panel = small();
  panel.location_ids = {"N", "N", "N"};
  auto drivers = drivers_of({}, panel, {0, 1, 2}, panel.panel, 0, 2);
  for (const auto& driver : drivers.columns) {
    EXPECT_NE(driver.name, "promotion");
    EXPECT_NE(driver.name, "category");
    EXPECT_NE(driver.name, "location");
  }
}

TEST(DemandDrivers, AreReadFromTheCanonicalModel) {
  fabric::test::Company company(
      {{"model/promotions.sql", "SELECT * FROM lake.erp_promotions"}, {"model/items.sql", "SELECT * FROM lake.erp_items"}});
  company.lake.put(
      "lake.erp_promotions",
      "SELECT * FROM (VALUES ('p1', 'pot', NULL, DATE '2026-03-01', DATE '2026-03-02', 0.25), ('p2', 'pot', 'S', DATE "
      "'2026-04-01', DATE '2026-03-02', 0.5), ('p3', 'pan', 'S', DATE '2026-03-01', DATE '2026-03-02', 0.5), ('p4', NULL, NULL, "
      "DATE '2026-03-01', DATE '2026-03-02', 0.5)) t(promotion_id, item_id, location_id, starts_on, ends_on, discount)");
  company.lake.put("lake.erp_items", "SELECT 'pot' AS item_id, 'kitchen' AS category UNION ALL SELECT 'pan', NULL");
  auto known = read_drivers(company.fabric(), {}, {Holidays::kChinese});
  ASSERT_TRUE(known) << known.error().text();
  ASSERT_EQ(known->promotions["pot"].size(), 1U) << "the second ends before it starts";
  EXPECT_EQ(known->promotions["pot"][0].location_id, "");
  EXPECT_EQ(known->promotions["pot"][0].ends_on, day("2026-03-02"));
  EXPECT_FLOAT_EQ(known->promotions["pot"][0].discount, 0.25F);
  EXPECT_EQ(known->promotions["pan"][0].location_id, "S");
  EXPECT_EQ(known->categories, (std::unordered_map<std::string, std::string>{{"pot", "kitchen"}}));

  fabric::test::Company bare({});
  auto none = read_drivers(bare.fabric(), {}, {});
  ASSERT_TRUE(none) << none.error().text();
  EXPECT_TRUE(none->promotions.empty() && none->categories.empty());
}

}  // namespace
}  // namespace sinan::demand

// Sums of the canonical model, forecast beside their parts.
#include "operations/demand/demand_sums.hpp"

#include <gtest/gtest.h>

#include <random>

#include "data/fabric/small_company.hpp"

namespace sinan::demand {
namespace {

// Pots and pans at two places, for 100 days; the second place is a day further.
DemandPanel shop() {
  DemandPanel out;
  std::mt19937 random(4);
  for (const char* item : {"pot", "pan"})
    for (const char* place : {"N", "S"}) {
      const std::size_t days = *place == 'S' ? 101 : 100;
      for (std::size_t t = 0; t < days; ++t) out.panel.values.push_back(std::poisson_distribution<int>(t % 7 < 5 ? 8 : 14)(random));
      out.panel.offsets.push_back(out.panel.values.size());
      out.panel.keys.push_back(std::string(item) + "@" + place);
      out.panel.ends.push_back(20'000 + static_cast<std::int64_t>(days));
      out.item_ids.emplace_back(item);
      out.location_ids.emplace_back(place);
    }
  return out;
}

TEST(DemandSums, AttributesComeFromItemsAndPlaces) {
  fabric::test::Company company(
      {{"model/items.sql", "SELECT * FROM lake.erp_items"}, {"model/locations.sql", "SELECT * FROM lake.erp_places"}});
  company.lake.put("lake.erp_items", "SELECT 'pot' AS item_id, ' kitchen' AS category UNION ALL SELECT 'pan', NULL");
  company.lake.put("lake.erp_places", "SELECT 'N' AS location_id, 'north' AS region UNION ALL SELECT 'S', 'south'");
  const DemandPanel demand = shop();
  auto found = read_hierarchy(company.fabric(), {}, {"category*region", "location_id"}, demand);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->attributes["category"], (std::vector<std::string>{"kitchen", "kitchen", "", ""}));
  EXPECT_EQ(found->attributes["region"], (std::vector<std::string>{"north", "south", "north", "south"}));
  EXPECT_EQ(found->attributes["location_id"], demand.location_ids);
  auto none = read_hierarchy(company.fabric(), {}, {"colour"}, demand);
  ASSERT_FALSE(none);
  EXPECT_EQ(
      none.error().text(),
      "forecasts/: hierarchy: neither ops.items nor ops.locations has a column 'colour'; they have item_id, category and location_id, "
      "region");
}

TEST(DemandSums, AddUpDayByDay) {
  const DemandPanel demand = shop();
  const Hierarchy hierarchy{{"item_id", "location_id"}, {{"item_id", demand.item_ids}, {"location_id", demand.location_ids}}};
  const forecasting::Options options{.horizon = 14, .seasons = {7}, .quantiles = {0.1, 0.5, 0.9}};
  for (auto how : {forecasting::Reconciliation::kWls, forecasting::Reconciliation::kBottomUp}) {
    auto parts = forecasting::forecast(demand.panel, {}, options);
    const std::vector<double> before = parts->mean;
    auto sums = forecast_sums(hierarchy, std::vector<std::size_t>{0, 1, 2, 3}, demand.panel, options, how, *parts, nullptr);
    ASSERT_TRUE(sums) << sums.error().text();
    using Name = std::pair<std::string, std::string>;
    EXPECT_EQ(sums->names, (std::vector<Name>{{"total", "total"},
                                              {"item_id", "item_id=pan"},
                                              {"item_id", "item_id=pot"},
                                              {"location_id", "location_id=N"},
                                              {"location_id", "location_id=S"}}));
    EXPECT_EQ(sums->panel.ends.front(), 20'100);
    EXPECT_EQ(parts->mean == before, how == forecasting::Reconciliation::kBottomUp);
    for (std::size_t h = 0; h < 14; ++h) {
      auto there = [&](std::size_t i) {  // places further ahead have sold already
        const bool south = demand.location_ids[i] == "S";
        return !south ? parts->mean[i * 14 + h] : h == 0 ? demand.panel.series(i).back() : parts->mean[i * 14 + h - 1];
      };
      auto sum = [&](std::size_t s) { return sums->forecasts.mean[s * 14 + h]; };
      EXPECT_NEAR(sum(0), there(0) + there(1) + there(2) + there(3), 1e-9 * sum(0));
      EXPECT_NEAR(sum(1), there(2) + there(3), 1e-9 * sum(0));
      EXPECT_NEAR(sum(4), there(1) + there(3), 1e-9 * sum(0));
    }
  }
}

// What was lost on a day of stock-out is no less demand for the category.
TEST(DemandSums, LostSalesCountWithWhatDemandWas) {
  Panel panel;
  panel.values.assign(100, 10);
  panel.values[60] = 0;
  panel.lost.assign(100, 0);
  panel.lost[60] = 1;
  panel.offsets.push_back(100);
  panel.keys.emplace_back("one");
  panel.ends.push_back(100);
  const std::vector<double> sum = added_up(panel, std::vector<int>{7}, std::vector<std::size_t>{0}, 98);
  ASSERT_EQ(sum.size(), 98U);
  EXPECT_NEAR(sum[60], 10, 1e-5);
  EXPECT_EQ(sum[59], 10);
}

TEST(DemandSums, RowsNameTheirLevel) {
  const Schema schema = forecast_sums_schema();
  EXPECT_EQ(schema.fields[0].name, "level");
  EXPECT_EQ(schema.fields[1].name, "name");
  EXPECT_EQ(schema.fields[2].name, "ds");
  EXPECT_EQ(schema.fields.size(), forecast_schema().fields.size());
}

}  // namespace
}  // namespace sinan::demand

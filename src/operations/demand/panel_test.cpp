// The panel of ops.sales: whose days are read, and whose are not.
#include <gtest/gtest.h>

#include "data/fabric/small_company.hpp"
#include "operations/demand/demand.hpp"

namespace sinan::demand {
namespace {

// A company with sales until 9 March 2026 in UTC, as they are read on the day after. The model may lack optional columns.
Result<DemandPanel> read(const std::string& sales, const std::string& items, const std::string& places) {
  fabric::test::Company company({{"model/sales.sql", "SELECT * FROM lake.erp_sales"},
                                 {"model/items.sql", "SELECT * FROM lake.erp_items"},
                                 {"model/locations.sql", "SELECT * FROM lake.erp_locations"}});
  company.lake.put("lake.erp_sales", sales);
  company.lake.put("lake.erp_items", items);
  company.lake.put("lake.erp_locations", places);
  PanelRequest request;
  request.now = *parse_instant("2026-03-10T08:00:00Z");
  return read_panel(company.fabric(), request);
}

const std::string kSales =
    "SELECT item_id, 'N' AS location_id, sold_at, quantity{} FROM (VALUES ('pot', TIMESTAMP '2026-03-02 10:00:00', 3), ('pan', TIMESTAMP "
    "'2026-03-09 11:00:00', 4), ('lid', TIMESTAMP '2026-03-05 12:00:00', 5)) t(item_id, sold_at, quantity)";

// One item that is sold, one that is discontinued, and one of which nothing is said in ops.items.
TEST(Panel, LeavesOutItemsThatAreDiscontinued) {
  auto panel = read(fmt::format(fmt::runtime(kSales), ", false AS lost_sales"),
                    "SELECT 'pot' AS item_id, 'active' AS status UNION ALL SELECT 'pan', 'discontinued'",
                    "SELECT 'N' AS location_id, 'UTC' AS timezone");
  ASSERT_TRUE(panel) << panel.error().text();
  EXPECT_EQ(panel->item_ids, (std::vector<std::string>{"lid", "pot"}));
  // From the first sale to yesterday.
  EXPECT_EQ(panel->panel.values, (std::vector<double>{5, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Panel, NeedsNoColumnsThatTheModelLeavesOptional) {
  auto panel = read(fmt::format(fmt::runtime(kSales), ""), "SELECT 'pot' AS item_id", "SELECT 'N' AS location_id");
  ASSERT_TRUE(panel) << panel.error().text();
  EXPECT_EQ(panel->item_ids, (std::vector<std::string>{"lid", "pan", "pot"}));
  EXPECT_EQ(std::ranges::count(panel->panel.lost, 0), std::ssize(panel->panel.lost));
}

TEST(Panel, NamesAPlaceWhoseTimeZoneIsNone) {
  auto panel =
      read(fmt::format(fmt::runtime(kSales), ""), "SELECT 'pot' AS item_id", "SELECT 'N' AS location_id, 'Europe/Berlinn' AS timezone");
  ASSERT_FALSE(panel);
  EXPECT_NE(panel.error().text().find("'N'"), std::string::npos) << panel.error().text();
  EXPECT_NE(panel.error().text().find("Europe/Berlinn"), std::string::npos) << panel.error().text();
}

// The slow twin: the engine converts each sale by itself. A year around the world, with clocks that change and one of a quarter of an hour.
TEST(Panel, AddsUpLocalDaysAsTheEngineDoes) {
  fabric::test::Company company({{"model/sales.sql", "SELECT * FROM lake.erp_sales"},
                                 {"model/items.sql", "SELECT * FROM lake.erp_items"},
                                 {"model/locations.sql", "SELECT * FROM lake.erp_locations"}});
  company.lake.put(
      "lake.erp_sales",
      "SELECT 'item' || (hash(i, 1) % 3) AS item_id, 'place' || (hash(i, 2) % 5) AS location_id, TIMESTAMP '2025-03-01 00:00:00' + "
      "INTERVAL (hash(i, 3) % 33000000) SECOND AS sold_at, CAST(hash(i, 4) % 1000 AS DECIMAL(18,4)) / 8 - 20 AS quantity, hash(i, 5) "
      "% 50 = 0 AS lost_sales FROM range(20000) t(i)");
  company.lake.put("lake.erp_items", "SELECT 'item0' AS item_id");
  company.lake.put(
      "lake.erp_locations",
      "SELECT * FROM (VALUES ('place0', 'Europe/Berlin'), ('place1', 'America/New_York'), ('place2', 'Asia/Kathmandu'), ('place3', "
      "'Pacific/Chatham')) t(location_id, timezone)");
  PanelRequest request;
  request.now = *parse_instant("2026-03-10T08:00:00Z");
  auto panel = read_panel(company.fabric(), request);
  ASSERT_TRUE(panel) << panel.error().text();
  ASSERT_EQ(panel->panel.size(), 15U);
  const auto days = fabric::query_table(
      company.fabric(), system_principal("test"),
      "WITH local AS (SELECT s.*, CAST(timezone(coalesce(l.timezone, 'UTC'), timezone('UTC', sold_at)) AS DATE) AS day, "
      "CAST(timezone(coalesce(l.timezone, 'UTC'), timezone('UTC', TIMESTAMP '2026-03-10 08:00:00')) AS DATE) AS today "
      "FROM ops.sales s LEFT JOIN ops.locations l USING (location_id)) "
      "SELECT item_id || '@' || location_id, CAST(day - today AS BIGINT), CAST(greatest(sum(quantity), 0) AS DOUBLE), bool_or(lost_sales) "
      "FROM local WHERE day < today GROUP BY ALL");
  ASSERT_TRUE(days) << days.error().text();
  std::map<std::string, std::size_t> numbers;
  for (std::size_t i = 0; i < panel->panel.size(); ++i) numbers[panel->panel.keys[i]] = i;
  std::size_t sold = 0;
  for (const Batch& batch : days->batches)
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      const std::size_t i = numbers.at(std::string(batch.columns[0].text(row)));
      const std::span<const double> values = panel->panel.series(i);
      const auto at = static_cast<std::size_t>(static_cast<std::int64_t>(values.size()) + batch.columns[1].ints[row]);
      ASSERT_LT(at, values.size());
      EXPECT_FLOAT_EQ(static_cast<float>(values[at]), static_cast<float>(batch.columns[2].doubles[row]))
          << panel->panel.keys[i] << " " << at;
      EXPECT_EQ(panel->panel.lost_of(i)[at] != 0, batch.columns[3].ints[row] != 0);
      sold += values[at] > 0;
    }
  EXPECT_EQ(static_cast<std::ptrdiff_t>(sold), std::ranges::count_if(panel->panel.values, [](double v) { return v > 0; }));
}

}  // namespace
}  // namespace sinan::demand

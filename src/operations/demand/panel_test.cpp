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

}  // namespace
}  // namespace sinan::demand

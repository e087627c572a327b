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
  company.lake.put("lake.erp_items",
                   "SELECT 'pot' AS item_id, 'tableware' AS category UNION ALL SELECT 'pot', 'kitchen' UNION ALL SELECT 'pan', NULL");
  auto known = read_drivers(company.fabric(), {}, {Holidays::kChinese});
  ASSERT_TRUE(known) << known.error().text();
  ASSERT_EQ(known->promotions["pot"].size(), 1U) << "the second ends before it starts";
  EXPECT_EQ(known->promotions["pot"][0].location_id, "");
  EXPECT_EQ(known->promotions["pot"][0].ends_on, day("2026-03-02"));
  EXPECT_FLOAT_EQ(known->promotions["pot"][0].discount, 0.25F);
  EXPECT_EQ(known->promotions["pan"][0].location_id, "S");
  EXPECT_EQ(known->categories, (std::unordered_map<std::string, std::string>{{"pot", "kitchen"}})) << "the least of several";

  fabric::test::Company bare({});
  auto none = read_drivers(bare.fabric(), {}, {});
  ASSERT_TRUE(none) << none.error().text();
  EXPECT_TRUE(none->promotions.empty() && none->categories.empty());
}

// How many events, weighted, series i sees on the first day ahead.
float events_ahead(const forecasting::Drivers& drivers, const Panel& panel, std::size_t i) {
  if (drivers.events.empty()) return 0;
  forecasting::EventView view(drivers.events);
  view.look(i, panel.ends[i], 26);
  std::vector<float> row(drivers.events.feature_names().size());
  view.row(panel.ends[i] + 1, row);
  return row[0];
}

// The value of an outside number of series i on a day ahead.
float number_ahead(const forecasting::Drivers& drivers, std::size_t number, const Panel& panel, std::size_t i, std::int64_t ahead = 1) {
  forecasting::ReleaseView view(drivers.releases.at(number));
  view.look(i, panel.ends[i]);
  std::vector<float> row(forecasting::Releases::kFeatures);
  view.row(panel.ends[i] + ahead, row);
  return row[0];
}

TEST(DemandDrivers, EventsAndOutsideNumbersAreThoseOfTheirItemsPlacesAndDays) {
  fabric::test::Company company({{"model/events.sql", "SELECT * FROM lake.news"},
                                 {"model/drivers.sql", "SELECT * FROM lake.weather"},
                                 {"model/locations.sql", "SELECT * FROM lake.places"},
                                 {"model/items.sql", "SELECT 'pot' AS item_id, 'kitchen' AS category UNION ALL SELECT 'pan', 'fire'"}});
  company.lake.put("lake.places", "SELECT 'N' AS location_id, 'Asia/Shanghai' AS timezone UNION ALL SELECT 'S', NULL");
  // The third was published on 11 March in Shanghai; the last two lack a text, or end before they start.
  company.lake.put("lake.news",
                   "SELECT * FROM (VALUES ('e1', TIMESTAMP '2026-03-10 15:00:00', 'recall', 'pot', NULL, NULL, NULL, NULL), "
                   "('e2', TIMESTAMP '2026-03-09 10:00:00', '停电', NULL, 'fire', NULL, NULL, NULL), "
                   "('e3', TIMESTAMP '2026-03-10 18:00:00', 'flood', NULL, NULL, 'N', NULL, NULL), "
                   "('e4', TIMESTAMP '2026-03-01 10:00:00', 'fair', NULL, NULL, 'S', DATE '2026-03-11', DATE '2026-03-12'), "
                   "('e5', TIMESTAMP '2026-03-01 10:00:00', NULL, NULL, NULL, NULL, NULL, NULL), "
                   "('e6', TIMESTAMP '2026-03-01 10:00:00', 'fair', NULL, NULL, NULL, DATE '2026-03-12', DATE '2026-03-11')) "
                   "t(event_id, published_at, text, item_id, category, location_id, starts_on, ends_on)");
  company.lake.put("lake.weather",
                   "SELECT * FROM (VALUES ('rain', DATE '2026-03-10', 5.0, NULL, NULL, NULL), ('rain', DATE '2026-03-11', 9.0, NULL, NULL, "
                   "DATE '2026-03-10'), ('rain', DATE '2026-03-12', 8.0, NULL, NULL, NULL), ('rain', DATE '2026-03-11', 7.0, NULL, 'S', "
                   "DATE '2026-03-09'), ('rain', DATE '2026-03-11', CAST('nan' AS DOUBLE), NULL, NULL, DATE '2026-03-10'), "
                   "('price', DATE '2026-03-02', 2.5, 'pan', NULL, NULL)) t(name, day, value, item_id, location_id, known_at)");
  auto known = read_drivers(company.fabric(), {.now = *parse_instant("2026-03-11T08:00:00Z"), .zone = {}}, {});
  ASSERT_TRUE(known) << known.error().text();
  EXPECT_EQ(known->events.size(), 4U);
  DemandPanel panel = small();
  const auto drivers = drivers_of(*known, panel, {0, 1, 2}, panel.panel, 0, 2);
  ASSERT_TRUE(forecasting::check(drivers, panel.panel, 2));
  const auto left = [](double days) { return static_cast<float>(std::exp2(-days / 7)); };
  EXPECT_FLOAT_EQ(events_ahead(drivers, panel.panel, 0), left(1)) << "pot in N: the recall, and the flood is not known yet";
  EXPECT_FLOAT_EQ(events_ahead(drivers, panel.panel, 1), left(1) + 1) << "pot in S: the recall, and the fair has been announced";
  EXPECT_FLOAT_EQ(events_ahead(drivers, panel.panel, 2), left(1)) << "pan: ends on the 9th, and knows of the power cut";
  ASSERT_EQ(drivers.releases.size(), 2U);
  EXPECT_EQ(drivers.releases[1].name, "rain");
  EXPECT_EQ(number_ahead(drivers, 1, panel.panel, 0), 9);
  EXPECT_EQ(number_ahead(drivers, 1, panel.panel, 0, 2), 9) << "the 12th is not known ahead";
  EXPECT_EQ(number_ahead(drivers, 1, panel.panel, 1), 7) << "of the place itself";
  EXPECT_EQ(number_ahead(drivers, 0, panel.panel, 2), 2.5F);
  EXPECT_TRUE(std::isnan(number_ahead(drivers, 0, panel.panel, 0)));

  // With vectors, and where they cannot be had.
  int texts = 0;
  auto embedded = read_drivers(company.fabric(), {.now = *parse_instant("2026-03-11T08:00:00Z"), .zone = {}}, {},
                               [&](std::span<const std::string> asked) -> Result<llm::Vectors> {
                                 texts = static_cast<int>(asked.size());
                                 return llm::Vectors{1, std::vector<float>(asked.size(), 1)};
                               });
  ASSERT_TRUE(embedded) << embedded.error().text();
  EXPECT_EQ(texts, 4) << "each different text once";
  EXPECT_EQ(embedded->no_vectors, "");
  auto failing = [&](ErrorCode code) {
    return read_drivers(company.fabric(), {.now = *parse_instant("2026-03-11T08:00:00Z"), .zone = {}}, {},
                        [code](std::span<const std::string>) -> Result<llm::Vectors> { return fail(code, "no answer", "http://gone"); });
  };
  auto alone = failing(ErrorCode::kUnavailable);
  ASSERT_TRUE(alone) << "there is a forecast without vectors";
  EXPECT_EQ(alone->no_vectors, "http://gone: no answer");
  EXPECT_EQ(alone->events.size(), 4U);
  EXPECT_EQ(failing(ErrorCode::kCancelled).error().code, ErrorCode::kCancelled);

  // Two days before, nothing of the last days was known.
  Panel before{{1, 2}, {0, 2}, {"pot@N"}, {}, {panel.panel.ends[0] - 2}};
  const auto then = drivers_of(*known, panel, {0}, before, 2, 2);
  EXPECT_EQ(events_ahead(then, before, 0), 0);
  EXPECT_TRUE(std::isnan(number_ahead(then, 1, before, 0)));
}

}  // namespace
}  // namespace sinan::demand

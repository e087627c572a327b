// Bursts of the last days in a panel of the canonical model.
#include "operations/demand/demand_bursts.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sinan::demand {
namespace {

// Series of a hundred days around 20 a day, the last of them 10 March 2026.
struct Shop {
  DemandPanel panel;
  explicit Shop(std::size_t series) {
    std::mt19937 random(3);
    std::poisson_distribution<int> sold(20);
    for (std::size_t i = 0; i < series; ++i) {
      for (int t = 0; t < 100; ++t) panel.panel.values.push_back(sold(random));
      panel.panel.offsets.push_back(panel.panel.values.size());
      panel.item_ids.push_back("item" + std::to_string(i));
      panel.location_ids.emplace_back("N");
      panel.panel.keys.push_back(panel.item_ids.back() + "@N");
      panel.panel.ends.push_back(parse_date("2026-03-10")->time_since_epoch().count());
    }
    panel.panel.lost.assign(panel.panel.values.size(), 0);
  }
  double& at(std::size_t series, std::size_t days_before_end) {
    return panel.panel.values[panel.panel.offsets[series + 1] - 1 - days_before_end];
  }
};

TEST(DemandBursts, OnlyRecentOnesWithTheirDaysAndKind) {
  Shop shop(4);
  shop.at(0, 2) = shop.at(0, 1) = shop.at(0, 0) = 100;  // runs since 8 March
  shop.at(1, 40) = shop.at(1, 39) = 100;                // long over
  shop.at(2, 1) = shop.at(2, 0) = 100;                  // a promotion
  DemandDrivers known;
  known.promotions["item2"] = {{"", *parse_date("2026-03-09"), *parse_date("2026-03-20"), 0.2F}};
  auto found = recent_bursts(shop.panel, known, nullptr);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  const DemandBurst& first = (*found)[0];
  EXPECT_EQ(first.series, 0U);
  EXPECT_EQ(format_date(first.first), "2026-03-08");
  EXPECT_EQ(format_date(first.last), "2026-03-10");
  EXPECT_TRUE(first.burst.running);
  EXPECT_NEAR(first.burst.size(), 5, 0.7);
  EXPECT_GT(first.burst.confidence, 0.95);
  EXPECT_EQ(first.burst.kind, forecasting::BurstKind::kBurst);
  EXPECT_EQ((*found)[1].burst.kind, forecasting::BurstKind::kPromotion);
}

TEST(DemandBursts, ADayWithoutStockIsNotJudged) {
  Shop shop(1);
  shop.at(0, 1) = shop.at(0, 0) = 100;
  shop.panel.panel.lost[98] = shop.panel.panel.lost[99] = 1;
  EXPECT_TRUE(recent_bursts(shop.panel, {}, nullptr)->empty());
}

TEST(DemandBursts, QuietDemandRaisesFew) {
  Shop shop(400);
  EXPECT_LE(recent_bursts(shop.panel, {}, nullptr)->size(), 6U);  // at 0.3 a year: 2.3 a week
}

}  // namespace
}  // namespace sinan::demand

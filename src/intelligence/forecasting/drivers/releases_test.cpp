// Numbers that become known in time: which of several releases counts from an origin.
#include "intelligence/forecasting/drivers/releases.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace sinan::forecasting {
namespace {

Releases of(std::vector<Releases::Release> releases) {
  Releases::sort(releases);
  return {"temperature", std::make_shared<const std::vector<std::vector<Releases::Release>>>(1, std::move(releases)), {0}};
}

std::vector<float> row(const Releases& releases, std::int64_t origin, std::int64_t period) {
  ReleaseView view(releases);
  view.look(0, origin);
  std::vector<float> out(Releases::kFeatures);
  view.row(period, out);
  return out;
}

TEST(Releases, TheNewestKnownAtTheOriginCounts) {
  // Day 10: forecast twice, then measured. Day 11: forecast once.
  const Releases weather = of({{10, 7, 20}, {10, 9, 22}, {10, 10, 25}, {11, 9, 18}, {9, 9, 16}});
  EXPECT_EQ(row(weather, 7, 10)[0], 20);
  EXPECT_EQ(row(weather, 8, 10)[0], 20);
  EXPECT_EQ(row(weather, 9, 10)[0], 22);
  EXPECT_EQ(row(weather, 10, 10)[0], 25);
  EXPECT_EQ(row(weather, 10, 11)[0], 18);
  // What is not known is taken from the newest day before, and how old that is is told.
  EXPECT_EQ(row(weather, 8, 12)[0], 20);
  EXPECT_EQ(row(weather, 8, 12)[2], 2);
  EXPECT_EQ(row(weather, 9, 14)[0], 18);
  EXPECT_EQ(row(weather, 9, 14)[2], 3);
  EXPECT_TRUE(std::isnan(row(weather, 6, 10)[0]));
  // Against the mean of days 9 and 10 as they were known.
  EXPECT_FLOAT_EQ(row(weather, 10, 11)[1], 18 - (16 + 25) / 2.0F);
}

TEST(Releases, HoldNothingThatBecameKnownLater) {
  std::vector<Releases::Release> releases;
  for (std::int32_t day = 0; day < 60; ++day)
    for (std::int32_t lead : {0, 2, 5}) releases.push_back({day, day - lead, static_cast<float>(day * 10 + lead)});
  const Releases all = of(releases);
  for (std::int32_t origin : {5, 30, 55}) {
    auto past = releases;
    for (auto& release : past)
      if (release.known > origin) release.value = -999;
    const Releases changed = of(past);
    std::erase_if(past, [&](const auto& release) { return release.known > origin; });
    const Releases cut = of(past);
    for (std::int64_t period = origin + 1; period < origin + 15; ++period) {
      EXPECT_EQ(row(all, origin, period), row(cut, origin, period));
      EXPECT_EQ(row(all, origin, period), row(changed, origin, period));
    }
  }
}

TEST(Releases, OfEqualsTheLargerCounts) {
  EXPECT_EQ(row(of({{3, 3, 1}, {3, 3, 2}}), 3, 4)[0], 2);
  EXPECT_EQ(row(of({{3, 3, 2}, {3, 3, 1}}), 3, 4)[0], 2);
}

}  // namespace
}  // namespace sinan::forecasting

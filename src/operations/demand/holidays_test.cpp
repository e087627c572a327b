// Named days against published calendars.
#include "operations/demand/holidays.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace sinan::demand {
namespace {

std::string on(Holidays kind, const char* date) {
  const CalendarDriver named = calendar_drivers(*parse_date(date), 1, {kind}).at(3);
  return named.texts.at(static_cast<std::size_t>(named.driver.values.front()));
}

TEST(Holidays, WesternDaysMove) {
  EXPECT_EQ(on(Holidays::kWestern, "2024-03-31"), "Easter Sunday");
  EXPECT_EQ(on(Holidays::kWestern, "2025-04-18"), "Good Friday");
  EXPECT_EQ(on(Holidays::kWestern, "2026-04-06"), "Easter Monday");
  EXPECT_EQ(on(Holidays::kWestern, "1961-04-02"), "Easter Sunday");
  EXPECT_EQ(on(Holidays::kWestern, "2026-05-10"), "Mother's Day");
  EXPECT_EQ(on(Holidays::kWestern, "2026-11-26"), "Thanksgiving");
  EXPECT_EQ(on(Holidays::kWestern, "2026-11-27"), "Black Friday");
  EXPECT_EQ(on(Holidays::kWestern, "2026-11-30"), "Cyber Monday");
  EXPECT_EQ(on(Holidays::kWestern, "2026-12-25"), "Christmas Day");
  EXPECT_EQ(on(Holidays::kWestern, "2026-12-23"), "none");
}

TEST(Holidays, ChineseDaysFollowTheMoon) {
  EXPECT_EQ(on(Holidays::kChinese, "2023-01-22"), "Spring Festival");
  EXPECT_EQ(on(Holidays::kChinese, "2024-02-10"), "Spring Festival");
  EXPECT_EQ(on(Holidays::kChinese, "2025-01-29"), "Spring Festival");
  EXPECT_EQ(on(Holidays::kChinese, "2026-02-17"), "Spring Festival");
  EXPECT_EQ(on(Holidays::kChinese, "2027-02-06"), "Spring Festival");  // the moon is new four minutes before midnight
  EXPECT_EQ(on(Holidays::kChinese, "2012-08-23"), "Qixi");
  EXPECT_EQ(on(Holidays::kChinese, "2030-02-03"), "Spring Festival");
  EXPECT_EQ(on(Holidays::kChinese, "2033-01-31"), "Spring Festival");
  EXPECT_EQ(on(Holidays::kChinese, "2034-02-19"), "Spring Festival");  // after a leap eleventh month
  EXPECT_EQ(on(Holidays::kChinese, "2033-09-08"), "Mid-Autumn");
  EXPECT_EQ(on(Holidays::kChinese, "2026-02-16"), "Lunar New Year's Eve");
  EXPECT_EQ(on(Holidays::kChinese, "2025-05-31"), "Dragon Boat Festival");
  EXPECT_EQ(on(Holidays::kChinese, "2026-06-19"), "Dragon Boat Festival");
  EXPECT_EQ(on(Holidays::kChinese, "2025-10-06"), "Mid-Autumn");  // the year has a second sixth month
  EXPECT_EQ(on(Holidays::kChinese, "2026-09-25"), "Mid-Autumn");
  EXPECT_EQ(on(Holidays::kChinese, "2023-04-05"), "Qingming");
  EXPECT_EQ(on(Holidays::kChinese, "2024-04-04"), "Qingming");
  EXPECT_EQ(on(Holidays::kChinese, "2026-04-05"), "Qingming");
  EXPECT_EQ(on(Holidays::kChinese, "2026-11-11"), "Singles' Day");
  EXPECT_EQ(on(Holidays::kChinese, "2026-11-12"), "none");
}

TEST(Holidays, DriversTellOfEachDay) {
  // Thursday 24 December 2026 and the four days after it.
  auto found = calendar_drivers(*parse_date("2026-12-24"), 5, {Holidays::kWestern});
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].driver.name, "weekday");
  EXPECT_EQ(found[0].driver.values, (std::vector<float>{3, 4, 5, 6, 0}));
  EXPECT_EQ(found[1].driver.values, (std::vector<float>{24, 25, 26, 27, 28}));
  EXPECT_EQ(found[2].driver.values, (std::vector<float>{358, 359, 360, 361, 362}));
  auto name = [&](std::size_t day) { return found[3].texts[static_cast<std::size_t>(found[3].driver.values[day])]; };
  EXPECT_EQ(name(1), "Christmas Day");
  EXPECT_EQ(name(3), "none");
  EXPECT_EQ(found[4].driver.values, (std::vector<float>{0, 0, 0, 1, 2}));
  for (const CalendarDriver& driver : found) EXPECT_TRUE(driver.driver.known_ahead && driver.driver.common) << driver.driver.name;
  // In the middle of September no holiday is near; four days before New Year's Eve it comes nearer.
  EXPECT_TRUE(std::isnan(calendar_drivers(*parse_date("2026-09-15"), 1, {Holidays::kWestern})[4].driver.values[0]));
  EXPECT_EQ(calendar_drivers(*parse_date("2026-12-29"), 2, {Holidays::kWestern})[4].driver.values, (std::vector<float>{-2, -1}));
}

TEST(Holidays, CodesAreTheSameWhateverTheDays) {
  // In 2020 Mid-Autumn was on National Day, whose name that day has.
  const auto alone = calendar_drivers(*parse_date("2020-10-01"), 1, {Holidays::kChinese}).at(3);
  const auto later = calendar_drivers(*parse_date("2020-10-01"), 400, {Holidays::kChinese}).at(3);
  EXPECT_EQ(alone.texts, later.texts);
  EXPECT_EQ(alone.driver.values[0], later.driver.values[0]);
  EXPECT_NE(std::ranges::find(alone.texts, "Mid-Autumn"), alone.texts.end());
}

TEST(Holidays, OfAnUnknownKindAreRefused) { EXPECT_FALSE(parse_holidays("martian")); }

}  // namespace
}  // namespace sinan::demand

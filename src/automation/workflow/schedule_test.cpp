// Expected times were worked out by hand from the published rules of Vixie cron and the tz database (Berlin: clocks go forward at 02:00
// on 2026-03-29 and back at 03:00 on 2026-10-25).
#include "automation/workflow/schedule.hpp"

#include <gtest/gtest.h>

namespace sinan::workflow {
namespace {

Schedule schedule(const std::string& text, const std::string& zone = "UTC") {
  auto parsed = Schedule::parse(text, Zone::find(zone).value());
  EXPECT_TRUE(parsed.has_value()) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed.value_or(Schedule{});
}

TEST(Schedule, NextTimeAfterAnInstant) {
  struct Case {
    std::string text, zone, after, next;
  };
  const Case cases[] = {
      {"0 6 * * *", "UTC", "2026-03-01T05:59:59Z", "2026-03-01T06:00:00Z"},
      {"0 6 * * *", "UTC", "2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z"},
      {"0 6 * * *", "Asia/Shanghai", "2026-03-01T00:00:00Z", "2026-03-01T22:00:00Z"},
      {"*/15 * * * *", "UTC", "2026-03-01T10:14:59Z", "2026-03-01T10:15:00Z"},
      {"5-20/7 3 * * *", "UTC", "2026-03-01T03:12:00Z", "2026-03-01T03:19:00Z"},
      {"30 8 * * mon-fri", "UTC", "2026-03-06T09:00:00Z", "2026-03-09T08:30:00Z"},
      {"0 0 1 * *", "UTC", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {"0 0 29 feb *", "UTC", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"0 12 13 * fri", "UTC", "2026-03-07T00:00:00Z", "2026-03-13T12:00:00Z"},  // both days restricted: either suffices
      {"0 12 14 * fri", "UTC", "2026-03-13T12:00:00Z", "2026-03-14T12:00:00Z"},
      {"0 12 * * 7", "UTC", "2026-03-07T00:00:00Z", "2026-03-08T12:00:00Z"},
      {"@daily", "UTC", "2026-03-07T00:00:00Z", "2026-03-08T00:00:00Z"},
      {"@weekly", "UTC", "2026-03-07T00:00:00Z", "2026-03-09T00:00:00Z"},
      {"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},  // 02:30 does not exist: 03:00 is the first
      {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},  // comes twice: the first
      {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},  // and not again
      {"every 15m", "UTC", "2026-03-01T10:15:00Z", "2026-03-01T10:30:00Z"},
      {"every 2h", "UTC", "2026-03-01T01:00:00Z", "2026-03-01T02:00:00Z"},
  };
  for (const Case& c : cases) {
    auto next = schedule(c.text, c.zone).next_after(parse_instant(c.after).value());
    ASSERT_TRUE(next.has_value()) << c.text;
    EXPECT_EQ(format_rfc3339(*next), c.next) << c.text << " after " << c.after << " in " << c.zone;
  }
}

TEST(Schedule, ADateThatNeverComesHasNoNextTime) {
  EXPECT_FALSE(schedule("0 0 30 2 *").next_after(parse_instant("2026-01-01").value()).has_value());
}

TEST(Schedule, MistakesNameTheFieldAndTheWayOut) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "five fields"},           {"0 6 * *", "five fields"},    {"60 6 * * *", "the minute"},   {"0 24 * * *", "the hour"},
      {"0 6 0 * *", "day of month"}, {"0 6 * 13 *", "the month"},   {"0 6 * * 8", "day of week"},   {"0 6 * * moon", "day of week"},
      {"5-1 6 * * *", "the minute"}, {"*/0 6 * * *", "the minute"}, {"1,,2 6 * * *", "the minute"}, {"every 0s", "between 1s and 366d"},
      {"every soon", "soon"},        {"-1 6 * * *", "the minute"},  {"1- 6 * * *", "the minute"},
  };
  for (const auto& [text, part] : cases) {
    auto parsed = Schedule::parse(text, Zone());
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_NE(parsed.error().message.find(part), std::string::npos) << text << " gave: " << parsed.error().message;
  }
}

// Property: what next_after gives is strictly later, and nothing between is missed when stepping from one to the next.
TEST(Schedule, SteppingVisitsEveryMinuteOfADayOnWhichClocksChange) {
  Schedule every_minute = schedule("* * * * *", "America/New_York");
  Instant at = parse_instant("2026-03-08T00:00:00Z").value();
  for (int i = 0; i < 24 * 60; ++i) {
    auto next = every_minute.next_after(at);
    ASSERT_TRUE(next.has_value());
    ASSERT_EQ((*next - at).count(), 60'000'000) << format_rfc3339(at);
    at = *next;
  }
}

}  // namespace
}  // namespace sinan::workflow

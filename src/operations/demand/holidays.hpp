// Named days on which people buy more, or less: holidays and sales days, Western and Chinese; and the drivers that a calendar makes.
//
// Lunar dates follow from the sun's longitude and the new moon in China (Meeus, Astronomical Algorithms 1991, chapters 25 and 49), Easter
// from the Gregorian rule (chapter 8). They hold from 1990 to 2090.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "intelligence/forecasting/drivers/drivers.hpp"

namespace sinan::demand {

enum class Holidays : std::uint8_t { kWestern, kChinese };
// "western" or "chinese"; kInvalidInput names these.
Result<Holidays> parse_holidays(std::string_view name);

struct CalendarDriver {
  forecasting::Driver driver;
  std::vector<std::string> texts;  // of a category, by code; the same whatever the days
};

// For `days` days from `first`, the same for all series and known ahead: the weekday, the day of the month, the day of the year, and for
// each kind the named day, if any (of two names on one day the one that is bought for more), and how many days the nearest one is away
// (−14 … 14, negative before it; beyond: unknown).
std::vector<CalendarDriver> calendar_drivers(Date first, std::size_t days, const std::vector<Holidays>& kinds);

}  // namespace sinan::demand

// When a workflow runs by itself: cron lines and intervals, in a time zone.
//
// Cron: five fields (minute, hour, day of month, month, day of week; lists, ranges, steps, English names; 0 and 7 are Sunday); when both
// days are restricted either suffices, as in Vixie cron. "every 15m" counts from midnight of 1970-01-01 UTC. "@hourly", "@daily",
// "@weekly" and "@monthly" are short for cron lines. A local time that a clock change skips runs at the first instant after the gap; one
// that comes twice runs once, the first time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace sinan::workflow {

class Schedule {
 public:
  // kInvalidInput says which field is wrong and what it may be.
  static Result<Schedule> parse(const std::string& text, const Zone& zone);

  // The first time after `at`, strictly; nullopt when there is none within five years ("0 0 30 2 *").
  std::optional<Instant> next_after(Instant at) const;
  const std::string& text() const { return text_; }

 private:
  bool matches_day(std::chrono::year_month_day day) const;

  std::string text_;
  Zone zone_;
  std::chrono::microseconds every_{0};  // > 0: an interval
  std::uint64_t minutes_ = 0;           // bit i: minute i
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;
  bool any_day_ = true;
  bool any_weekday_ = true;
};

}  // namespace sinan::workflow

// Instants, dates and time zones. All times are UTC; a day is cut in a named zone (IANA, by ICU).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinan {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Date = std::chrono::sys_days;

std::string format_date(Date date);        // 2026-03-01
std::string format_timestamp(Instant at);  // 2026-03-01 08:15:00[.123456], as SQL prints it
std::string format_rfc3339(Instant at);    // 2026-03-01T08:15:00[.123456]Z

Result<Date> parse_date(std::string_view text);
// "2026-03-01", "2026-03-01T08:15[:00[.123456]][Z|+08:00]", or with a space for T. Without an offset: UTC.
Result<Instant> parse_instant(std::string_view text);

// "90s", "15m", "2h", "1d", "250ms": for options in YAML and on the command line; a century at most.
inline constexpr std::chrono::microseconds kLongestDuration = std::chrono::days{36'525};
Result<std::chrono::microseconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::microseconds duration);

// A time zone; cheap to copy; thread-safe.
class Zone {
 public:
  Zone();  // UTC
  static Result<Zone> find(std::string_view iana_name);

  const std::string& name() const { return name_; }
  std::chrono::microseconds offset_at(Instant at) const;  // local = UTC + offset
  Date day_of(Instant at) const;
  Instant start_of(Date day) const;  // the first instant of that day there

 private:
  std::string name_;
  std::shared_ptr<const void> icu_;  // icu::TimeZone
};

// The clock is a seam: tests and --now fix it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  // Steady seconds, for measuring how long something took; never for decisions.
  virtual std::chrono::duration<double> elapsed() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  std::chrono::duration<double> elapsed() const override;
};

// Stands still at `at`; the stopwatch runs.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(Instant at) : at_(at) {}
  Instant now() const override { return at_; }
  std::chrono::duration<double> elapsed() const override { return SystemClock().elapsed(); }
  void set(Instant at) { at_ = at; }

 private:
  Instant at_;
};

}  // namespace sinan

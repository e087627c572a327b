// The grid that the times of a file lie on: integers, days, weeks, months, hours …, found in the data and continued into the future.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinan::demand {

// A time as it was written.
struct Stamp {
  enum class Kind : std::uint8_t { kInteger, kDate, kTime } kind = Kind::kInteger;
  std::int64_t value = 0;  // the integer; days since 1970-01-01; microseconds since then
};
// "17", "2026-03-01", "2026-03-01 08:00[:00]", with T, with Z or an offset.
Result<Stamp> parse_stamp(std::string_view text);

class Calendar {
 public:
  // Finds kind and frequency: `stamps` of all series; `series_ends[i]` is the first index after series i; each series in order of time.
  // The most common distance of neighbours is the period. `frequency`: "" (found), "D", "W", "M", "Q", "Y", "H", "min", or a number
  // before one of them ("15min"); "B": Monday to Friday; an integer step for integers.
  static Result<Calendar> find(const std::vector<Stamp>& stamps, const std::vector<std::size_t>& series_ends, const std::string& frequency);

  // The number of the period; kInvalidInput when it lies on no period, counted from the series' `first` stamp.
  Result<std::int64_t> index(const Stamp& stamp, const Stamp& first) const;
  // Whole periods from one to the other, rounded down; also between times that lie on no common grid.
  std::int64_t distance(const Stamp& from, const Stamp& to) const;
  // The time `steps` periods after `stamp`, in the same style as `written`.
  std::string after(const Stamp& stamp, std::int64_t steps, std::string_view written) const;

  // Seasons that this frequency often has: 7 for days, 12 for months, …
  std::vector<int> seasons() const;
  // The one that series with dates are taken to have; 1: none is known.
  int usual_season() const;
  // How many whole periods a "day", "week", "quarter" or "year" has; nothing where it has none, fewer than two, or not always as many.
  std::optional<int> periods_in(std::string_view span) const;
  // How many periods a year has; 365 where they are only numbers.
  double periods_per_year() const;
  // Whether the days were found to be those from Monday to Friday, though they were not said to be.
  bool skips_weekends() const { return skips_weekends_; }
  Stamp::Kind kind() const { return kind_; }
  std::string name() const;  // "daily", "monthly", "working-day"

 private:
  Stamp::Kind kind_ = Stamp::Kind::kInteger;
  std::int64_t step_ = 1;    // integers, days or microseconds
  std::int64_t months_ = 0;  // > 0: the period is that many months
  bool month_ends_ = false;  // every date is the last of its month
  bool working_ = false;     // the periods are the days from Monday to Friday
  bool skips_weekends_ = false;
};

}  // namespace sinan::demand

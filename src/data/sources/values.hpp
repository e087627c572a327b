// How values that a source sends as text, or in a local time, become values of a column; shared by the connectors.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/sources/source.hpp"

namespace sinan::sources {

// Converts times without an offset, which sources keep in a local zone, to UTC and back. A local time that comes twice (the clock is set
// back) is the first of both; one that never was (set forward) is moved forward by the gap. Beyond kFurthestUs from 1970, where times are
// infinite or of no calendar, they stay as they are. Remembers the offsets of days: not thread-safe.
class LocalTime {
 public:
  static constexpr std::int64_t kFurthestUs = INT64_MAX - std::int64_t{5} * 86'400 * 1'000'000;

  explicit LocalTime(Zone zone);
  const Zone& zone() const { return zone_; }
  bool is_utc() const { return utc_; }
  std::int64_t to_utc(std::int64_t local_us) const;
  std::int64_t to_local(std::int64_t utc_us) const;

 private:
  std::int64_t offset_us(std::int64_t utc_us) const;

  struct Day {
    std::int64_t number = INT64_MIN;
    std::int64_t offset = 0;
    bool uniform = false;
  };
  Zone zone_;
  bool utc_;
  mutable std::array<Day, 512> days_{};
};

// Local times that differ by more than this never swap their order in UTC: no zone ever moved by more than a day and some hours.
inline constexpr std::int64_t kZoneMarginUs = std::int64_t{30} * 3600 * 1'000'000;

// Appends `text` as a value of column.type; false, and nothing appended, if it is none: a number with more digits than the type holds, text
// that is no UTF-8, a time that is none: what that means, OddValues says. Times without an offset are local to `zone`.
bool append_text_value(Column& column, std::string_view text, const LocalTime& zone);

// A constant as text, as SQL would print it without quotes; timestamps in UTC. "" for null.
std::string value_text(const Value& value);

// One cell as a Value.
Value cell_value(const Column& column, std::size_t row);

// Counts what a type cannot hold and is read as null, or refuses it (`odd_values: refuse`): values that the source rightly holds and that
// ours cannot, as infinite dates, or that it takes for good, as zero dates. A cell that is no value of its column at all is an error
// instead, with its row, if rows can be told apart, and the way out: mend it, or pin another type (`types: {c: text}`).
class OddValues {
 public:
  OddValues(std::string source_table, bool refuse) : table_(std::move(source_table)), refuse_(refuse) {}
  // `what`: "a zero date".
  Status odd(const std::string& column, std::string_view what);
  std::vector<Warning> warnings() const;

 private:
  std::string table_;
  bool refuse_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> counts_;
};

// A scan that begins with its first next(), for reads that come after another one.
std::unique_ptr<Scan> lazy_scan(std::function<Result<std::unique_ptr<Scan>>()> begin);
// A scan without rows.
std::unique_ptr<Scan> empty_scan();

}  // namespace sinan::sources

#include "automation/workflow/schedule.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <vector>

#include "base/text.hpp"

namespace sinan::workflow {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

constexpr int kYearsAhead = 5;

struct CronField {
  std::string_view name;
  int low;
  int high;
  std::vector<std::string_view> names;  // names[i] means low + i
};

const std::array<CronField, 5>& fields() {
  static const std::array<CronField, 5> kFields{{
      {"minute", 0, 59, {}},
      {"hour", 0, 23, {}},
      {"day of month", 1, 31, {}},
      {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
      {"day of week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
  }};
  return kFields;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::string_view word : split(text, ' ')) {
    if (!word.empty()) out.push_back(word);
  }
  return out;
}

Error bad_field(const CronField& field, std::string_view text) {
  std::string range = fmt::format("{} to {}", field.low, field.high);
  if (!field.names.empty()) range += fmt::format(", or {} to {}", field.names.front(), field.names.back());
  return Error{ErrorCode::kInvalidInput, fmt::format("the {} of the schedule cannot be '{}'; it may be *, {}, with lists (1,15), ranges "
                                                     "(1-5) and steps (*/10)",
                                                     field.name, text, range)};
}

Result<int> read_value(const CronField& field, std::string_view text, std::string_view whole) {
  std::string word = lowercase(text);
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (word == field.names[i]) return field.low + static_cast<int>(i);
  }
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < field.low || value > field.high) {
    return fail(bad_field(field, whole));
  }
  return value;
}

// Bits of the values that a field allows.
Result<std::uint64_t> read_field(const CronField& field, std::string_view text) {
  std::uint64_t bits = 0;
  for (std::string_view part : split(text, ',')) {
    int step = 1;
    std::string_view range = part;
    bool stepped = false;
    if (std::size_t slash = part.find('/'); slash != std::string_view::npos) {
      range = part.substr(0, slash);
      std::string_view number = part.substr(slash + 1);
      auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), step);
      if (error != std::errc() || end != number.data() + number.size() || step < 1 || step > field.high)
        return fail(bad_field(field, text));
      stepped = true;
    }
    int first = field.low;
    int last = field.high;
    if (range != "*") {
      std::size_t dash = range.find('-');
      SINAN_TRY(first, read_value(field, range.substr(0, dash), text));
      if (dash != std::string_view::npos) {
        SINAN_TRY(last, read_value(field, range.substr(dash + 1), text));
      } else if (!stepped) {
        last = first;
      }
    }
    if (first > last) return fail(bad_field(field, text));
    for (int value = first; value <= last; value += step) bits |= std::uint64_t{1} << value;
  }
  return bits;
}

// One local day: where it begins and ends, and how far the wall clock is ahead of UTC at both.
struct LocalDay {
  LocalDay(const Zone& zone, Date date) : start(zone.start_of(date)), end(zone.start_of(date + days{1})), midnight(date) {
    offset_start = zone.offset_at(start);
    offset_end = zone.offset_at(end);
  }
  Instant start;
  Instant end;
  Instant midnight;
  microseconds offset_start;
  microseconds offset_end;
};

// The first instant at or after which the wall clock of `day` shows `time`.
Instant at_local(const Zone& zone, const LocalDay& day, minutes time) {
  microseconds wall = day.midnight.time_since_epoch() + time;
  Instant before{wall - day.offset_start};
  if (day.offset_start == day.offset_end) return before;
  Instant after{wall - day.offset_end};
  std::optional<Instant> found;
  for (Instant candidate : {before, after}) {
    if (candidate.time_since_epoch() + zone.offset_at(candidate) == wall && (!found || candidate < *found)) found = candidate;
  }
  if (found) return *found;
  // The wall clock jumps over this time: the jump itself, found by bisection to the second.
  std::int64_t low = 0;
  std::int64_t high = std::chrono::duration_cast<std::chrono::seconds>(day.end - day.start).count();
  while (low < high) {
    std::int64_t middle = (low + high) / 2;
    Instant t = day.start + std::chrono::seconds{middle};
    if (t.time_since_epoch() + zone.offset_at(t) >= wall) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return day.start + std::chrono::seconds{low};
}

std::string expand_alias(const std::string& text) {
  if (text == "@hourly") return "0 * * * *";
  if (text == "@daily") return "0 0 * * *";
  if (text == "@weekly") return "0 0 * * 1";
  if (text == "@monthly") return "0 0 1 * *";
  return text;
}

}  // namespace

Result<Schedule> Schedule::parse(const std::string& text, const Zone& zone) {
  Schedule out;
  out.text_ = text;
  out.zone_ = zone;
  std::string line = expand_alias(text);
  std::vector<std::string_view> parts = words(line);
  if (parts.size() == 2 && parts[0] == "every") {
    SINAN_TRY(out.every_, parse_duration(parts[1]));
    if (out.every_ < std::chrono::seconds{1} || out.every_ > days{366}) {
      return fail(ErrorCode::kInvalidInput, fmt::format("an interval is between 1s and 366d, not '{}'", parts[1]));
    }
    return out;
  }
  if (parts.size() != 5) {
    return fail(ErrorCode::kInvalidInput, fmt::format("a schedule has five fields (minute, hour, day of month, month, day of week), or is "
                                                      "'every 15m', '@hourly', '@daily', '@weekly' or '@monthly'; this is '{}'",
                                                      text));
  }
  std::array<std::uint64_t*, 5> targets{&out.minutes_, &out.hours_, &out.days_, &out.months_, &out.weekdays_};
  for (std::size_t i = 0; i < 5; ++i) {
    SINAN_TRY(*targets[i], read_field(fields()[i], parts[i]));
  }
  if (out.weekdays_ & (std::uint64_t{1} << 7)) out.weekdays_ |= 1;  // 7 is Sunday too
  out.any_day_ = parts[2].starts_with('*');
  out.any_weekday_ = parts[4].starts_with('*');
  return out;
}

bool Schedule::matches_day(std::chrono::year_month_day day) const {
  auto bit = [](std::uint64_t bits, unsigned i) { return ((bits >> i) & 1U) != 0; };
  if (!bit(months_, static_cast<unsigned>(day.month()))) return false;
  bool by_day = bit(days_, static_cast<unsigned>(day.day()));
  bool by_weekday = bit(weekdays_, std::chrono::weekday{Date{day}}.c_encoding());
  if (!any_day_ && !any_weekday_) return by_day || by_weekday;
  return by_day && by_weekday;
}

std::optional<Instant> Schedule::next_after(Instant at) const {
  if (every_ > microseconds{0}) {
    std::int64_t period = every_.count();
    std::int64_t since = at.time_since_epoch().count();
    std::int64_t count = since >= 0 ? since / period : -((-since + period - 1) / period);
    return Instant{microseconds{(count + 1) * period}};
  }
  Date first = zone_.day_of(at);
  for (Date day = first; day < first + days{366 * kYearsAhead}; day += days{1}) {
    if (!matches_day(std::chrono::year_month_day{day})) continue;
    LocalDay local(zone_, day);
    for (int hour = 0; hour < 24; ++hour) {
      if (!((hours_ >> hour) & 1U)) continue;
      for (int minute = 0; minute < 60; ++minute) {
        if (!((minutes_ >> minute) & 1U)) continue;
        Instant candidate = at_local(zone_, local, hours{hour} + minutes{minute});
        if (candidate > at) return candidate;
      }
    }
  }
  return std::nullopt;
}

}  // namespace sinan::workflow

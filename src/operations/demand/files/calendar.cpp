#include "operations/demand/files/calendar.hpp"

#include <charconv>
#include <map>

#include "base/text.hpp"
#include "base/time.hpp"

namespace sinan::demand {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr std::int64_t kSample = 200'000;
constexpr std::int64_t kFarthestApart = 100'000'000'000'000;  // ten thousand steps ahead must be numbers too
constexpr std::size_t kManyDays = 15;                         // of which some would be in a weekend

Date date_of(const Stamp& stamp) {
  if (stamp.kind == Stamp::Kind::kDate) return Date(std::chrono::days(stamp.value));
  return std::chrono::floor<std::chrono::days>(Instant(std::chrono::microseconds(stamp.value)));
}

std::int64_t month_of(const Stamp& stamp) {
  std::chrono::year_month_day d(date_of(stamp));
  return static_cast<int>(d.year()) * 12LL + static_cast<unsigned>(d.month()) - 1;
}

bool ends_month(const Stamp& stamp) {
  std::chrono::year_month_day d(date_of(stamp));
  return d.day() == (d.year() / d.month() / std::chrono::last).day();
}

// Working days are counted by halves: a weekend lies between its Friday and its Monday.
constexpr std::int64_t kWeekInHalves = 10;
constexpr std::int64_t kWeekend = 9;
constexpr std::int64_t kMonday = 4;  // the first one since 1970-01-01, in days

std::int64_t halves_of(const Stamp& stamp) {
  const std::int64_t days = date_of(stamp).time_since_epoch().count() - kMonday;
  const std::int64_t week = days / 7 - (days % 7 < 0 ? 1 : 0);
  const std::int64_t weekday = days - 7 * week;
  return kWeekInHalves * week + (weekday < 5 ? 2 * weekday : kWeekend);
}

// The working day `steps` after one.
Date working_day_after(const Stamp& stamp, std::int64_t steps) {
  const std::int64_t number = halves_of(stamp) / 2 + steps;
  const std::int64_t week = number / 5 - (number % 5 < 0 ? 1 : 0);
  return Date(std::chrono::days(kMonday + 7 * week + number - 5 * week));
}

struct Step {
  std::int64_t step = 0;
  std::int64_t months = 0;
  bool working = false;
};

Result<Step> read_frequency(const std::string& text, Stamp::Kind kind) {
  std::int64_t count = 1;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc()) rest = text.data(), count = 1;
  std::string unit(rest, text.data() + text.size());
  bool dates = kind == Stamp::Kind::kDate;
  std::int64_t day = dates ? 1 : kDay;
  if (count >= 1 && count <= 1'000'000) {
    if (kind == Stamp::Kind::kInteger && unit.empty()) return Step{count, 0};
    if (kind != Stamp::Kind::kInteger) {
      if (unit == "D") return Step{count * day, 0};
      if (unit == "B" && count == 1) return Step{day, 0, true};
      if (unit == "W") return Step{count * 7 * day, 0};
      if (unit == "M") return Step{0, count};
      if (unit == "Q") return Step{0, count * 3};
      if (unit == "Y") return Step{0, count * 12};
      if (unit == "H" && !dates) return Step{count * 3600 * kSecond, 0};
      if (unit == "min" && !dates) return Step{count * 60 * kSecond, 0};
      if (unit == "s" && !dates) return Step{count * kSecond, 0};
    }
  }
  return fail(ErrorCode::kInvalidInput,
              fmt::format("--freq '{}' does not fit these times; D, B (Monday to Friday), W, M, Q and Y are for dates, H, min and s for "
                          "times, a whole number for integers, such as 15min",
                          visible(text)));
}

// The most common distance; of equally common ones the shorter.
Step usual_step(const std::vector<Stamp>& stamps, const std::vector<std::size_t>& ends) {
  std::map<std::int64_t, std::int64_t> counts;
  std::int64_t seen = 0;
  std::size_t from = 0;
  for (std::size_t end : ends) {
    for (std::size_t i = from + 1; i < end && seen < kSample; ++i, ++seen)
      if (stamps[i].value > stamps[i - 1].value) ++counts[stamps[i].value - stamps[i - 1].value];
    from = end;
  }
  std::int64_t best = 0;
  std::int64_t most = 0;
  for (auto [distance, count] : counts)
    if (count > most) best = distance, most = count;
  if (stamps.empty() || best == 0) return {stamps.empty() || stamps.front().kind != Stamp::Kind::kTime ? 1 : kDay, 0};
  std::int64_t day = stamps.front().kind == Stamp::Kind::kDate ? 1 : kDay;
  if (stamps.front().kind == Stamp::Kind::kInteger) return {best, 0};
  if (best >= 28 * day && best <= 31 * day) return {0, 1};
  if (best >= 89 * day && best <= 92 * day) return {0, 3};
  if (best >= 365 * day && best <= 366 * day) return {0, 12};
  return {best, 0};
}

// The end of a time that says how far its clock is from UTC: "Z", "+08", "+08:00", "-0330"; empty: nothing does.
std::string_view offset_of(std::string_view written) {
  if (written.ends_with('Z')) return written.substr(written.size() - 1);
  const std::size_t sign = written.find_last_of("+-");
  return sign == std::string_view::npos || sign <= 10 ? std::string_view() : written.substr(sign);
}

std::int64_t microseconds_of(std::string_view offset) {
  if (offset.empty() || offset == "Z") return 0;
  std::string digits;
  for (char c : offset)
    if (c >= '0' && c <= '9') digits += c;
  digits.resize(4, '0');
  const std::int64_t minutes = 60 * ((digits[0] - '0') * 10 + digits[1] - '0') + (digits[2] - '0') * 10 + digits[3] - '0';
  return (offset.front() == '-' ? -60 : 60) * kSecond * minutes;
}

std::string time_like(std::int64_t value, std::string_view written) {
  const std::string_view offset = offset_of(written);
  std::string out = format_timestamp(Instant(std::chrono::microseconds(value + microseconds_of(offset))));
  if (written.size() > 10) out[10] = written[10];
  const std::size_t body = written.size() - offset.size();
  if (body == 16 && out.size() == 19 && out.ends_with(":00")) out.resize(16);
  return out.append(offset);
}

}  // namespace

Result<Stamp> parse_stamp(std::string_view text) {
  std::int64_t number = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && stop == text.data() + text.size()) return Stamp{Stamp::Kind::kInteger, number};
  if (auto date = parse_date(text)) return Stamp{Stamp::Kind::kDate, date->time_since_epoch().count()};
  if (auto instant = parse_instant(text)) return Stamp{Stamp::Kind::kTime, instant->time_since_epoch().count()};
  return fail(ErrorCode::kInvalidInput, fmt::format("'{}' is no integer, date (2026-03-01) or time (2026-03-01 08:00)", visible(text)));
}

Result<Calendar> Calendar::find(const std::vector<Stamp>& stamps, const std::vector<std::size_t>& series_ends,
                                const std::string& frequency) {
  Calendar out;
  if (stamps.empty()) return out;
  out.kind_ = stamps.front().kind;
  Step step = usual_step(stamps, series_ends);
  if (!frequency.empty()) {
    SINAN_TRY(step, read_frequency(frequency, out.kind_));
  }
  if (out.kind_ == Stamp::Kind::kInteger && step.step > kFarthestApart)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("ds: neighbouring rows are {} apart, too far for periods; check ds, or say --freq", step.step));
  out.step_ = step.step;
  out.months_ = step.months;
  out.working_ = step.working;
  out.month_ends_ = step.months > 0 && std::ranges::all_of(stamps, ends_month);
  out.skips_weekends_ = frequency.empty() && out.name() == "daily" && stamps.size() >= kManyDays &&
                        std::ranges::none_of(stamps, [](const Stamp& day) { return halves_of(day) % 2 != 0; });
  return out;
}

Result<std::int64_t> Calendar::index(const Stamp& stamp, const Stamp& first) const {
  auto off = [&] {
    return fail(
        ErrorCode::kInvalidInput,
        fmt::format("a time lies between two periods of a {} series; say the frequency with --freq, or put the times in order", name()));
  };
  if (months_ > 0) {
    std::int64_t distance = month_of(stamp) - month_of(first);
    if (distance % months_ != 0) return off();
    return distance / months_;
  }
  std::int64_t distance = stamp.value - first.value;
  if (distance % step_ != 0) return off();
  if (working_) {
    for (const Stamp& day : {stamp, first})
      if (halves_of(day) % 2 != 0)
        return fail(ErrorCode::kInvalidInput,
                    fmt::format("{} is a Saturday or Sunday, and --freq B has Monday to Friday; leave the row out, or say --freq D",
                                format_date(date_of(day))));
    return (halves_of(stamp) - halves_of(first)) / 2;
  }
  return distance / step_;
}

std::int64_t Calendar::distance(const Stamp& from, const Stamp& to) const {
  const std::int64_t apart = months_ > 0 ? month_of(to) - month_of(from)
                             : working_  ? halves_of(to) - halves_of(from)
                                         : to.value - from.value;
  const std::int64_t period = months_ > 0 ? months_ : working_ ? 2 : step_;
  return apart / period - (apart % period < 0 ? 1 : 0);
}

std::string Calendar::after(const Stamp& stamp, std::int64_t steps, std::string_view written) const {
  if (kind_ == Stamp::Kind::kInteger) return std::to_string(stamp.value + steps * step_);
  if (months_ == 0) {
    std::int64_t value = stamp.value + steps * step_;
    if (working_) value = stamp.value + step_ * (working_day_after(stamp, steps) - date_of(stamp)).count();
    return kind_ == Stamp::Kind::kDate ? format_date(Date(std::chrono::days(value))) : time_like(value, written);
  }
  std::chrono::year_month_day from(date_of(stamp));
  auto month = (from.year() / from.month()) + std::chrono::months(steps * months_);
  auto last = (month / std::chrono::last).day();
  Date day = month / (month_ends_ || from.day() > last ? last : from.day());
  if (kind_ == Stamp::Kind::kDate) return format_date(day);
  std::int64_t in_day = stamp.value - Instant(date_of(stamp)).time_since_epoch().count();
  return time_like(Instant(day).time_since_epoch().count() + in_day, written);
}

std::vector<int> Calendar::seasons() const {
  if (months_ > 0) return months_ == 12 || 12 % months_ != 0 ? std::vector<int>{} : std::vector<int>{static_cast<int>(12 / months_)};
  if (kind_ == Stamp::Kind::kInteger) return {4, 7, 12, 24, 52};
  std::int64_t day = kind_ == Stamp::Kind::kDate ? 1 : kDay;
  if (working_) return {5, 260};
  if (step_ == day) return {7, 364};
  if (step_ == 7 * day) return {52};
  std::vector<int> out;
  if (step_ < day && day % step_ == 0 && day / step_ <= 2'000)
    for (std::int64_t span : {day, 7 * day}) out.push_back(static_cast<int>(span / step_));
  return out;
}

int Calendar::usual_season() const {
  const std::vector<int> all = seasons();
  return kind_ == Stamp::Kind::kInteger || all.empty() ? 1 : all.front();
}

std::optional<int> Calendar::periods_in(std::string_view span) const {
  if (kind_ == Stamp::Kind::kInteger) return std::nullopt;
  const std::int64_t day = kind_ == Stamp::Kind::kDate ? 1 : kDay;
  if (working_) return span == "week" ? std::optional(5) : std::nullopt;
  std::int64_t length = 0;
  if (months_ > 0) {
    length = span == "quarter" ? 3 : span == "year" ? 12 : 0;
  } else {
    length = span == "day" ? day : span == "week" ? 7 * day : 0;
  }
  const std::int64_t period = months_ > 0 ? months_ : step_;
  if (length % period != 0 || length / period < 2) return std::nullopt;
  return static_cast<int>(length / period);
}

double Calendar::periods_per_year() const {
  if (months_ > 0) return 12.0 / static_cast<double>(months_);
  if (kind_ == Stamp::Kind::kInteger) return 365;
  if (working_) return 365.25 * 5 / 7;
  return 365.25 * static_cast<double>(kind_ == Stamp::Kind::kDate ? 1 : kDay) / static_cast<double>(step_);
}

std::string Calendar::name() const {
  if (months_ > 0)
    return months_ == 1 ? "monthly" : months_ == 3 ? "quarterly" : months_ == 12 ? "yearly" : fmt::format("{}-monthly", months_);
  if (kind_ == Stamp::Kind::kInteger) return step_ == 1 ? "numbered" : fmt::format("numbered by {}", step_);
  std::int64_t day = kind_ == Stamp::Kind::kDate ? 1 : kDay;
  if (working_) return "working-day";
  if (step_ == day) return "daily";
  if (step_ == 7 * day) return "weekly";
  if (kind_ == Stamp::Kind::kTime && step_ == 3600 * kSecond) return "hourly";
  return kind_ == Stamp::Kind::kDate ? fmt::format("{}-day", step_) : fmt::format("{}-second", step_ / kSecond);
}

}  // namespace sinan::demand

#include "base/time.hpp"

#include <unicode/timezone.h>

namespace sinan {
namespace {

using std::chrono::microseconds;

// Reads exactly `width` digits; moves `text` past them.
std::optional<int> digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool skip(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Date> read_date(std::string_view& text) {
  auto year = digits(text, 4);
  if (!year || !skip(text, '-')) return std::nullopt;
  auto month = digits(text, 2);
  if (!month || !skip(text, '-')) return std::nullopt;
  auto day = digits(text, 2);
  if (!day) return std::nullopt;
  std::chrono::year_month_day ymd{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                  std::chrono::day{static_cast<unsigned>(*day)}};
  if (!ymd.ok()) return std::nullopt;
  return Date{ymd};
}

std::optional<microseconds> read_time_of_day(std::string_view& text) {
  auto hour = digits(text, 2);
  if (!hour || *hour > 23 || !skip(text, ':')) return std::nullopt;
  auto minute = digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  microseconds out = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  if (!skip(text, ':')) return out;
  auto second = digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  out += std::chrono::seconds{*second};
  if (!skip(text, '.')) return out;
  std::int64_t unit = 100000;
  bool any = false;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    out += microseconds{unit * (text.front() - '0')};
    unit /= 10;
    any = true;
    text.remove_prefix(1);
  }
  if (!any) return std::nullopt;
  return out;
}

std::optional<microseconds> read_offset(std::string_view& text) {
  if (text.empty()) return microseconds{0};
  if (skip(text, 'Z') || skip(text, 'z')) return microseconds{0};
  bool minus = text.starts_with('-');
  if (!minus && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  auto hour = digits(text, 2);
  if (!hour || *hour > 15) return std::nullopt;
  int minute = 0;
  if (!text.empty()) {
    skip(text, ':');
    auto read = digits(text, 2);
    if (!read || *read > 59) return std::nullopt;
    minute = *read;
  }
  microseconds offset = std::chrono::hours{*hour} + std::chrono::minutes{minute};
  return minus ? -offset : offset;
}

std::string format_with(Instant at, char between, std::string_view zone) {
  Date day = std::chrono::floor<std::chrono::days>(at);
  std::int64_t us = (at - day).count();
  std::string out =
      fmt::format("{}{}{:02}:{:02}:{:02}", format_date(day), between, us / 3'600'000'000, us / 60'000'000 % 60, us / 1'000'000 % 60);
  if (us % 1'000'000 != 0) out += fmt::format(".{:06}", us % 1'000'000);
  return out.append(zone);
}

}  // namespace

std::string format_date(Date date) {
  std::chrono::year_month_day ymd{date};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}
std::string format_timestamp(Instant at) { return format_with(at, ' ', ""); }
std::string format_rfc3339(Instant at) { return format_with(at, 'T', "Z"); }

Result<Date> parse_date(std::string_view text) {
  std::string_view rest = text;
  auto date = read_date(rest);
  if (!date || !rest.empty()) return fail(ErrorCode::kInvalidInput, fmt::format("not a date like 2026-03-01: '{}'", text));
  return *date;
}

Result<Instant> parse_instant(std::string_view text) {
  auto wrong = [&] { return fail(ErrorCode::kInvalidInput, fmt::format("not a time like 2026-03-01T08:15:00Z: '{}'", text)); };
  std::string_view rest = text;
  auto date = read_date(rest);
  if (!date) return wrong();
  if (rest.empty()) return Instant{*date};
  if (!skip(rest, 'T') && !skip(rest, ' ')) return wrong();
  auto time = read_time_of_day(rest);
  if (!time) return wrong();
  auto offset = read_offset(rest);
  if (!offset || !rest.empty()) return wrong();
  return Instant{*date} + *time - *offset;
}

Result<microseconds> parse_duration(std::string_view text) {
  static const std::map<std::string_view, microseconds> kUnits{
      {"us", microseconds{1}},      {"ms", std::chrono::milliseconds{1}}, {"s", std::chrono::seconds{1}}, {"m", std::chrono::minutes{1}},
      {"h", std::chrono::hours{1}}, {"d", std::chrono::days{1}},          {"w", std::chrono::weeks{1}},
  };
  std::size_t end = 0;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  auto unit = kUnits.find(text.substr(end));
  if (end == 0 || end > 9 || unit == kUnits.end())
    return fail(ErrorCode::kInvalidInput, fmt::format("not a duration like 90s, 15m, 2h or 1d: '{}'", text));
  const std::int64_t count = std::stoll(std::string(text.substr(0, end)));
  if (count > kLongestDuration / unit->second)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("a duration is at most {}d, a century: '{}'", kLongestDuration / std::chrono::days{1}, text));
  return count * unit->second;
}

std::string format_duration(microseconds duration) {
  if (duration < std::chrono::milliseconds{1}) return fmt::format("{}us", duration.count());
  if (duration < std::chrono::seconds{1}) return fmt::format("{}ms", duration.count() / 1000);
  double seconds = static_cast<double>(duration.count()) / 1e6;
  if (seconds < 120) return fmt::format("{:.1f}s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f}m{:02.0f}s", std::floor(seconds / 60), std::fmod(seconds, 60));
  return fmt::format("{:.0f}h{:02.0f}m", std::floor(seconds / 3600), std::floor(std::fmod(seconds, 3600) / 60));
}

Zone::Zone() : name_("UTC"), icu_(std::shared_ptr<icu::TimeZone>(icu::TimeZone::getGMT()->clone())) {}

Result<Zone> Zone::find(std::string_view iana_name) {
  auto id = icu::UnicodeString::fromUTF8(icu::StringPiece(iana_name.data(), static_cast<std::int32_t>(iana_name.size())));
  std::shared_ptr<icu::TimeZone> icu(icu::TimeZone::createTimeZone(id));
  if (*icu == icu::TimeZone::getUnknown())
    return fail(ErrorCode::kInvalidInput, fmt::format("unknown time zone '{}': use an IANA name such as Europe/Berlin", iana_name));
  Zone zone;
  zone.name_ = iana_name;
  zone.icu_ = icu;
  return zone;
}

microseconds Zone::offset_at(Instant at) const {
  std::int32_t raw = 0;
  std::int32_t dst = 0;
  UErrorCode status = U_ZERO_ERROR;
  double ms = static_cast<double>(std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch().count());
  static_cast<const icu::TimeZone*>(icu_.get())->getOffset(ms, false, raw, dst, status);
  return std::chrono::milliseconds{raw + dst};
}

Date Zone::day_of(Instant at) const { return std::chrono::floor<std::chrono::days>(at + offset_at(at)); }

Instant Zone::start_of(Date day) const {
  // The offset before the start decides, unless the clock changes there; then the later one does.
  Instant guess = Instant{day} - offset_at(Instant{day} - std::chrono::hours{12});
  Instant again = Instant{day} - offset_at(guess);
  Instant start = day_of(guess) == day ? guess : again;
  while (day_of(start) < day) start += std::chrono::minutes{15};
  return start;
}

Instant SystemClock::now() const { return std::chrono::floor<microseconds>(std::chrono::system_clock::now()); }
std::chrono::duration<double> SystemClock::elapsed() const { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace sinan

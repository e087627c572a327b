#include "operations/reports/numbers.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace sinan::reports {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"January", "February", "March",     "April",   "May",      "June",
                                                   "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 7> kWeekdaysZh{"日", "一", "二", "三", "四", "五", "六"};

struct Calendar {
  int year;
  unsigned month;
  unsigned day;
  unsigned weekday;
};
Calendar calendar(Date date) {
  std::chrono::year_month_day ymd{date};
  return {static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
          std::chrono::weekday{date}.c_encoding()};
}

// With a true minus sign.
std::string group(std::string text) {
  text = with_separators(std::move(text));
  if (text.starts_with('-')) text.replace(0, 1, "−");
  return text;
}

std::string shortened(double value, double unit) {
  double scaled = value / unit;
  std::string text = fmt::format("{:.{}f}", scaled, std::abs(scaled) < 10 ? 1 : 0);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return group(text);
}

}  // namespace

std::string grouped(std::int64_t value) { return group(fmt::format("{}", value)); }

std::string decimal(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.find_first_not_of("-0.") == std::string::npos && text.starts_with('-')) text.erase(0, 1);
  return group(text);
}

std::string quantity(double value) {
  bool whole = std::abs(value) >= 100 || std::abs(value - std::round(value)) < 0.05;
  return decimal(value, whole ? 0 : 1);
}

std::string percent(double share, int decimals) { return decimal(share * 100, decimals) + (std::isfinite(share) ? "%" : ""); }

std::string share_of(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return "–";
  if (part == 0) return "0%";
  double share = static_cast<double>(part) / static_cast<double>(whole);
  return share < 0.001 ? "<0.1%" : percent(share);
}

std::string money(const Money& amount) {
  double value = amount.amount.to_double();
  std::string text = std::abs(value) >= 1000 ? decimal(value, 0) : decimal(value, 2);
  bool negative = text.starts_with("−");
  if (negative) text.erase(0, std::string_view("−").size());
  return (negative ? "−" : "") + sign_of(amount.currency) + text;
}

Text short_money(const Money& amount) {
  double value = amount.amount.to_double();
  double size = std::abs(value);
  std::string mark = (value < 0 ? "−" : "") + sign_of(amount.currency);
  Text out;
  out.en = mark + (size >= 999'500 ? shortened(size, 1e6) + "M" : size >= 10'000 ? shortened(size, 1e3) + "k" : decimal(size, 0));
  out.zh = mark + (size >= 99'995'000 ? shortened(size, 1e8) + "亿" : size >= 10'000 ? shortened(size, 1e4) + "万" : decimal(size, 0));
  return out;
}

std::string money_list(const std::vector<Money>& amounts) {
  std::string out;
  for (const Money& amount : amounts) out += (out.empty() ? "" : " + ") + money(amount);
  return out.empty() ? "–" : out;
}

Text day_text(Date day) {
  Calendar c = calendar(day);
  return {fmt::format("{} {} {}", kWeekdays[c.weekday].substr(0, 3), c.day, kMonths[c.month - 1].substr(0, 3)),
          fmt::format("{}月{}日 周{}", c.month, c.day, kWeekdaysZh[c.weekday])};
}

Text long_day_text(Date day) {
  Calendar c = calendar(day);
  return {fmt::format("{}, {} {} {}", kWeekdays[c.weekday], c.day, kMonths[c.month - 1], c.year),
          fmt::format("{}年{}月{}日 星期{}", c.year, c.month, c.day, kWeekdaysZh[c.weekday])};
}

Text short_day_text(Date day) {
  Calendar c = calendar(day);
  return {fmt::format("{} {}", c.day, kMonths[c.month - 1].substr(0, 3)), fmt::format("{}月{}日", c.month, c.day)};
}

std::string time_text(Instant at, const Zone& zone) {
  Instant local{at.time_since_epoch() + zone.offset_at(at)};
  return format_timestamp(std::chrono::floor<std::chrono::minutes>(local)).substr(0, 16);
}

Text duration_text(double seconds) {
  if (seconds < 10) return {fmt::format("{:.1f} s", seconds), fmt::format("{:.1f} 秒", seconds)};
  auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return {fmt::format("{} s", whole), fmt::format("{} 秒", whole)};
  if (whole < 3600) return {fmt::format("{} min {} s", whole / 60, whole % 60), fmt::format("{} 分 {} 秒", whole / 60, whole % 60)};
  return {fmt::format("{} h {} min", whole / 3600, whole / 60 % 60), fmt::format("{} 小时 {} 分", whole / 3600, whole / 60 % 60)};
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

}  // namespace sinan::reports

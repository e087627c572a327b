#include "operations/demand/holidays.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <set>

#include "base/text.hpp"

namespace sinan::demand {
namespace {

using std::chrono::days;
using std::chrono::month;
using std::chrono::month_day;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int kNear = 14;  // days around a named day that feel it

struct Fixed {
  unsigned month, day;
  const char* name;
};

constexpr Fixed kWestern[] = {{1, 1, "New Year's Day"},  {2, 14, "Valentine's Day"}, {5, 1, "May Day"},      {10, 31, "Halloween"},
                              {12, 24, "Christmas Eve"}, {12, 25, "Christmas Day"},  {12, 26, "Boxing Day"}, {12, 31, "New Year's Eve"}};
constexpr Fixed kChinese[] = {{1, 1, "New Year's Day"}, {3, 8, "Women's Day"},    {5, 1, "Labour Day"}, {6, 18, "618"},
                              {10, 1, "National Day"},  {11, 11, "Singles' Day"}, {12, 12, "Double 12"}};
struct Lunar {
  int month, day;
  const char* name;
};
constexpr Lunar kLunar[] = {
    {1, 0, "Lunar New Year's Eve"}, {1, 1, "Spring Festival"}, {1, 15, "Lantern Festival"}, {5, 5, "Dragon Boat Festival"}, {7, 7, "Qixi"},
    {8, 15, "Mid-Autumn"},          {9, 9, "Double Ninth"}};

// --- sun and moon (Meeus, chapters 25 and 49); times are Julian days -------------------------------------------------------------------

constexpr double kEpoch = 2440587.5;  // 1970-01-01
constexpr double kJ2000 = 2451545.0;
constexpr double kChina = 8.0 / 24;
constexpr double kClock = 70.0 / 86'400;  // dynamical time is ahead of universal time by 64 … 90 s from 2000 to 2050

double sine(double degrees) { return std::sin(degrees * std::numbers::pi / 180); }

Date day_in_china(double time) { return Date(days(static_cast<int>(std::floor(time - kEpoch - kClock + kChina)))); }

// Degrees, to about 0.01.
double sun_longitude(double time) {
  const double t = (time - kJ2000) / 36'525;
  const double m = 357.52911 + 35999.05029 * t - 0.0001537 * t * t;
  const double centre = (1.914602 - 0.004817 * t) * sine(m) + (0.019993 - 0.000101 * t) * sine(2 * m) + 0.000289 * sine(3 * m);
  const double longitude = 280.46646 + 36000.76983 * t + 0.0003032 * t * t + centre - 0.00569 - 0.00478 * sine(125.04 - 1934.136 * t);
  return longitude - 360 * std::floor(longitude / 360);
}

// The day in China on which the sun reaches a longitude in year y.
Date solar_day(int y, int longitude) {
  const Date march = Date(year(y) / month(3) / std::chrono::day(21));
  const double from_march = longitude >= 280 ? longitude - 360 : longitude;
  double time = kEpoch + static_cast<double>(march.time_since_epoch().count()) + from_march * 365.2422 / 360;
  for (int i = 0; i < 5; ++i) {
    double off = longitude - sun_longitude(time);
    off -= 360 * std::round(off / 360);
    time += off * 365.2422 / 360;
  }
  return day_in_china(time);
}

// The k-th new moon after that of 6 January 2000, to about half a minute.
double new_moon(int k) {
  const double t = k / 1236.85;
  const double e = 1 - 0.002516 * t;
  const double m = 2.5534 + 29.10535670 * k;
  const double n = 201.5643 + 385.81693528 * k + 0.0107582 * t * t;
  const double f = 160.7108 + 390.67050284 * k - 0.0016118 * t * t;
  double time = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t;
  time += -0.40720 * sine(n) + 0.17241 * e * sine(m) + 0.01608 * sine(2 * n) + 0.01039 * sine(2 * f) + 0.00739 * e * sine(n - m) -
          0.00514 * e * sine(n + m) + 0.00208 * e * e * sine(2 * m) - 0.00111 * sine(n - 2 * f) - 0.00057 * sine(n + 2 * f) +
          0.00056 * e * sine(2 * n + m) - 0.00042 * sine(3 * n) + 0.00042 * e * sine(m + 2 * f) + 0.00038 * e * sine(m - 2 * f) -
          0.00024 * e * sine(2 * n - m) - 0.00017 * sine(124.7746 - 1.56375588 * k);
  return time + 0.000325 * sine(299.77 + 0.107408 * k) + 0.000165 * sine(251.88 + 0.016321 * k) + 0.000164 * sine(251.83 + 26.651886 * k) +
         0.000126 * sine(349.42 + 36.412478 * k) + 0.000110 * sine(84.66 + 18.206239 * k);
}

// The month of the winter solstice of year y, as a number of new moons.
int solstice_month(int y) {
  const Date solstice = solar_day(y, 270);
  int k = static_cast<int>((kEpoch + static_cast<double>(solstice.time_since_epoch().count()) - 2451550.1) / 29.530588861) + 2;
  while (day_in_china(new_moon(k)) > solstice) --k;
  return k;
}

// Which twelfth of the sun's circle it is in when a day begins in China.
int twelfth(Date day) {
  return static_cast<int>(sun_longitude(kEpoch + static_cast<double>(day.time_since_epoch().count()) - kChina + kClock) / 30);
}

// The first days of the months 1 … 10 of the lunar year that begins in year y. The eleventh month has the winter solstice; where thirteen
// months begin from one to the next, the first without a new twelfth of the sun's circle is a leap month and has no number.
std::array<Date, 11> month_starts(int y) {
  const int first = solstice_month(y - 1);
  auto start = [&](int i) { return day_in_china(new_moon(first + i)); };
  int leap = 99;
  if (solstice_month(y) - first == 13)
    for (int i = 12; i >= 1; --i)
      if (twelfth(start(i)) == twelfth(start(i + 1))) leap = i;
  std::array<Date, 11> out;
  for (int m = 1; m <= 10; ++m) out[static_cast<std::size_t>(m)] = start(m + 1 >= leap ? m + 2 : m + 1);
  return out;
}

Date easter(int y) {
  const int a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, g = (8 * b + 13) / 25;
  const int h = (19 * a + b - d - g + 15) % 30;
  const int i = c / 4, k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 19 * l) / 433;
  const int n = (h + l - 7 * m + 90) / 25;
  const int p = (h + l - 7 * m + 33 * n + 19) % 32;
  return Date(year_month_day(year(y), month(static_cast<unsigned>(n)), std::chrono::day(static_cast<unsigned>(p))));
}

Date nth_weekday(int y, unsigned m, std::chrono::weekday weekday, unsigned n) {
  return Date(std::chrono::year_month_weekday(year(y), month(m), weekday[n]));
}

// Named days; the first name that is given to a day stays.
struct Names {
  std::map<Date, const char*> by_day;
  std::set<std::string_view> all;  // those of any year, whether a day has kept them or not
  void add(Date day, const char* name) { by_day.emplace(day, name), all.insert(name); }
};

void add_western(int y, Names& names) {
  const Date sunday = easter(y);
  const Date thanks = nth_weekday(y, 11, std::chrono::Thursday, 4);
  names.add(sunday - days(2), "Good Friday");
  names.add(sunday, "Easter Sunday");
  names.add(sunday + days(1), "Easter Monday");
  names.add(nth_weekday(y, 5, std::chrono::Sunday, 2), "Mother's Day");
  names.add(thanks, "Thanksgiving");
  names.add(thanks + days(1), "Black Friday");
  names.add(thanks + days(4), "Cyber Monday");
  for (const Fixed& f : kWestern) names.add(Date(year(y) / month(f.month) / std::chrono::day(f.day)), f.name);
}

void add_chinese(int y, Names& names) {
  for (const Fixed& f : kChinese) names.add(Date(year(y) / month(f.month) / std::chrono::day(f.day)), f.name);
  const auto starts = month_starts(y);
  for (const Lunar& l : kLunar) names.add(starts[static_cast<std::size_t>(l.month)] + days(l.day - 1), l.name);
  names.add(solar_day(y, 15), "Qingming");
}

Names names_between(Holidays kind, Date first, Date last) {
  Names names;
  for (int y = static_cast<int>(year_month_day(first).year()); y <= static_cast<int>(year_month_day(last).year()); ++y)
    kind == Holidays::kWestern ? add_western(y, names) : add_chinese(y, names);
  return names;
}

CalendarDriver driver(std::string name, bool category = false) {
  CalendarDriver out;
  out.driver.name = std::move(name);
  out.driver.known_ahead = true;
  out.driver.common = true;
  out.driver.category = category;
  return out;
}

void add_holidays(Holidays kind, Date first, std::size_t count, std::vector<CalendarDriver>& out) {
  const std::string word = kind == Holidays::kWestern ? "western" : "chinese";
  CalendarDriver named = driver(word + " holiday", true);
  CalendarDriver near = driver("days from " + word + " holiday");
  const Date last = first + days(static_cast<int>(count) - 1);
  const Names names = names_between(kind, first - days(kNear), last + days(kNear));
  named.texts = {"none"};
  named.texts.insert(named.texts.end(), names.all.begin(), names.all.end());
  const std::map<Date, const char*>& by_day = names.by_day;
  for (Date day = first; day <= last; day += days(1)) {
    auto after = by_day.lower_bound(day);
    auto found = after != by_day.end() && after->first == day ? std::ranges::find(named.texts, after->second) : named.texts.begin();
    named.driver.values.push_back(static_cast<float>(found - named.texts.begin()));
    int away = kNear + 1;
    if (after != by_day.end()) away = std::min(away, static_cast<int>((after->first - day).count()));
    bool before = away <= kNear;
    if (after != by_day.begin())
      if (int since = static_cast<int>((day - std::prev(after)->first).count()); since < away) away = since, before = false;
    near.driver.values.push_back(away > kNear ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(before ? -away : away));
  }
  out.push_back(std::move(named));
  out.push_back(std::move(near));
}

}  // namespace

Result<Holidays> parse_holidays(std::string_view name) {
  if (name == "western") return Holidays::kWestern;
  if (name == "chinese") return Holidays::kChinese;
  return fail(ErrorCode::kInvalidInput, fmt::format("there are no holidays '{}'; there are: western, chinese", visible(name)));
}

std::vector<CalendarDriver> calendar_drivers(Date first, std::size_t count, const std::vector<Holidays>& kinds) {
  std::vector<CalendarDriver> out;
  CalendarDriver weekday = driver("weekday", true);
  weekday.texts = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  CalendarDriver of_month = driver("day of the month");
  CalendarDriver of_year = driver("day of the year");
  for (std::size_t i = 0; i < count; ++i) {
    const Date day = first + days(static_cast<int>(i));
    const year_month_day d(day);
    weekday.driver.values.push_back(static_cast<float>(std::chrono::weekday(day).iso_encoding() - 1));
    of_month.driver.values.push_back(static_cast<float>(static_cast<unsigned>(d.day())));
    of_year.driver.values.push_back(static_cast<float>((day - Date(d.year() / month(1) / std::chrono::day(1))).count() + 1));
  }
  out.push_back(std::move(weekday));
  out.push_back(std::move(of_month));
  out.push_back(std::move(of_year));
  for (Holidays kind : kinds) add_holidays(kind, first, count, out);
  return out;
}

}  // namespace sinan::demand

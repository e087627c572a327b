// True demand and true lead times of the example company.
#include <bit>

#include "application/example/company.hpp"

namespace sinan::example {
namespace {

using std::chrono::days;
using std::chrono::year_month_day;

std::uint64_t number(Date date) { return static_cast<std::uint64_t>(date.time_since_epoch().count()); }

// Days on which a whole country buys.
double calendar_factor(const Place& place, const year_month_day& date) {
  const auto month = static_cast<unsigned>(date.month());
  const auto day = static_cast<unsigned>(date.day());
  if (place.country == "CN") {
    if (month == 11 && day >= 9 && day <= 12) return 2.2;  // Singles' Day
    if (month == 6 && day >= 16 && day <= 19) return 1.8;  // 618
    return 1;
  }
  if (month == 11 && day >= 24 && day <= 30) return 1.5;  // the week of Black Friday
  if (month == 12 && day >= 25 && day <= 26) return 0.3;
  if (month == 1 && day == 1) return 0.3;
  return 1;
}

double life_factor(const Item& item, std::int64_t day) {
  if (day < item.launch_day) return 0;
  double out = 1;
  if (item.pattern == Pattern::kNew) out = 1 - std::exp(-static_cast<double>(day - item.launch_day + 1) / 30);
  if (day >= item.decline_day) out *= std::exp(-static_cast<double>(day - item.decline_day) / 45);
  return out < 0.02 ? 0 : out;
}

}  // namespace

double year_factor(const Category& category, const Place& place, Date date) {
  const year_month_day ymd{date};
  const auto first = Date{ymd.year() / std::chrono::January / 1};
  const double day = static_cast<double>((date - first).count());
  const double peak = category.peak_day + (place.southern && category.peak_day < 300 ? 182 : 0);
  double out = category.amplitude * std::cos(2 * std::numbers::pi * (day - peak) / 365.25);
  const double to_christmas = day - 348;  // the middle of December
  out += category.gift * std::exp(-to_christmas * to_christmas / (2 * 14.0 * 14.0));
  return std::exp(out);
}

Price price_on(const Company& company, std::size_t item, std::size_t place, std::int64_t day) {
  const Item& what = company.items[item];
  // Prices rise by three per cent on each first of January since the last year of history.
  const auto year = static_cast<int>(year_month_day{company.date(day)}.year());
  const auto base_year = static_cast<int>(year_month_day{company.date(company.origin.days - 1)}.year());
  Price out{std::llround(static_cast<double>(what.price) * std::pow(1.03, year - base_year)), nullptr};
  for (const auto index : what.promotions) {
    const auto& promotion = company.promotions[index];
    if (day < promotion.first_day || day > promotion.last_day) continue;
    if (promotion.place >= 0 && promotion.place != static_cast<std::int64_t>(place)) continue;
    out = {out.amount * (100 - promotion.percent) / 100, &promotion};
    break;
  }
  return out;
}

double expected_demand(const Company& company, std::size_t item, std::size_t place, std::int64_t day) {
  const Item& what = company.items[item];
  const Place& where = company.places[place];
  const double life = life_factor(what, day);
  if (life == 0) return 0;
  const Date date = company.date(day);
  const double years = static_cast<double>(day - company.origin.days) / 365.25;
  double out = what.rate * where.share * what.at_place[place] * life * std::exp(what.trend * years);
  if (what.pattern == Pattern::kIntermittent) return out;
  const auto weekday = std::chrono::weekday{date}.iso_encoding() - 1;
  out *= 1 + what.weekly * (where.week[weekday] - 1);
  out *= year_factor(company.categories[what.category], where, date) * calendar_factor(where, year_month_day{date});
  if (const auto* promotion = price_on(company, item, place, day).promotion) out *= promotion->uplift;
  return out;
}

std::int64_t demand_on(const Company& company, std::size_t item, std::size_t place, std::int64_t day) {
  const double mean = expected_demand(company, item, place, day);
  if (mean <= 0) return 0;
  const Item& what = company.items[item];
  Random random(mix({company.origin.seed, 0xdecade, item, place, number(company.date(day))}));
  if (what.pattern == Pattern::kIntermittent) {
    if (!random.chance(std::min(0.9, mean / what.size))) return 0;
    return 1 + random.poisson(what.size - 1);
  }
  const double shape = 1 / what.dispersion;
  return random.poisson(random.gamma(shape) * mean / shape);
}

std::int64_t true_lead_days(const Company& company, std::size_t supplier, std::size_t item, std::size_t place, Date ordered) {
  const Supplier& from = company.suppliers[supplier];
  std::int64_t promised = from.lead_days;
  for (const auto& offer : company.items[item].offers) {
    if (offer.supplier == supplier) promised = offer.lead_days;
  }
  Random random(mix({company.origin.seed, 0x1eadf001, supplier, item, place, number(ordered)}));
  // A careful supplier promises a little more time than it needs.
  std::int64_t out = promised + std::llround(from.sd_days * (random.normal() - 1));
  if (random.chance(from.late_share)) out += 1 + random.poisson(from.late_days);
  return std::max<std::int64_t>(1, out);
}

}  // namespace sinan::example

// The company as it truly is, built from its seed: what it sells, where, from whom, to whom, and how much people want of it. Nothing here
// is written or read; the writers of ERP, CRM, shop and machines tell their side of it.
#pragma once

#include "application/example/random.hpp"
#include "base/time.hpp"

namespace sinan::example {

using Cents = std::int64_t;

// What makes a company: everything else follows.
struct Origin {
  std::uint64_t seed = 1;
  std::int64_t items = 2000;
  std::int64_t locations = 5;
  std::int64_t days = 730;  // of history
  Date first;               // day 0
};

struct Category {
  std::string code;  // in the ERP
  std::string en, zh;
  double peak_day = 0;   // of the year, on the northern half
  double amplitude = 0;  // of the yearly season: log scale
  double gift = 0;       // how much Christmas adds: log scale
};

struct Place {
  std::string id;    // in the ERP: "DE10"
  std::string code;  // in the shop: "HAM"
  std::string name, city, country, zone_name;
  Zone zone;
  double share = 1;  // of demand, relative
  bool southern = false;
  std::array<double, 7> week{};  // factor per weekday, Monday first, mean 1
};

struct Supplier {
  std::string id, name, country, city, tax_id;
  std::int64_t lead_days = 0;  // promised
  double sd_days = 0;          // around the promise
  double late_share = 0;       // of orders that come later still
  double late_days = 0;        // by how much, on average
};

struct PriceBreak {
  std::int64_t min_quantity = 0;
  Cents price = 0;
};

struct Offer {
  std::size_t supplier = 0;
  std::int64_t lead_days = 0;
  std::int64_t moq = 1, pack = 1;
  std::vector<PriceBreak> breaks;
};

enum class Pattern : std::uint8_t { kRegular, kIntermittent, kNew, kDying };
std::string_view name_of(Pattern pattern);

struct Item {
  std::string id;   // in the ERP: "HG-10427"
  std::string sku;  // in the shop: "hg10427"
  std::string ean;
  std::string en, zh, unit;
  std::size_t category = 0;
  Cents cost = 0, price = 0;
  char abc = 'C';
  Pattern pattern = Pattern::kRegular;
  double rate = 0;               // units a day at a place of share 1, before all factors
  double dispersion = 0;         // variance = mean + dispersion · mean²
  double size = 1;               // of one demand, kIntermittent
  double trend = 0;              // a year, log scale
  double weekly = 1;             // how much of the place's week it follows
  std::int64_t launch_day = 0;   // kNew: first day of sale; may be before day 0
  std::int64_t decline_day = 0;  // kDying
  bool discontinued = false;
  std::vector<double> at_place;  // factor per place
  std::vector<Offer> offers;     // the first is the one that buyers use
  std::vector<std::size_t> promotions;
};

struct Promotion {
  std::string id;
  std::size_t item = 0;
  std::int64_t place = -1;  // -1: everywhere
  std::int64_t first_day = 0, last_day = 0;
  std::int64_t percent = 0;
  double uplift = 1;
};

// A customer as they truly are; each system has its own spelling.
struct Customer {
  bool company = false;
  std::string name, legal_form;  // "Nordwind Haushaltswaren", "GmbH"
  std::string street, postcode, city, country, phone, email;
  std::size_t place = 0;  // that serves them
  bool in_erp = false, in_shop = false;
  int in_crm = 0;  // 2: entered twice
  double weight = 1;
};

struct Company {
  Origin origin;
  std::vector<Category> categories;
  std::vector<Place> places;
  std::vector<Supplier> suppliers;
  std::vector<Item> items;
  std::vector<Promotion> promotions;  // also some that are only planned
  std::vector<Customer> customers;

  Date date(std::int64_t day) const { return origin.first + std::chrono::days(day); }
};

Result<Company> build_company(const Origin& origin);

// The share of full price that is paid on that day, in percent, and the promotion that says so.
struct Price {
  Cents amount = 0;
  const Promotion* promotion = nullptr;
};
Price price_on(const Company& company, std::size_t item, std::size_t place, std::int64_t day);

// The mean of demand on a day: base × place × week × year × trend × life × promotion × calendar.
double expected_demand(const Company& company, std::size_t item, std::size_t place, std::int64_t day);
// What people want that day, whether it is there or not.
std::int64_t demand_on(const Company& company, std::size_t item, std::size_t place, std::int64_t day);
// The factor of the time of year for a category at a place.
double year_factor(const Category& category, const Place& place, Date date);

// When an order truly arrives: days after it was placed.
std::int64_t true_lead_days(const Company& company, std::size_t supplier, std::size_t item, std::size_t place, Date ordered);

}  // namespace sinan::example

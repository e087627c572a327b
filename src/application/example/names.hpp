// Words that the example company is made of: categories, products in English and Chinese, people, companies, streets, places.
#pragma once

#include <array>
#include <string_view>
#include <vector>

namespace sinan::example {

struct Word {
  std::string_view en, zh;
};

struct CategoryWords {
  std::string_view code, en, zh;
  double peak_day, amplitude, gift;
  double price_low, price_high;  // EUR
  std::vector<Word> nouns;
  std::vector<Word> sizes;
};
const std::vector<CategoryWords>& category_words();  // the last one is spare parts
const std::vector<Word>& materials();
const std::vector<Word>& colours();

struct PlaceWords {
  std::string_view id, code, name, city, country, zone;
  double share;
  bool southern;
  std::array<double, 7> week;
};
const std::vector<PlaceWords>& place_words();

// Of one country: what its people and companies are called.
struct CountryWords {
  std::string_view code, prefix;  // of phone numbers
  std::size_t place;              // the warehouse that serves it
  double share;
  std::vector<std::string_view> first_names, last_names, company_names, trades, legal_forms, streets, cities;
  bool surname_first = false;
};
const std::vector<CountryWords>& country_words();

struct SupplierWords {
  std::string_view name, country, city;
};
const std::vector<SupplierWords>& supplier_words();

}  // namespace sinan::example

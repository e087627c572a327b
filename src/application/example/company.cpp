#include "application/example/company.hpp"

#include <numeric>

#include "application/example/names.hpp"

namespace sinan::example {
namespace {

constexpr std::int64_t kPlannedAhead = 120;  // days of promotions beyond the history

double clamp(double value, double low, double high) { return std::min(high, std::max(low, value)); }

Result<std::vector<Place>> build_places(const Origin& origin) {
  std::vector<Place> out;
  for (const auto& words : place_words()) {
    if (static_cast<std::int64_t>(out.size()) == origin.locations) break;
    SINAN_TRY(Zone zone, Zone::find(words.zone.data()));
    Place place{.id = std::string(words.id),
                .code = std::string(words.code),
                .name = std::string(words.name),
                .city = std::string(words.city),
                .country = std::string(words.country),
                .zone_name = std::string(words.zone),
                .zone = std::move(zone),
                .share = words.share,
                .southern = words.southern,
                .week = words.week};
    const double sum = std::accumulate(place.week.begin(), place.week.end(), 0.0);
    for (double& factor : place.week) factor *= 7 / sum;
    out.push_back(std::move(place));
  }
  return out;
}

std::vector<Supplier> build_suppliers(const Origin& origin) {
  const auto count = std::clamp<std::int64_t>(origin.items / 25, 6, 80);
  static constexpr std::string_view kLines[] = {"", " Export", " International", " Trading"};
  std::vector<Supplier> out;
  for (std::int64_t i = 0; i < count; ++i) {
    Random random(origin.seed, "supplier", static_cast<std::uint64_t>(i));
    const auto& words = supplier_words()[static_cast<std::size_t>(i) % supplier_words().size()];
    const auto line = static_cast<std::size_t>(i) / supplier_words().size();
    Supplier supplier{.id = fmt::format("L{:05}", 70010 + 7 * i), .country = std::string(words.country), .city = std::string(words.city)};
    // The same house has several firms: hard to tell apart, and yet not one supplier.
    supplier.name = std::string(words.name);
    if (line > 0) supplier.name = fmt::format("{}{}", words.name, kLines[line % 4]);
    supplier.tax_id = fmt::format("{}{:09}", words.country, random.below(1'000'000'000));
    const bool far = words.country == "CN" || words.country == "AU" || words.country == "US";
    supplier.lead_days = far ? random.between(18, 30) : random.between(4, 14);
    supplier.sd_days = far ? random.real(1.5, 3.5) : random.real(0.4, 1.6);
    const double kind = random.real();
    supplier.late_share = kind < 0.65 ? random.real(0.02, 0.07) : kind < 0.88 ? random.real(0.15, 0.25) : random.real(0.4, 0.5);
    supplier.late_days = random.real(3, 9);
    out.push_back(std::move(supplier));
  }
  return out;
}

void name_item(Item& item, const CategoryWords& words, Random& random, std::set<std::string>& taken) {
  for (int attempt = 0;; ++attempt) {
    const auto& noun = random.pick(words.nouns);
    const auto& material = random.pick(materials());
    const auto& colour = random.pick(colours());
    const auto& size = random.pick(words.sizes);
    item.en = fmt::format("{} {}, {}, {}", material.en, noun.en, size.en, colour.en);
    item.zh = fmt::format("{}{}{} {}", colour.zh, material.zh, noun.zh, size.zh);
    if (attempt > 50) {  // the words have run out: a new edition
      item.en += fmt::format(" (series {})", attempt - 49);
      item.zh += fmt::format("（第{}代）", attempt - 49);
    }
    if (taken.insert(item.en).second) return;
  }
}

void choose_offers(Item& item, const std::vector<Supplier>& suppliers, Random& random) {
  const auto count = random.chance(0.35) ? 1 : random.chance(0.6) ? 2 : 3;
  static constexpr std::int64_t kPacks[] = {1, 4, 6, 10, 12};
  std::set<std::size_t> taken;
  while (static_cast<int>(item.offers.size()) < count) {
    const auto supplier = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(suppliers.size())));
    if (!taken.insert(supplier).second) continue;
    Offer offer{.supplier = supplier};
    offer.lead_days = std::max<std::int64_t>(2, suppliers[supplier].lead_days + random.between(-2, 2));
    offer.pack = item.rate < 0.1 ? kPacks[random.below(2)] : kPacks[random.below(5)];
    offer.moq = offer.pack * random.between(1, item.rate < 0.3 ? 2 : 4);
    const auto base = static_cast<double>(item.cost) * random.real(0.97, 1.12);
    static constexpr double kDiscounts[] = {1, 0.96, 0.91};
    static constexpr std::int64_t kSteps[] = {1, 5, 20};
    const auto levels = random.between(1, 3);
    for (std::int64_t level = 0; level < levels; ++level) {
      offer.breaks.push_back({.min_quantity = level == 0 ? 1 : offer.moq * kSteps[level],
                              .price = std::max<Cents>(1, std::llround(base * kDiscounts[level]))});
    }
    item.offers.push_back(std::move(offer));
  }
}

// What kind of demand the item has, how much, and how its life goes.
void choose_demand(Item& item, double rank, const Origin& origin, bool spare_part, std::size_t places, Random& random) {
  item.rate = 0.02 + 4.2 * std::exp(-6 * rank);
  item.abc = rank < 0.15 ? 'A' : rank < 0.45 ? 'B' : 'C';
  item.dispersion = random.real(0.05, 0.4);
  item.trend = clamp(random.normal() * 0.15, -0.4, 0.4);
  item.weekly = random.real(0.6, 1.4);
  const double kind = random.real();
  const auto days = static_cast<double>(origin.days);
  item.launch_day = -1000;
  item.decline_day = origin.days + 100'000;
  if (spare_part || kind < 0.05) {
    item.pattern = Pattern::kIntermittent;
    item.size = random.real(1.5, 6);
    item.rate = std::max(0.04, item.rate * 0.4);
    item.trend = 0;
  } else if (kind < 0.11) {
    item.pattern = Pattern::kNew;
    item.launch_day = static_cast<std::int64_t>(random.real(0.5, 0.95) * days);
  } else if (kind < 0.17) {
    item.pattern = Pattern::kDying;
    item.decline_day = static_cast<std::int64_t>(random.real(0.3, 0.85) * days);
    item.discontinued = item.decline_day < origin.days - 200;
  }
  for (std::size_t place = 0; place < places; ++place) item.at_place.push_back(std::exp(0.35 * random.normal()));
}

std::vector<Item> build_items(const Company& company) {
  const Origin& origin = company.origin;
  const auto count = static_cast<std::size_t>(origin.items);
  // A shuffled rank, so that an item's number says nothing of how well it sells.
  std::vector<std::size_t> ranks(count);
  std::iota(ranks.begin(), ranks.end(), 0);
  Random shuffler(origin.seed, "ranks");
  for (std::size_t i = count; i > 1; --i)
    std::swap(ranks[i - 1], ranks[static_cast<std::size_t>(shuffler.below(static_cast<std::int64_t>(i)))]);
  std::set<std::string> taken;
  std::vector<Item> out;
  for (std::size_t i = 0; i < count; ++i) {
    Random random(origin.seed, "item", i);
    Item item;
    item.category = i % category_words().size();
    const auto& words = category_words()[item.category];
    const bool spare_part = item.category + 1 == category_words().size();
    const auto number = 10000 + 3 * i + static_cast<std::size_t>(random.below(3));
    item.id = fmt::format("HG-{}", number);
    item.sku = fmt::format("hg{}", number);
    item.ean = fmt::format("40{:011}", random.below(100'000'000'000));
    item.unit = "PCE";
    name_item(item, words, random, taken);
    const double price = words.price_low * std::pow(words.price_high / words.price_low, random.real());
    item.price = std::max<Cents>(99, std::llround(price) * 100 - 5);
    item.cost = std::llround(static_cast<double>(item.price) * random.real(0.42, 0.6));
    const double rank = (static_cast<double>(ranks[i]) + 0.5) / static_cast<double>(count);
    choose_demand(item, rank, origin, spare_part, company.places.size(), random);
    choose_offers(item, company.suppliers, random);
    out.push_back(std::move(item));
  }
  return out;
}

void build_promotions(Company& company) {
  const auto horizon = company.origin.days + kPlannedAhead;
  static constexpr std::int64_t kPercents[] = {10, 15, 20, 25, 30};
  for (std::size_t i = 0; i < company.items.size(); ++i) {
    Item& item = company.items[i];
    if (item.pattern == Pattern::kIntermittent) continue;
    Random random(company.origin.seed, "promotions", i);
    const auto count = random.poisson(static_cast<double>(horizon) / 365 * (item.abc == 'A' ? 2.5 : item.abc == 'B' ? 1.2 : 0.4));
    for (std::int64_t k = 0; k < count; ++k) {
      Promotion promotion{.item = i};
      promotion.first_day = random.below(horizon);
      promotion.last_day = promotion.first_day + random.between(4, 13);
      if (random.chance(0.4)) promotion.place = random.below(static_cast<std::int64_t>(company.places.size()));
      promotion.percent = random.pick(kPercents);
      promotion.uplift = std::exp(static_cast<double>(promotion.percent) / 100 * random.real(2.2, 4.5));
      const bool overlaps = std::ranges::any_of(item.promotions, [&](std::size_t other) {
        const auto& there = company.promotions[other];
        return promotion.first_day <= there.last_day && there.first_day <= promotion.last_day;
      });
      if (overlaps) continue;
      promotion.id = fmt::format("A{:06}", 100001 + company.promotions.size());
      item.promotions.push_back(company.promotions.size());
      company.promotions.push_back(std::move(promotion));
    }
  }
}

Customer build_customer(const Origin& origin, std::uint64_t number, std::size_t places, std::set<std::string>& taken) {
  Random random(origin.seed, "customer", number);
  Customer customer;
  const CountryWords* country = nullptr;
  while (country == nullptr || country->place >= places) {
    double share = random.real();
    for (const auto& words : country_words()) {
      country = &words;
      if ((share -= words.share) < 0) break;
    }
  }
  customer.country = country->code;
  customer.place = country->place;
  customer.company = random.chance(0.45);
  const bool chinese = customer.country == "CN";
  for (int attempt = 0;; ++attempt) {
    customer.city = random.pick(country->cities);
    if (customer.company) {
      customer.legal_form = random.pick(country->legal_forms);
      const auto& stem = random.pick(country->company_names);
      const auto& trade = random.pick(country->trades);
      customer.name = chinese ? fmt::format("{}{}{}", customer.city, stem, trade) : fmt::format("{} {}", stem, trade);
      if (attempt > 3 && !chinese) customer.name += fmt::format(" {}", customer.city);
    } else {
      const auto& first = random.pick(country->first_names);
      const auto& last = random.pick(country->last_names);
      customer.name = country->surname_first ? fmt::format("{}{}", last, first) : fmt::format("{} {}", first, last);
    }
    // Namesakes live in other towns; companies of one name do not exist in one town.
    if (attempt > 20 || taken.insert(customer.name + "|" + customer.city).second) break;
  }
  const auto house = random.between(1, 180);
  const auto street = random.pick(country->streets);
  if (chinese)
    customer.street = fmt::format("{}{}号", street, house);
  else if (customer.country == "DE" || customer.country == "ES")
    customer.street = fmt::format("{} {}", street, house);
  else
    customer.street = fmt::format("{} {}", house, street);
  customer.postcode = fmt::format("{:05}", 10000 + random.below(89999));
  customer.phone = fmt::format("{} {} {:07}", country->prefix, random.between(20, 899), random.below(10'000'000));
  customer.email = fmt::format("{}{}@{}.example", customer.company ? "einkauf" : "kunde", number,
                               customer.company ? fmt::format("firma{}", number) : "post");
  customer.weight = std::exp(0.9 * random.normal());
  customer.in_erp = customer.company ? random.chance(0.85) : false;
  customer.in_shop = customer.company ? random.chance(0.35) : random.chance(0.9);
  customer.in_crm = random.chance(0.7) ? (random.chance(0.06) ? 2 : 1) : 0;
  return customer;
}

void build_customers(Company& company) {
  const auto count = std::clamp<std::int64_t>(company.origin.items * 3 / 2, 80, 4000);
  std::set<std::string> taken;
  for (std::int64_t i = 0; i < count; ++i) {
    company.customers.push_back(build_customer(company.origin, static_cast<std::uint64_t>(i), company.places.size(), taken));
  }
  // Every place needs somebody to sell to, through each channel.
  for (std::size_t place = 0; place < company.places.size(); ++place) {
    Customer* first = nullptr;
    for (auto& customer : company.customers) {
      if (customer.place == place && customer.company) {
        first = &customer;
        break;
      }
    }
    if (first == nullptr) {  // few customers: a company moves there from where there are most
      std::map<std::size_t, std::vector<Customer*>> by_place;
      for (auto& customer : company.customers)
        if (customer.company) by_place[customer.place].push_back(&customer);
      auto most = std::ranges::max_element(by_place, {}, [](const auto& of) { return of.second.size(); });
      if (most == by_place.end()) continue;
      first = most->second.back();
      first->place = place;
    }
    first->in_erp = true;
    first->in_shop = true;
  }
  // Some are in the ERP's books and have never bought anything.
  for (std::size_t i = 0; i < company.customers.size(); ++i) {
    Customer& customer = company.customers[i];
    if (i % 20 == 7 && customer.in_erp && !customer.in_shop) customer.weight = 0;
  }
}

}  // namespace

std::string_view name_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::kRegular: return "regular";
    case Pattern::kIntermittent: return "intermittent";
    case Pattern::kNew: return "new";
    case Pattern::kDying: return "dying";
  }
  return "";
}

Result<Company> build_company(const Origin& origin) {
  Company company;
  company.origin = origin;
  for (const auto& words : category_words()) {
    company.categories.push_back(
        {std::string(words.code), std::string(words.en), std::string(words.zh), words.peak_day, words.amplitude, words.gift});
  }
  SINAN_TRY(company.places, build_places(origin));
  company.suppliers = build_suppliers(origin);
  company.items = build_items(company);
  build_promotions(company);
  build_customers(company);
  return company;
}

}  // namespace sinan::example

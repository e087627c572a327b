#include "application/example/spelling.hpp"

#include "base/text.hpp"

namespace sinan::example {
namespace {

bool ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool chinese(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0xe4 && static_cast<unsigned char>(c) <= 0xe9; });
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
}

std::string without_umlauts(std::string text) {
  static constexpr std::pair<std::string_view, std::string_view> kLetters[] = {
      {"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}, {"ß", "ss"}, {"Ä", "Ae"}, {"Ö", "Oe"}, {"Ü", "Ue"}, {"é", "e"}, {"í", "i"}, {"ó", "o"},
      {"á", "a"},  {"ñ", "n"},  {"ú", "u"},  {"Í", "I"},  {"è", "e"},  {"ë", "e"},  {"å", "a"},  {"š", "s"}, {"Ş", "S"}, {"ú", "u"}};
  for (const auto& [from, to] : kLetters) replace(text, from, to);
  return text;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

// One slip: two letters swapped, one lost or doubled. Only between plain letters, so that the text stays UTF-8.
std::string slip(std::string text, Random& random) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    if (text.size() < 6) return text;
    const auto at = static_cast<std::size_t>(random.between(1, static_cast<std::int64_t>(text.size()) - 3));
    const auto letter = [&](std::size_t i) { return text[i] >= 'a' && text[i] <= 'z'; };
    if (!letter(at) || !letter(at + 1)) continue;
    switch (random.below(3)) {
      case 0: std::swap(text[at], text[at + 1]); break;
      case 1: text.erase(at, 1); break;
      default: text.insert(at, 1, text[at]);
    }
    return text;
  }
  return text;
}

std::string other_legal_form(std::string form, Random& random) {
  static const std::map<std::string, std::vector<std::string>> kForms = {{"GmbH", {"G.m.b.H.", "Gmbh", "gmbh"}},
                                                                         {"GmbH & Co. KG", {"GmbH & Co KG", "GmbH und Co. KG"}},
                                                                         {"Ltd", {"Limited", "Ltd."}},
                                                                         {"Inc.", {"Inc", "Incorporated"}},
                                                                         {"LLC", {"L.L.C.", "Llc"}},
                                                                         {"PLC", {"plc", "P.L.C."}},
                                                                         {"S.L.", {"SL", "S. L."}},
                                                                         {"S.A.", {"SA"}},
                                                                         {"Pty Ltd", {"Pty. Ltd.", "Proprietary Limited"}},
                                                                         {"AG", {"Aktiengesellschaft"}},
                                                                         {"Corp.", {"Corporation", "Corp"}},
                                                                         {"有限公司", {"有限责任公司", "（有限公司）"}}};
  const auto found = kForms.find(form);
  return found == kForms.end() ? form : random.pick(found->second);
}

std::string person_name(const Customer& customer, System system, Random& random) {
  const auto gap = customer.name.find(' ');
  if (gap == std::string::npos) return customer.name;
  const auto first = customer.name.substr(0, gap);
  const auto last = customer.name.substr(gap + 1);
  if (system == System::kCrm && random.chance(0.3)) return fmt::format("{}, {}", last, first);
  if (system == System::kShop && random.chance(0.15) && ascii(first)) return fmt::format("{}. {}", first[0], last);
  return customer.name;
}

std::string company_name(const Customer& customer, System system, Random& random) {
  std::string name = customer.name;
  std::string form = customer.legal_form;
  const bool zh = customer.country == "CN";
  if (zh && system != System::kErp && random.chance(0.4)) {  // the town goes to the end, in brackets, or is left out
    name = name.substr(customer.city.size());
    if (random.chance(0.5)) name += fmt::format("（{}）", customer.city);
  }
  const double dropped = system == System::kErp ? 0 : system == System::kCrm ? 0.15 : 0.55;
  if (random.chance(dropped))
    form.clear();
  else if (random.chance(0.4))
    form = other_legal_form(form, random);
  if (form.empty()) return name;
  return zh ? name + form : fmt::format("{} {}", name, form);
}

std::string phone_in(const std::string& phone, System system, Random& random) {
  const auto first = phone.find(' ');
  const auto second = phone.find(' ', first + 1);
  const auto country = phone.substr(1, first - 1);
  const auto area = phone.substr(first + 1, second - first - 1);
  const auto number = phone.substr(second + 1);
  if (system == System::kErp) return fmt::format("00{}{}{}", country, area, number);
  switch (random.below(4)) {
    case 0: return fmt::format("0{}/{}", area, number);
    case 1: return fmt::format("+{} ({}) {}-{}", country, area, number.substr(0, 3), number.substr(3));
    case 2: return fmt::format("+{}{}{}", country, area, number);
    default: return phone;
  }
}

std::string street_in(std::string street, System system, Random& random) {
  if (system == System::kErp || random.chance(0.4)) {
    replace(street, "straße", "str.");
    replace(street, "Street", "St");
    replace(street, "Avenue", "Ave");
    replace(street, "Road", "Rd");
    replace(street, "Calle", "C/");
  }
  return street;
}

}  // namespace

std::string_view name_of(System system) { return system == System::kErp ? "erp" : system == System::kCrm ? "crm" : "shop"; }

Contact contact_in(const Company& company, std::size_t customer, System system, int copy) {
  const Customer& who = company.customers[customer];
  Random random(mix({company.origin.seed, 0xc0417ac7, customer, static_cast<std::uint64_t>(system), static_cast<std::uint64_t>(copy)}));
  Contact out;
  out.name = who.company ? company_name(who, system, random) : person_name(who, system, random);
  if (system == System::kErp) {
    if (random.chance(0.6)) out.name = without_umlauts(out.name);
    if (random.chance(0.3)) out.name = upper(out.name);
  } else {
    if (random.chance(system == System::kShop ? 0.15 : 0.06)) out.name = slip(out.name, random);
    if (system == System::kShop && random.chance(0.2)) out.name = lowercase(out.name);
    if (random.chance(0.2)) out.name = without_umlauts(out.name);
    if (random.chance(0.04)) out.name = "  " + out.name + " ";
  }
  out.email = who.email;
  if (random.chance(0.1)) out.email = upper(out.email);
  if (random.chance(system == System::kCrm ? 0.25 : system == System::kErp ? 0.35 : 0.08)) {
    out.email = who.company ? "info@" + who.email.substr(who.email.find('@') + 1)
                            : fmt::format("{}{}@mail.example", who.country == "CN" ? "yh" : "privat", customer);
  }
  if (system != System::kShop && random.chance(0.12)) out.email.clear();
  out.phone = phone_in(who.phone, system, random);
  if (random.chance(system == System::kShop ? 0.35 : 0.1)) out.phone.clear();
  out.street = street_in(who.street, system, random);
  if (system == System::kErp) out.street = without_umlauts(out.street);
  out.postcode = who.postcode;
  if (random.chance(0.05)) out.postcode.clear();
  out.city = system == System::kErp && random.chance(0.3) ? upper(without_umlauts(who.city)) : who.city;
  out.country = who.country;
  return out;
}

std::string supplier_name_in(const Company& company, std::size_t supplier, System system) {
  std::string name = company.suppliers[supplier].name;
  if (system == System::kErp) return name;
  Random random(mix({company.origin.seed, 0x5099, supplier}));
  if (chinese(name)) {
    if (random.chance(0.5)) replace(name, "股份有限公司", "公司");
    if (random.chance(0.5)) replace(name, "有限公司", "公司");
    return name;
  }
  for (const auto* form : {"GmbH & Co. KG", "GmbH", "Ltd", "Inc.", "PLC", "S.L.", "S.A.", "Pty Ltd"}) {
    const auto at = name.find(form);
    if (at == std::string::npos) continue;
    name.replace(at, std::string_view(form).size(), random.chance(0.3) ? "" : other_legal_form(form, random));
    while (name.ends_with(' ')) name.pop_back();
    break;
  }
  if (random.chance(0.5)) name = without_umlauts(name);
  if (random.chance(0.25)) name = slip(name, random);
  return name;
}

std::string item_name_in(const Company& company, std::size_t item, System system) {
  const Item& what = company.items[item];
  if (system == System::kErp) return what.en;
  Random random(mix({company.origin.seed, 0x17e3, item, static_cast<std::uint64_t>(system)}));
  std::string out = what.en;
  if (system == System::kCrm) {  // as the sales people write: short
    replace(out, "Stainless steel", random.chance(0.5) ? "St. steel" : "Inox");
    replace(out, "set of ", "set/");
    if (random.chance(0.3)) replace(out, ",", "");
    if (random.chance(0.15)) out = slip(out, random);
    return out;
  }
  // As the shop advertises it: the colour first, a word of praise last.
  const auto comma = out.rfind(", ");
  if (comma != std::string::npos && random.chance(0.6)) out = fmt::format("{} {}", out.substr(comma + 2), lowercase(out.substr(0, comma)));
  if (random.chance(0.25)) out += random.chance(0.5) ? " – NEW" : " (dishwasher safe)";
  return out;
}

std::string erp_customer_id(std::size_t customer) { return fmt::format("K{:06}", 200'000 + 3 * customer); }
std::string shop_customer_id(std::size_t customer) {
  return fmt::format("u{:08x}", static_cast<std::uint32_t>(scramble(customer + 0x5109) >> 32));
}

std::string garbled(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {  // Latin-1 is near enough to Windows-1252 above 0x9f; below, the letters are control characters and are written so by many
      out += static_cast<char>(0xc0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return out;
}

}  // namespace sinan::example

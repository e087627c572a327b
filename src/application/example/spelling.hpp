// How the same thing is written in three systems: legal forms, umlauts, capitals, telephone numbers, abbreviations, slips of the finger.
#pragma once

#include "application/example/company.hpp"

namespace sinan::example {

enum class System : std::uint8_t { kErp, kCrm, kShop };
std::string_view name_of(System system);

struct Contact {
  std::string name, email, phone, street, postcode, city, country;  // empty: not known there
};

// `copy` tells entries of one customer in one system apart.
Contact contact_in(const Company& company, std::size_t customer, System system, int copy = 0);
std::string supplier_name_in(const Company& company, std::size_t supplier, System system);
std::string item_name_in(const Company& company, std::size_t item, System system);

// Keys of a customer in each system.
std::string erp_customer_id(std::size_t customer);
std::string shop_customer_id(std::size_t customer);

// UTF-8 that was read as Windows-1252 and written as UTF-8 again: "MÃ¼ller".
std::string garbled(std::string_view text);

}  // namespace sinan::example

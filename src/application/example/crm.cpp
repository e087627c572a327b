// The CRM of the example company: accounts, products and vendors as sales people write them.
#include "application/example/spelling.hpp"
#include "application/example/systems.hpp"

namespace sinan::example {
namespace {

using std::chrono::days;
using std::chrono::hours;

const TableDef& accounts() {
  static const TableDef out{"accounts",
                            {{"id", Kind::kInteger},
                             {"account_name", Kind::kText, 160},
                             {"type", Kind::kText, 10},
                             {"email", Kind::kText, 120},
                             {"phone", Kind::kText, 40},
                             {"street", Kind::kText, 120},
                             {"zip", Kind::kText, 12},
                             {"city", Kind::kText, 60},
                             {"country", Kind::kText, 2},
                             {"credit_limit", Kind::kDecimal, 12, 2},
                             {"created_at", Kind::kTimestamp},
                             {"updated_at", Kind::kTimestamp}},
                            {"id"},
                            false,
                            {}};
  return out;
}

const TableDef& products() {
  static const TableDef out{"products",
                            {{"id", Kind::kInteger},
                             {"label", Kind::kText, 160},
                             {"family", Kind::kText, 60},
                             {"list_price", Kind::kDecimal, 12, 2},
                             {"barcode", Kind::kText, 18}},
                            {"id"},
                            false,
                            {}};
  return out;
}

const TableDef& vendors() {
  static const TableDef out{"vendors",
                            {{"id", Kind::kInteger},
                             {"company", Kind::kText, 120},
                             {"town", Kind::kText, 60},
                             {"country", Kind::kText, 2},
                             {"tax_no", Kind::kText, 24}},
                            {"id"},
                            false,
                            {}};
  return out;
}

void cell(Inserter& rows, const std::string& value) {
  if (value.empty())
    rows.null();
  else
    rows.text(value);
}

Result<std::int64_t> write_accounts(const Company& company, Database& database, CsvFile& broken) {
  SINAN_TRY(auto rows, database.insert(accounts()));
  std::int64_t count = 0;
  for (const auto& customer : company.customers) count += customer.in_crm;
  Breaker breaker(broken, "crm", "accounts", {"null_name", "bad_email", "bad_country", "future_date", "garbled_name", "limit_range"},
                  count);
  std::int64_t number = 0;
  for (std::size_t i = 0; i < company.customers.size(); ++i) {
    for (int copy = 0; copy < company.customers[i].in_crm; ++copy, ++number) {
      Contact contact = contact_in(company, i, System::kCrm, copy);
      Random random(company.origin.seed, "account", static_cast<std::uint64_t>(number));
      const auto id = 1000 + number;
      Instant made = Instant{company.origin.first - days(random.below(900))} + hours{random.between(7, 17)};
      Cents limit = random.between(5, 200) * 10'000;
      const auto kind = breaker.kind_of(number);
      std::string_view column;
      if (kind == "null_name") contact.name.clear(), column = "account_name";
      if (kind == "bad_email") contact.email = "kunde(at)post", column = "email";
      if (kind == "bad_country") contact.country = "ZZ", column = "country";
      if (kind == "future_date") made = Instant{company.date(company.origin.days + 500)}, column = "created_at";
      if (kind == "garbled_name") contact.name = garbled("Jürgen Groß"), column = "account_name";
      if (kind == "limit_range") limit = -500'000, column = "credit_limit";
      if (!kind.empty()) breaker.record(fmt::format("{}", id), kind, column, "");
      rows->integer(id);
      cell(*rows, contact.name);
      rows->text(company.customers[i].company ? "company" : "person");
      cell(*rows, contact.email);
      cell(*rows, contact.phone);
      cell(*rows, contact.street);
      cell(*rows, contact.postcode);
      cell(*rows, contact.city);
      cell(*rows, contact.country);
      rows->decimal(limit);
      rows->timestamp(made);
      rows->timestamp(Instant{company.origin.first} + hours{24 * random.below(company.origin.days) + 11});
      SINAN_CHECK(rows->end_row());
    }
  }
  SINAN_CHECK(rows->finish());
  return breaker.count();
}

}  // namespace

Result<std::int64_t> write_crm(const Company& company, Database& database, CsvFile& broken) {
  for (const auto* table : {&accounts(), &products(), &vendors()}) {
    SINAN_TRY(const bool there, database.has_table(table->name));
    if (there) {
      return fail(ErrorCode::kConflict,
                  fmt::format("the database for the CRM holds a table {} already; give the address of an empty database", table->name));
    }
  }
  for (const auto* table : {&accounts(), &products(), &vendors()}) SINAN_CHECK(database.create(*table));
  SINAN_CHECK(database.begin());
  SINAN_TRY(const auto count, write_accounts(company, database, broken));
  SINAN_TRY(auto rows, database.insert(products()));
  for (std::size_t i = 0; i < company.items.size(); ++i) {
    if (i % 3 == 1) continue;  // not everything is sold by sales people
    rows->integer(static_cast<std::int64_t>(500 + i));
    rows->text(item_name_in(company, i, System::kCrm));
    rows->text(company.categories[company.items[i].category].en);
    rows->decimal(company.items[i].price);
    if (i % 5 == 0)
      rows->null();
    else
      rows->text(company.items[i].ean);
    SINAN_CHECK(rows->end_row());
  }
  SINAN_CHECK(rows->finish());
  SINAN_TRY(rows, database.insert(vendors()));
  for (std::size_t i = 0; i < company.suppliers.size(); ++i) {
    const Supplier& supplier = company.suppliers[i];
    rows->integer(static_cast<std::int64_t>(300 + i));
    rows->text(supplier_name_in(company, i, System::kCrm));
    rows->text(supplier.city);
    rows->text(supplier.country);
    if (i % 4 == 3)
      rows->null();
    else
      rows->text(supplier.tax_id);
    SINAN_CHECK(rows->end_row());
  }
  SINAN_CHECK(rows->finish());
  SINAN_CHECK(database.commit());
  return count;
}

}  // namespace sinan::example

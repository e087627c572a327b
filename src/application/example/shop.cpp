// The shop of the example company: order lines as Parquet, a file a month and later a file a day; its customers and its catalogue.
#include "application/example/spelling.hpp"
#include "application/example/systems.hpp"

namespace sinan::example {
namespace {

const Schema& line_schema() {
  static const Schema out{{{"order_no", {TypeId::kText}},
                           {"line_no", {TypeId::kInt}},
                           {"ordered_at", {TypeId::kTimestamp}},
                           {"customer_id", {TypeId::kText}},
                           {"sku", {TypeId::kText}},
                           {"quantity", {TypeId::kInt}},
                           {"unit_price", {TypeId::kDecimal, 12, 2}},
                           {"currency", {TypeId::kText}},
                           {"warehouse", {TypeId::kText}},
                           {"coupon", {TypeId::kText}},
                           {"status", {TypeId::kText}}}};
  return out;
}

Schema texts(std::initializer_list<const char*> names) {
  Schema out;
  for (const auto* name : names) out.fields.push_back({name, {TypeId::kText}});
  return out;
}

void cell(ParquetRows& rows, const std::string& value) {
  if (value.empty())
    rows.null();
  else
    rows.text(value);
}

}  // namespace

Status Shop::write_masters() {
  std::int64_t count = 0;
  for (const auto& customer : company_.customers) count += customer.in_shop ? 1 : 0;
  Breaker breaker(broken_, "shop", "customers", {"bad_email", "null_name"}, count);
  SINAN_TRY(auto customers,
            ParquetRows::create(engine_, dir_ / "customers.parquet",
                                texts({"customer_id", "full_name", "email", "phone", "street", "postcode", "city", "country"})));
  std::int64_t number = 0;
  for (std::size_t i = 0; i < company_.customers.size(); ++i) {
    if (!company_.customers[i].in_shop) continue;
    Contact contact = contact_in(company_, i, System::kShop);
    const auto kind = breaker.kind_of(number++);
    if (kind == "bad_email") contact.email = "no email!";
    if (kind == "null_name") contact.name.clear();
    if (!kind.empty()) breaker.record(shop_customer_id(i), kind, kind == "bad_email" ? "email" : "full_name", "");
    customers->text(shop_customer_id(i));
    for (const auto* value :
         {&contact.name, &contact.email, &contact.phone, &contact.street, &contact.postcode, &contact.city, &contact.country})
      cell(*customers, *value);
    SINAN_CHECK(customers->end_row());
  }
  broken_rows_ += breaker.count();
  SINAN_CHECK(customers->finish());
  Schema schema = texts({"sku", "title", "title_zh", "category", "ean"});
  schema.fields.push_back({"price", {TypeId::kDecimal, 12, 2}});
  SINAN_TRY(auto products, ParquetRows::create(engine_, dir_ / "products.parquet", schema));
  for (std::size_t i = 0; i < company_.items.size(); ++i) {
    const Item& item = company_.items[i];
    products->text(item.sku);
    products->text(item_name_in(company_, i, System::kShop));
    products->text(item.zh);
    products->text(company_.categories[item.category].en);
    if (i % 4 == 2)
      products->null();
    else
      products->text(item.ean);
    products->decimal(item.price);
    SINAN_CHECK(products->end_row());
  }
  return products->finish();
}

Status Shop::begin(std::int64_t expected_rows, std::int64_t rows_before) {
  lines_.emplace(
      broken_, "shop", "orders",
      std::vector<std::string>{"null_item", "unknown_item", "quantity_zero", "price_range", "duplicate", "bad_status", "unknown_customer"},
      expected_rows);
  rows_ = rows_before;
  return {};
}

void Shop::write_line(const Line& line, std::string_view kind) {
  ParquetRows& out = *rows_file_;
  out.text(fmt::format("S{}", line.document));
  out.integer(line.position);
  out.timestamp(Instant{company_.date(line.day)} + std::chrono::minutes{line.minute} - offset_on(company_, line.place, line.day));
  out.text(kind == "unknown_customer" ? "u????????" : shop_customer_id(line.customer));
  if (kind == "null_item")
    out.null();
  else
    out.text(kind == "unknown_item" ? "hg99999" : company_.items[line.item].sku);
  out.integer(kind == "quantity_zero" ? 0 : line.quantity);
  out.decimal(kind == "price_range" ? line.price.amount * 10'000 : line.price.amount);
  out.text("EUR");
  out.text(company_.places[line.place].code);
  if (line.price.promotion != nullptr)
    out.text(line.price.promotion->id);
  else
    out.null();
  out.text(kind == "bad_status" ? "sh1pped" : line.returned ? "returned" : "shipped");
}

Status Shop::add(const Line& line, const std::string& file) {
  if (file != file_) {
    SINAN_CHECK(end());
    SINAN_TRY(rows_file_, ParquetRows::create(engine_, dir_ / file, line_schema()));
    file_ = file;
  }
  const auto kind = lines_->kind_of(rows_++);
  write_line(line, kind);
  SINAN_CHECK(rows_file_->end_row());
  if (kind.empty()) return {};
  static const std::map<std::string_view, std::string_view> kColumns = {
      {"null_item", "sku"},      {"unknown_item", "sku"},  {"quantity_zero", "quantity"},      {"price_range", "unit_price"},
      {"duplicate", "order_no"}, {"bad_status", "status"}, {"unknown_customer", "customer_id"}};
  lines_->record(fmt::format("S{},{}", line.document, line.position), kind, kColumns.at(kind), "");
  if (kind != "duplicate") return {};
  write_line(line, kind);
  return rows_file_->end_row();
}

Status Shop::end() {
  if (rows_file_ == nullptr) return {};
  SINAN_CHECK(rows_file_->finish());
  rows_file_.reset();
  file_.clear();
  broken_rows_ += lines_->count();
  lines_->forget_count();
  return {};
}

}  // namespace sinan::example

// The ERP of the example company.
#include "application/example/spelling.hpp"
#include "application/example/systems.hpp"

namespace sinan::example {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

// A cycle stops when more than a fifth of a table is bad, so the smallest companies have fewer bad rows than others: whether `good` rows
// bear the `bad`th one.
bool may_add_bad(std::size_t good, std::size_t bad) { return 4 * bad <= good; }

ColumnDef text(std::string name, int size = 40) { return {std::move(name), Kind::kText, size, 0}; }
ColumnDef whole(std::string name) { return {std::move(name), Kind::kInteger, 0, 0}; }
ColumnDef decimal(std::string name, int size = 12, int scale = 2) { return {std::move(name), Kind::kDecimal, size, scale}; }
ColumnDef date(std::string name) { return {std::move(name), Kind::kDate, 0, 0}; }
ColumnDef timestamp(std::string name) { return {std::move(name), Kind::kTimestamp, 0, 0}; }

const std::vector<TableDef>& tables() {
  static const std::vector<TableDef> out = {
      {"t023", {text("matkl", 9), text("wgbez", 60), text("wgbez_zh", 60)}, {"matkl"}, false, {}},
      {"t001w",
       {text("werks", 4), text("kurz", 3), text("name1", 80), text("ort01"), text("land1", 3), text("tzone")},
       {"werks"},
       false,
       {}},
      {"mara",
       {text("matnr", 18), text("maktx", 120), text("maktx_zh", 120), text("matkl", 9), text("meins", 3), text("ean11", 18),
        decimal("stprs"), decimal("vkprs"), text("waers", 5), text("abckz", 1), text("mstae", 2), date("ersda")},
       {"matnr"},
       false,
       {}},
      {"kna1",
       {text("kunnr", 10), text("name1", 120), text("stras", 80), text("pstlz", 10), text("ort01"), text("land1", 3), text("telf1"),
        text("smtp", 80), date("ersda")},
       {"kunnr"},
       false,
       {}},
      {"lfa1",
       {text("lifnr", 10), text("name1", 120), text("ort01"), text("land1", 3), text("stceg", 20), text("waers", 5)},
       {"lifnr"},
       false,
       {}},
      {"eine",
       {text("lifnr", 10), text("matnr", 18), decimal("bmnge", 13, 3), decimal("netpr"), text("waers", 5), whole("plifz"),
        decimal("minbm", 13, 3), decimal("bstrf", 13, 3)},
       {"lifnr", "matnr", "bmnge"},
       false,
       {}},
      {"tvro",
       {text("vwerk", 4), text("nwerk", 4), text("vsart", 10), whole("trdau"), decimal("kosten"), text("waers", 5),
        decimal("kapaz", 13, 3)},
       {"vwerk", "nwerk", "vsart"},
       false,
       {}},
      {"aktio",
       {text("aktnr", 10), text("matnr", 18), text("werks", 4), date("datab"), date("datbi"), decimal("rabat", 5, 2)},
       {"aktnr"},
       false,
       {}},
      {"tcurr", {text("fcurr", 5), text("tcurr", 5), decimal("ukurs", 12, 5), date("gdatu")}, {"fcurr", "tcurr"}, false, {}},
      {"mard",
       {text("matnr", 18), text("werks", 4), decimal("labst", 13, 3), decimal("resrv", 13, 3), decimal("trame", 13, 3), text("meins", 3),
        timestamp("stand")},
       {"matnr", "werks"},
       false,
       {}},
      {"zoos", {whole("lfdnr"), text("matnr", 18), text("werks", 4), date("datum")}, {"lfdnr"}, false, {}},
      {"lips",
       {whole("lfdnr"), text("vbeln", 12), whole("posnr"), text("kunnr", 10), text("matnr", 18), text("werks", 4), text("bwart", 3),
        decimal("lfimg", 13, 3), text("meins", 3), decimal("netpr"), text("waers", 5), timestamp("budat"), text("aktnr", 10),
        text("notiz", 120)},
       {"lfdnr"},
       false,
       {}},
      {"purchase_orders",
       {whole("ebeln"), text("lifnr", 10), text("matnr", 18), text("werks", 4), decimal("menge", 13, 3), text("meins", 3),
        decimal("netpr", 14, 4), text("waers", 5), timestamp("bedat"), timestamp("eindt"), decimal("wemng", 13, 3), timestamp("wedat"),
        text("statu", 1), text("decision_key", 80)},
       {"ebeln"},
       true,
       {"decision_key"},
       {{"wemng", "0"}}}};
  return out;
}

constexpr std::int64_t kThousandths = 1000;  // of quantities: DECIMAL(13,3)

// Notes on deliveries, as people type them.
constexpr std::string_view kNotes[] = {"Bitte bei Müller im Hof abladen", "Lieferung nach Rücksprache", "Größe prüfen",
                                       "Anlieferung über Tor 3, Herr Jäger"};

}  // namespace

const TableDef& erp_table(std::string_view name) {
  const auto found = std::ranges::find(tables(), name, &TableDef::name);
  if (found == tables().end()) broken(fmt::format("the example's ERP has no table {}", name));
  return *found;
}

Status Erp::create_tables() {
  for (const auto& table : tables()) {
    SINAN_TRY(const bool there, database_.has_table(table.name));
    if (there) {
      return fail(ErrorCode::kConflict,
                  fmt::format("the database for the ERP holds a table {} already; give the address of an empty database", table.name));
    }
  }
  for (const auto& table : tables()) SINAN_CHECK(database_.create(table));
  return {};
}

Status Erp::write_items() {
  SINAN_TRY(auto rows, database_.insert(erp_table("mara")));
  const Date founded = company_.origin.first - days(900);
  const auto write = [&](std::string_view matnr, std::optional<std::string_view> name, std::string_view zh, std::string_view group,
                         std::string_view ean, Cents cost, Cents price, std::string_view abc, std::string_view state, Date made) {
    rows->text(matnr);
    if (name)
      rows->text(*name);
    else
      rows->null();
    if (zh.empty())
      rows->null();
    else
      rows->text(zh);
    rows->text(group);
    rows->text("PCE");
    rows->text(ean);
    rows->decimal(cost);
    rows->decimal(price);
    rows->text("EUR");
    rows->text(abc);
    rows->text(state);
    rows->date(made);
    return rows->end_row();
  };
  Breaker breaker(broken_, "erp", "mara", {"duplicate_ean", "missing_translation"}, static_cast<std::int64_t>(company_.items.size()));
  for (std::size_t i = 0; i < company_.items.size(); ++i) {
    const Item& item = company_.items[i];
    const auto kind = breaker.kind_of(static_cast<std::int64_t>(i));
    std::string ean = item.ean, zh = item.zh;
    if (kind == "duplicate_ean" && i > 0) {
      ean = company_.items[i - 1].ean;
      breaker.record(item.id, kind, "ean11", "the number of " + company_.items[i - 1].id);
    } else if (kind == "missing_translation") {
      zh.clear();
      breaker.record(item.id, kind, "maktx_zh", "no Chinese name");
    }
    const Date made = item.launch_day > 0 ? company_.date(item.launch_day) : founded + days(static_cast<std::int64_t>(i) % 800);
    SINAN_CHECK(write(item.id, item.en, zh, company_.categories[item.category].code, ean, item.cost, item.price,
                      std::string_view(&item.abc, 1), item.discontinued ? "Z9" : "", made));
  }
  // What somebody tried out in the live system and left behind.
  const auto good = company_.items.size();
  if (may_add_bad(good, 1)) {
    SINAN_CHECK(write("TEST-1", "Testartikel bitte nicht verwenden", "", "0101", "0", 0, 0, "C", "", founded));
    breaker.record("TEST-1", "bad_pattern", "matnr", "a trial entry");
  }
  if (may_add_bad(good, 2)) {
    SINAN_CHECK(write("HG-0000X", std::nullopt, "", "9999", "4006381333931", -100, 995, "C", "", founded));
    breaker.record("HG-0000X", "null_name", "maktx", "no name, unknown group, cost below zero, number out of pattern");
  }
  if (may_add_bad(good, 3)) {
    SINAN_CHECK(write("?", "???", "", "0101", "", 100, 200, "C", "", founded));
    breaker.record("?", "bad_pattern", "matnr", "a question mark");
  }
  broken_rows_ += breaker.count();
  return rows->finish();
}

Status Erp::write_customers() {
  SINAN_TRY(auto rows, database_.insert(erp_table("kna1")));
  std::int64_t written = 0;
  Breaker record(broken_, "erp", "kna1", {"null_name"}, 1);
  static constexpr std::string_view kKinds[] = {"null_name", "bad_email", "bad_country", "future_date", "garbled_name"};
  for (std::size_t i = 0; i < company_.customers.size(); ++i) {
    const Customer& customer = company_.customers[i];
    if (!customer.in_erp) continue;
    Contact contact = contact_in(company_, i, System::kErp);
    const auto id = erp_customer_id(i);
    Date made = company_.origin.first - days(static_cast<std::int64_t>(i) % 700);
    // Only customers who have bought nothing are broken, so that no delivery hangs on them.
    const auto kind = customer.weight == 0 ? kKinds[static_cast<std::size_t>(written) % 5] : std::string_view();
    if (kind == "null_name") contact.name.clear(), record.record(id, kind, "name1", "no name");
    if (kind == "bad_email") contact.email = "siehe Akte", record.record(id, kind, "smtp", "no address");
    if (kind == "bad_country") contact.country = "XX", record.record(id, kind, "land1", "no such country");
    if (kind == "future_date") made = company_.date(company_.origin.days + 400), record.record(id, kind, "ersda", "made in the future");
    if (kind == "garbled_name")
      contact.name = garbled("Müller & Söhne Großhandel"), record.record(id, kind, "name1", "UTF-8 read as Latin-1");
    if (customer.weight == 0) ++written;
    const auto cell = [&](const std::string& value) {
      if (value.empty())
        rows->null();
      else
        rows->text(value);
    };
    rows->text(id);
    cell(contact.name);
    cell(contact.street);
    cell(contact.postcode);
    cell(contact.city);
    cell(contact.country);
    cell(contact.phone);
    cell(contact.email);
    rows->date(made);
    SINAN_CHECK(rows->end_row());
  }
  broken_rows_ += record.count();
  return rows->finish();
}

Status Erp::write_suppliers() {
  SINAN_TRY(auto rows, database_.insert(erp_table("lfa1")));
  for (std::size_t i = 0; i < company_.suppliers.size(); ++i) {
    const Supplier& supplier = company_.suppliers[i];
    rows->text(supplier.id);
    rows->text(supplier_name_in(company_, i, System::kErp));
    rows->text(supplier.city);
    rows->text(supplier.country);
    rows->text(supplier.tax_id);
    rows->text("EUR");
    SINAN_CHECK(rows->end_row());
  }
  return rows->finish();
}

Status Erp::write_prices() {
  SINAN_TRY(auto rows, database_.insert(erp_table("eine")));
  for (const auto& item : company_.items) {
    for (const auto& offer : item.offers) {
      for (const auto& level : offer.breaks) {
        rows->text(company_.suppliers[offer.supplier].id);
        rows->text(item.id);
        rows->decimal(level.min_quantity * kThousandths);
        rows->decimal(level.price);
        rows->text("EUR");
        rows->integer(offer.lead_days);
        rows->decimal(offer.moq * kThousandths);
        rows->decimal(offer.pack * kThousandths);
        SINAN_CHECK(rows->end_row());
      }
    }
  }
  SINAN_CHECK(rows->finish());
  SINAN_TRY(auto lanes, database_.insert(erp_table("tvro")));
  for (std::size_t from = 0; from < company_.places.size(); ++from) {
    for (std::size_t to = 0; to < company_.places.size(); ++to) {
      if (from == to) continue;
      const bool near = from + to == 1;  // Hamburg and Birmingham
      for (const bool fast : {false, true}) {
        lanes->text(company_.places[from].id);
        lanes->text(company_.places[to].id);
        lanes->text(near ? (fast ? "EXPRESS" : "TRUCK") : (fast ? "AIR" : "SEA"));
        lanes->integer(near ? (fast ? 1 : 4) : (fast ? 4 : 32));
        lanes->decimal(near ? (fast ? 240 : 60) : (fast ? 480 : 90));
        lanes->text("EUR");
        lanes->decimal((fast ? 500 : 20'000) * kThousandths);
        SINAN_CHECK(lanes->end_row());
      }
    }
  }
  SINAN_CHECK(lanes->finish());
  SINAN_TRY(auto promotions, database_.insert(erp_table("aktio")));
  for (const auto& promotion : company_.promotions) {
    promotions->text(promotion.id);
    promotions->text(company_.items[promotion.item].id);
    if (promotion.place < 0)
      promotions->null();
    else
      promotions->text(company_.places[static_cast<std::size_t>(promotion.place)].id);
    promotions->date(company_.date(promotion.first_day));
    promotions->date(company_.date(promotion.last_day));
    promotions->decimal(promotion.percent * 100);
    SINAN_CHECK(promotions->end_row());
  }
  return promotions->finish();
}

Status Erp::write_masters() {
  SINAN_TRY(auto groups, database_.insert(erp_table("t023")));
  for (const auto& category : company_.categories) {
    groups->text(category.code);
    groups->text(category.en);
    groups->text(category.zh);
    SINAN_CHECK(groups->end_row());
  }
  SINAN_CHECK(groups->finish());
  SINAN_TRY(auto plants, database_.insert(erp_table("t001w")));
  for (const auto& place : company_.places) {
    for (const auto* cell : {&place.id, &place.code, &place.name, &place.city, &place.country, &place.zone_name}) plants->text(*cell);
    SINAN_CHECK(plants->end_row());
  }
  SINAN_CHECK(plants->finish());
  SINAN_CHECK(write_items());
  SINAN_CHECK(write_customers());
  SINAN_CHECK(write_suppliers());
  SINAN_CHECK(write_prices());
  // Nobody has kept the exchange rates for months: the stale table.
  SINAN_TRY(auto rates, database_.insert(erp_table("tcurr")));
  static constexpr std::pair<std::string_view, std::int64_t> kRates[] = {
      {"GBP", 117'200}, {"USD", 91'800}, {"CNY", 12'690}, {"AUD", 60'100}};
  for (const auto& [currency, rate] : kRates) {
    rates->text(currency);
    rates->text("EUR");
    rates->decimal(rate);
    rates->date(company_.date(company_.origin.days) - days(75));
    SINAN_CHECK(rates->end_row());
  }
  broken_.row({"erp", "tcurr", "", "stale", "gdatu", "last kept 75 days before the end of the history"});
  ++broken_rows_;
  return rates->finish();
}

Status Erp::write_orders(const std::vector<PastOrder>& orders) {
  SINAN_TRY(auto rows, database_.insert(erp_table("purchase_orders")));
  Breaker breaker(broken_, "erp", "purchase_orders",
                  {"unknown_supplier", "negative_quantity", "received_before_ordered", "future_date", "missing_date"},
                  static_cast<std::int64_t>(orders.size()));
  std::int64_t number = 4'500'000'001;
  std::int64_t closed = 0;
  for (const auto& order : orders) {
    const bool open = order.arrives_day >= company_.origin.days;
    // What is still open is sound: a broken open order would be bought again.
    const auto kind = open ? std::string_view() : breaker.kind_of(closed++);
    const auto key = fmt::format("{}", number);
    const Date ordered = company_.date(order.ordered_day);
    rows->integer(number++);
    rows->text(kind == "unknown_supplier" ? "L99999" : company_.suppliers[order.supplier].id);
    rows->text(company_.items[order.item].id);
    rows->text(company_.places[order.place].id);
    rows->decimal((kind == "negative_quantity" ? -order.quantity : order.quantity) * kThousandths);
    rows->text("PCE");
    rows->decimal(order.price * 100);
    rows->text("EUR");
    if (kind == "missing_date")
      rows->null();
    else
      rows->timestamp(Instant{kind == "future_date" ? company_.date(company_.origin.days + 300) : ordered} + hours{15});
    rows->timestamp(Instant{company_.date(order.expected_day)} + hours{9});
    rows->decimal(open ? 0 : order.quantity * kThousandths);
    if (open)
      rows->null();
    else
      rows->timestamp(Instant{kind == "received_before_ordered" ? ordered - days(9) : company_.date(order.arrives_day)} + hours{9});
    rows->text(open ? "O" : "R");
    rows->null();
    SINAN_CHECK(rows->end_row());
    if (!kind.empty())
      breaker.record(key, kind,
                     kind == "unknown_supplier"          ? "lifnr"
                     : kind == "negative_quantity"       ? "menge"
                     : kind == "received_before_ordered" ? "wedat"
                                                         : "bedat",
                     "");
  }
  broken_rows_ += breaker.count();
  return rows->finish();
}

Status Erp::write_empty_shelves(const std::vector<EmptyShelf>& empty, std::int64_t first_number) {
  SINAN_TRY(auto rows, database_.insert(erp_table("zoos")));
  for (const auto& shelf : empty) {
    rows->integer(first_number++);
    rows->text(company_.items[shelf.item].id);
    rows->text(company_.places[shelf.place].id);
    rows->date(company_.date(shelf.day));
    SINAN_CHECK(rows->end_row());
  }
  return rows->finish();
}

Status Erp::write_stock(const std::vector<std::int64_t>& on_hand, std::int64_t last_day) {
  SINAN_CHECK(database_.execute("DELETE FROM mard"));
  SINAN_TRY(auto rows, database_.insert(erp_table("mard")));
  const auto places = company_.places.size();
  const auto write = [&](const std::string& item, const std::string& place, std::int64_t quantity, Instant at) {
    rows->text(item);
    rows->text(place);
    rows->decimal(quantity * kThousandths);
    rows->decimal(0);
    rows->decimal(0);  // between plants; what suppliers send is in purchase_orders
    rows->text("PCE");
    rows->timestamp(at);
    return rows->end_row();
  };
  const bool first_time = last_day + 1 == company_.origin.days;
  Breaker breaker(broken_, "erp", "mard", {"negative_stock"}, static_cast<std::int64_t>(on_hand.size()));
  for (std::size_t i = 0; i < on_hand.size(); ++i) {
    const auto& item = company_.items[i / places].id;
    const auto& place = company_.places[i % places].id;
    const bool bad = !breaker.kind_of(static_cast<std::int64_t>(i)).empty();
    const Instant at = Instant{company_.date(last_day)} + hours{16} - offset_on(company_, i % places, last_day);
    SINAN_CHECK(write(item, place, bad ? -on_hand[i] - 1 : on_hand[i], at));
    if (bad && first_time) breaker.record(item + "," + place, "negative_stock", "labst", "less than nothing on the shelf");
  }
  // A plant that was closed years ago.
  const bool closed = may_add_bad(on_hand.size(), 1);
  if (closed) SINAN_CHECK(write(company_.items.front().id, "XX99", 12, Instant{company_.origin.first} - days(500)));
  if (closed && first_time) breaker.record(company_.items.front().id + ",XX99", "unknown_place", "werks", "no such plant");
  broken_rows_ += breaker.count();
  return rows->finish();
}

Status Erp::begin_deliveries(std::int64_t expected_rows) {
  deliveries_.emplace(broken_, "erp", "lips",
                      std::vector<std::string>{"null_item", "unknown_item", "unknown_customer", "quantity_range", "quantity_zero",
                                               "duplicate", "negative_price", "bad_document", "garbled_note", "bad_unit"},
                      expected_rows);
  SINAN_TRY(inserter_, database_.insert(erp_table("lips")));
  return {};
}

Status Erp::add(const Line& line, LineMaker& numbers) {
  const auto kind = deliveries_->kind_of(line.number);
  const auto note = scramble(static_cast<std::uint64_t>(line.number)) % 97 == 0
                        ? std::optional(kNotes[static_cast<std::size_t>(line.number) % 4])
                        : std::nullopt;
  const auto write = [&](std::int64_t number) {
    Inserter& out = *inserter_;
    out.integer(number);
    out.text(kind == "bad_document" ? std::string("ALT/???") : fmt::format("{:010}", line.document));
    out.integer(line.position * 10);
    out.text(kind == "unknown_customer" ? std::string("K999999") : erp_customer_id(line.customer));
    if (kind == "null_item")
      out.null();
    else
      out.text(kind == "unknown_item" ? std::string("HG-99999") : company_.items[line.item].id);
    out.text(company_.places[line.place].id);
    out.text(line.returned ? "651" : "601");
    out.decimal(kind == "quantity_range" ? 9'999'999'000 : kind == "quantity_zero" ? 0 : line.quantity * kThousandths);
    out.text(kind == "bad_unit" ? "??" : "PCE");
    out.decimal(kind == "negative_price" ? -line.price.amount : line.price.amount);
    out.text("EUR");
    out.timestamp(Instant{company_.date(line.day)} + minutes{line.minute});
    if (line.price.promotion != nullptr)
      out.text(line.price.promotion->id);
    else
      out.null();
    if (kind == "garbled_note")
      out.text(garbled(kNotes[0]));
    else if (note)
      out.text(*note);
    else
      out.null();
    return out.end_row();
  };
  SINAN_CHECK(write(line.number));
  if (kind.empty()) return {};
  static const std::map<std::string_view, std::string_view> kColumns = {
      {"null_item", "matnr"},     {"unknown_item", "matnr"}, {"unknown_customer", "kunnr"}, {"quantity_range", "lfimg"},
      {"quantity_zero", "lfimg"}, {"duplicate", "vbeln"},    {"negative_price", "netpr"},   {"bad_document", "vbeln"},
      {"garbled_note", "notiz"},  {"bad_unit", "meins"}};
  deliveries_->record(fmt::format("{}", line.number), kind, kColumns.at(kind), "");
  if (kind == "duplicate") {
    const auto again = numbers.take_number();
    deliveries_->record(fmt::format("{}", again), kind, "vbeln", fmt::format("the line {} again", line.number));
    SINAN_CHECK(write(again));
  }
  return {};
}

Status Erp::end_deliveries() {
  SINAN_CHECK(inserter_->finish());
  inserter_.reset();
  broken_rows_ += deliveries_->count();
  return {};
}

}  // namespace sinan::example

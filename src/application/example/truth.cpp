#include "application/example/truth.hpp"

#include <cerrno>

#include "application/example/spelling.hpp"
#include "application/example/workspace.hpp"

namespace sinan::example {
namespace {

constexpr std::size_t kBatchRows = 8192;

std::string number(double value) { return fmt::format("{:.5g}", value); }

void write_items(const std::filesystem::path& truth, const Company& company, Status& status) {
  CsvFile items(truth / "items.csv",
                "item_id,sku,abc,pattern,rate,dispersion,trend_per_year,weekly_strength,mean_size,launch,decline,discontinued,category");
  for (const auto& item : company.items) {
    const bool launches = item.pattern == Pattern::kNew;
    const bool declines = item.pattern == Pattern::kDying;
    items.row({item.id, item.sku, std::string_view(&item.abc, 1), name_of(item.pattern), number(item.rate), number(item.dispersion),
               number(item.trend), number(item.weekly), number(item.size), launches ? format_date(company.date(item.launch_day)) : "",
               declines ? format_date(company.date(item.decline_day)) : "", item.discontinued ? "1" : "0",
               company.categories[item.category].en});
  }
  if (status) status = items.finish();
  CsvFile places(truth / "item_places.csv", "item_id,location_id,factor");
  for (const auto& item : company.items) {
    for (std::size_t p = 0; p < company.places.size(); ++p)
      places.row({item.id, company.places[p].id, number(item.at_place[p] * company.places[p].share)});
  }
  if (status) status = places.finish();
}

void write_factors(const std::filesystem::path& truth, const Company& company, Status& status) {
  CsvFile week(truth / "week_factors.csv", "location_id,weekday,factor");
  for (const auto& place : company.places) {
    for (std::size_t d = 0; d < 7; ++d) week.row({place.id, fmt::format("{}", d + 1), number(place.week[d])});
  }
  if (status) status = week.finish();
  CsvFile year(truth / "year_factors.csv", "category,location_id,day_of_year,factor");
  const Date january = std::chrono::year{2025} / 1 / 1;
  for (const auto& category : company.categories) {
    for (const auto& place : company.places) {
      for (int d = 0; d < 365; ++d) {
        year.row({category.code, place.id, fmt::format("{}", d + 1), number(year_factor(category, place, january + std::chrono::days(d)))});
      }
    }
  }
  if (status) status = year.finish();
}

void write_supply(const std::filesystem::path& truth, const Company& company, Status& status) {
  CsvFile suppliers(truth / "suppliers.csv", "supplier_id,name,promised_days,sd_days,late_share,late_days");
  for (const auto& s : company.suppliers) {
    suppliers.row({s.id, s.name, fmt::format("{}", s.lead_days), number(s.sd_days), number(s.late_share), number(s.late_days)});
  }
  if (status) status = suppliers.finish();
  CsvFile promotions(truth / "promotions.csv", "promotion_id,item_id,location_id,starts_on,ends_on,percent,uplift");
  for (const auto& p : company.promotions) {
    promotions.row({p.id, company.items[p.item].id, p.place < 0 ? "" : company.places[static_cast<std::size_t>(p.place)].id,
                    format_date(company.date(p.first_day)), format_date(company.date(p.last_day)), fmt::format("{}", p.percent),
                    number(p.uplift)});
  }
  if (status) status = promotions.finish();
}

void write_identities(const std::filesystem::path& truth, const Company& company, Status& status) {
  CsvFile customers(truth / "same_customers.csv", "entity,source,table,key");
  std::int64_t account = 1000;
  for (std::size_t i = 0; i < company.customers.size(); ++i) {
    const auto& customer = company.customers[i];
    const auto entity = fmt::format("C{:05}", i);
    if (customer.in_erp) customers.row({entity, "erp", "kna1", erp_customer_id(i)});
    for (int copy = 0; copy < customer.in_crm; ++copy) customers.row({entity, "crm", "accounts", fmt::format("{}", account++)});
    if (customer.in_shop) customers.row({entity, "shop", "customers", shop_customer_id(i)});
  }
  if (status) status = customers.finish();
  CsvFile products(truth / "same_products.csv", "entity,source,table,key");
  for (std::size_t i = 0; i < company.items.size(); ++i) {
    const auto entity = fmt::format("P{:05}", i);
    products.row({entity, "erp", "mara", company.items[i].id});
    products.row({entity, "shop", "products", company.items[i].sku});
    if (i % 3 != 1) products.row({entity, "crm", "products", fmt::format("{}", 500 + i)});
  }
  if (status) status = products.finish();
  CsvFile suppliers(truth / "same_suppliers.csv", "entity,source,table,key");
  for (std::size_t i = 0; i < company.suppliers.size(); ++i) {
    const auto entity = fmt::format("S{:05}", i);
    suppliers.row({entity, "erp", "lfa1", company.suppliers[i].id});
    suppliers.row({entity, "crm", "vendors", fmt::format("{}", 300 + i)});
  }
  if (status) status = suppliers.finish();
}

}  // namespace

CsvFile::CsvFile(std::filesystem::path path, std::string_view header) : path_(std::move(path)) {
  const bool fresh = !std::filesystem::exists(path_);
  out_.open(path_, std::ios::binary | std::ios::app);
  if (fresh) out_ << header << '\n';
}

void CsvFile::row(std::initializer_list<std::string_view> cells) {
  bool first = true;
  for (auto cell : cells) {
    if (!first) out_ << ',';
    first = false;
    if (cell.find_first_of(",\"\n\r") == std::string_view::npos) {
      out_ << cell;
      continue;
    }
    out_ << '"';
    for (char c : cell) {
      if (c == '"') out_ << '"';
      out_ << c;
    }
    out_ << '"';
  }
  out_ << '\n';
}

Status CsvFile::finish() {
  out_.flush();
  if (!out_) return fail(write_error_code(errno, ErrorCode::kUnavailable), "cannot write; is the disk full?", path_.string());
  return {};
}

Breaker::Breaker(CsvFile& record, std::string source, std::string table, std::vector<std::string> kinds, std::int64_t expected_rows)
    : record_(record), source_(std::move(source)), table_(std::move(table)), kinds_(std::move(kinds)) {
  const auto count = static_cast<std::int64_t>(kinds_.size());
  stride_ = std::clamp<std::int64_t>(expected_rows / 4, count * 10, 5000);
}

std::string_view Breaker::kind_of(std::int64_t number) const {
  const auto count = static_cast<std::int64_t>(kinds_.size());
  const auto step = stride_ / count;
  const auto at = number % stride_;
  if (at % step != step / 2 || at / step >= count) return {};
  return kinds_[static_cast<std::size_t>(at / step)];
}

void Breaker::record(std::string_view key, std::string_view kind, std::string_view column, std::string_view detail) {
  record_.row({source_, table_, key, kind, column, detail});
  ++count_;
}

ParquetRows::ParquetRows(std::filesystem::path file, Schema schema, std::unique_ptr<duck::ParquetWriter> writer)
    : file_(std::move(file)), schema_(std::move(schema)), writer_(std::move(writer)) {
  for (const auto& field : schema_.fields) batch_.columns.emplace_back(field.type);
}
ParquetRows::~ParquetRows() = default;

Result<std::unique_ptr<ParquetRows>> ParquetRows::create(const duck::Database& database, std::filesystem::path file, Schema schema) {
  SINAN_TRY(auto writer, duck::ParquetWriter::create(database, file.string() + ".part", schema));
  return std::unique_ptr<ParquetRows>(new ParquetRows(std::move(file), std::move(schema), std::move(writer)));
}

Status ParquetRows::end_row() {
  column_ = 0;
  if (batch_.rows() < kBatchRows) return {};
  Batch full;
  for (const auto& field : schema_.fields) full.columns.emplace_back(field.type);
  std::swap(full, batch_);
  return writer_->append(std::move(full));
}

Status ParquetRows::finish() {
  if (batch_.rows() > 0) SINAN_CHECK(writer_->append(std::move(batch_)));
  SINAN_TRY(auto rows, writer_->finish());
  (void)rows;
  std::error_code error;
  std::filesystem::rename(file_.string() + ".part", file_, error);
  if (error) return fail(ErrorCode::kUnavailable, "cannot rename: " + error.message(), file_.string());
  return {};
}

Status write_demand(const duck::Database& database, const std::filesystem::path& truth, const std::string& name, const Company& company,
                    const std::vector<Wanted>& wanted) {
  const Schema schema{{{"item_id", {TypeId::kText}},
                       {"location_id", {TypeId::kText}},
                       {"ds", {TypeId::kDate}},
                       {"demand", {TypeId::kInt}},
                       {"sold", {TypeId::kInt}},
                       {"expected", {TypeId::kDouble}}}};
  SINAN_TRY(auto file, ParquetRows::create(database, truth / "demand" / (name + ".parquet"), schema));
  for (const auto& entry : wanted) {
    file->text(company.items[entry.item].id);
    file->text(company.places[entry.place].id);
    file->integer(company.date(entry.day).time_since_epoch().count());
    file->integer(entry.demand);
    file->integer(entry.sold);
    file->next().append_double(expected_demand(company, entry.item, entry.place, entry.day));
    SINAN_CHECK(file->end_row());
  }
  return file->finish();
}

Status write_truth(const std::filesystem::path& truth, const Company& company, std::int64_t days) {
  (void)days;
  Status status;
  write_items(truth, company, status);
  write_factors(truth, company, status);
  write_supply(truth, company, status);
  write_identities(truth, company, status);
  SINAN_CHECK(std::move(status));
  return write_template("truth/README.md", truth / "README.md", {});
}

}  // namespace sinan::example

// The four systems of the example company, each with its own tables, words and mistakes: ERP, CRM, shop and machines.
#pragma once

#include "application/example/database.hpp"
#include "application/example/truth.hpp"

namespace sinan::example {

// The ERP: German table names of six letters or fewer, times of each plant in its own zone.
class Erp {
 public:
  Erp(const Company& company, Database& database, CsvFile& broken) : company_(company), database_(database), broken_(broken) {}

  // kConflict if its tables are there.
  Status create_tables();
  Status write_masters();
  Status write_orders(const std::vector<PastOrder>& orders);
  Status write_empty_shelves(const std::vector<EmptyShelf>& empty, std::int64_t first_number);
  // Replaces the stock by what there is at the end of `last_day`.
  Status write_stock(const std::vector<std::int64_t>& on_hand, std::int64_t last_day);

  // Deliveries are streamed: begin, add in any number, end.
  Status begin_deliveries(std::int64_t expected_rows);
  Status add(const Line& line, LineMaker& numbers);
  Status end_deliveries();

  std::int64_t broken_rows() const { return broken_rows_; }
  std::int64_t delivery_stride() const { return deliveries_ ? deliveries_->stride() : 0; }

 private:
  Status write_items();
  Status write_customers();
  Status write_suppliers();
  Status write_prices();

  const Company& company_;
  Database& database_;
  CsvFile& broken_;
  std::optional<Breaker> deliveries_;
  std::unique_ptr<Inserter> inserter_;
  std::int64_t broken_rows_ = 0;
};

// The tables of the ERP by name, as made.
const TableDef& erp_table(std::string_view name);

// The CRM: what sales people keep. Returns the number of broken rows.
Result<std::int64_t> write_crm(const Company& company, Database& database, CsvFile& broken);

// The shop: one Parquet file of order lines a month (and later one a day), customers and products.
class Shop {
 public:
  Shop(const Company& company, const duck::Database& engine, std::filesystem::path dir, CsvFile& broken)
      : company_(company), engine_(engine), dir_(std::move(dir)), broken_(broken) {}
  Status write_masters();
  // Lines come in order of days; `file` is the name of the file that they belong to, and a new one ends the one before.
  Status begin(std::int64_t expected_rows, std::int64_t rows_before);
  Status add(const Line& line, const std::string& file);
  Status end();
  std::int64_t broken_rows() const { return broken_rows_; }
  std::int64_t rows() const { return rows_; }

 private:
  void write_line(const Line& line, std::string_view kind);

  const Company& company_;
  const duck::Database& engine_;
  std::filesystem::path dir_;
  CsvFile& broken_;
  std::optional<Breaker> lines_;
  std::unique_ptr<ParquetRows> rows_file_;
  std::string file_;
  std::int64_t rows_ = 0;
  std::int64_t broken_rows_ = 0;
};

// The machines: readings of every hour from `first_day` to before `end_day`, as JSON lines, one file a call. Returns the broken rows.
Result<std::int64_t> write_readings(const Company& company, const std::filesystem::path& file, std::int64_t first_day, std::int64_t end_day,
                                    CsvFile& broken, CsvFile& anomalies);

}  // namespace sinan::example

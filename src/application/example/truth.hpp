// DIR.truth/: what the example company knows of itself and its systems do not. Tests score against it; the product never reads it.
#pragma once

#include <fstream>

#include "application/example/history.hpp"
#include "application/example/lines.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::example {

// A CSV file; quotes what needs it. Fails at finish().
class CsvFile {
 public:
  // Opens for appending when it is there already; else writes the header.
  CsvFile(std::filesystem::path path, std::string_view header);
  void row(std::initializer_list<std::string_view> cells);
  Status finish();

 private:
  std::filesystem::path path_;
  std::ofstream out_;
};

// Rows that are broken on purpose, by a stride: every kind comes up in every table, however small, and never by chance alone.
class Breaker {
 public:
  // `expected_rows` sets how often: about a five-thousandth of the rows for each kind, and four rows of it in a small table; but no more
  // than a tenth of all rows, however small it is.
  Breaker(CsvFile& record, std::string source, std::string table, std::vector<std::string> kinds, std::int64_t expected_rows);
  // The kind in which row `number` (counted from 0) is broken; empty: it is sound.
  std::string_view kind_of(std::int64_t number) const;
  // Remembers what was done, for the truth.
  void record(std::string_view key, std::string_view kind, std::string_view column, std::string_view detail);
  std::int64_t count() const { return count_; }
  void forget_count() { count_ = 0; }
  std::int64_t stride() const { return stride_; }

 private:
  CsvFile& record_;
  std::string source_, table_;
  std::vector<std::string> kinds_;
  std::int64_t stride_ = 1;
  std::int64_t count_ = 0;
};

// Rows on their way into a Parquet file, cell by cell.
class ParquetRows {
 public:
  static Result<std::unique_ptr<ParquetRows>> create(const duck::Database& database, std::filesystem::path file, Schema schema);
  ~ParquetRows();
  Column& next() { return batch_.columns[column_++]; }
  void text(std::string_view value) { next().append_text(value); }
  void integer(std::int64_t value) { next().append_int(value); }  // also dates
  void decimal(std::int64_t scaled) { next().append_decimal(scaled); }
  void timestamp(Instant at) { next().append_int(at.time_since_epoch().count()); }
  void null() { next().append_null(); }
  Status end_row();
  // The file appears under its name, whole.
  Status finish();

 private:
  ParquetRows(std::filesystem::path file, Schema schema, std::unique_ptr<duck::ParquetWriter> writer);
  std::filesystem::path file_;
  Schema schema_;
  std::unique_ptr<duck::ParquetWriter> writer_;
  Batch batch_;
  std::size_t column_ = 0;
};

// demand/NAME.parquet: item_id, location_id, ds, demand, sold, expected.
Status write_demand(const duck::Database& database, const std::filesystem::path& truth, const std::string& name, const Company& company,
                    const std::vector<Wanted>& wanted);
// Everything that does not change: README.md, items, factors of week and year, suppliers, promotions, who is one.
Status write_truth(const std::filesystem::path& truth, const Company& company, std::int64_t days);

}  // namespace sinan::example

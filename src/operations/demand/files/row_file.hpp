// A file of rows that a command writes: CSV, or Parquet when the name ends so; whole or not at all. Printed rows may be JSON too.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/table.hpp"
#include "base/whole_file.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::demand {

// Where rows are printed that have no file: CSV, or an array of objects, one a line.
struct PrintedRows {
  std::function<void(std::string_view)> print;
  bool json = false;
};

// Takes rows cell by cell, in the order of the schema's fields, which are text or double; of Parquet also whole numbers, dates and times,
// whose cells are given as text. Without finish() nothing is left behind.
class RowFile {
 public:
  // `path` empty: to `printed`.
  static Result<std::unique_ptr<RowFile>> open(std::filesystem::path path, PrintedRows printed, Schema schema);

  void text(std::string_view value);
  // Nine digits in text. What is not finite is written as nothing, null in JSON, here and below.
  void number(double value);
  // What was read, or is a sum of that: fifteen digits, which a double keeps.
  void exact(double value);
  // What was computed in single precision: seven digits where these say the same, so 21.75 and not 21.7500005, else nine.
  void single(double value);
  Status end_row();
  // Returns how many rows there are.
  Result<std::size_t> finish();

 private:
  RowFile(std::filesystem::path path, PrintedRows printed, Schema schema)
      : path_(std::move(path)), printed_(std::move(printed)), schema_(std::move(schema)) {}
  bool json() const { return path_.empty() && printed_.json; }
  // Puts a number into Parquet; true when its digits are to follow, in text.
  bool begin(double value);
  // What stands before a cell, in text.
  void separate();
  void new_batch();
  Status flush();

  std::filesystem::path path_;
  PrintedRows printed_;
  Schema schema_;
  std::unique_ptr<WholeFile> file_;  // outlives the writer of its draft
  std::optional<duck::Database> database_;
  std::unique_ptr<duck::ParquetWriter> parquet_;
  Batch batch_;
  std::string text_;
  std::size_t column_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace sinan::demand

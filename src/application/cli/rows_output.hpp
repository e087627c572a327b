// Prints the rows of a query: an aligned table for people, CSV, JSON and Parquet for programs.
#pragma once

#include "application/cli/command.hpp"
#include "data/fabric/fabric.hpp"

namespace sinan::cli {

struct RowsOutput {
  std::string format = "table";   // table, csv, json; parquet into a file only
  std::filesystem::path file;     // empty: standard output
  std::int64_t table_rows = 200;  // a table shows this many, then says how many more there are
  bool raw = false;               // csv: leave text that a spreadsheet would take for a formula as it is
};

// Streams `rows` to standard output, or to the file, which appears under its name when it is whole; memory does not grow with their number.
Status print_rows(const Invocation& invocation, fabric::Rows& rows, const RowsOutput& output);

// A CSV field: quoted where needed; text that begins with = + - @, a tab or a return gets a ' before it unless `raw`.
std::string csv_field(std::string_view text, bool is_text, bool raw);

// A value as JSON: decimals as strings, times as RFC 3339, binary as lower-case hexadecimal.
Json json_value(const Column& column, std::size_t row);

// Aligned columns with a header, for any table of texts. `numeric` columns are right-aligned.
std::string aligned(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                    const std::vector<bool>& numeric);

}  // namespace sinan::cli

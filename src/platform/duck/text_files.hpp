// Whether text files are whole and what they seem. DuckDB reads a compressed file that was cut off up to there, takes a file whose quotes
// do not fit for one that has none, and one of whose rows a value is missing for a table of one column: all that would pass for data.
#pragma once

#include <filesystem>
#include <string>

#include "platform/duck/duck.hpp"

namespace sinan::duck {

struct CsvText {
  std::string delimiter = {};  // empty: the one of , ; | and tab that the first line has most of
  std::string encoding = {};   // as read_csv takes it; empty: UTF-8
};

// kInvalidInput where a file that ends in .gz or .zst does not hold all that was compressed. Reads it once; other files are let pass.
Status check_compressed(const std::filesystem::path& file);

// kInvalidInput with FILE:LINE where a value begins with a quote (") that no later one closes. A quote that is closed in the middle of
// its value ('"A" b') is text, and fits. Reads the whole file once; a file that cannot be read by lines is let pass.
Status check_csv_quotes(Connection& connection, const std::filesystem::path& file, const CsvText& options = {});

// kInvalidInput with FILE:LINE where a row has more or fewer values than the first. Reads the file once.
Status check_csv_rows(Connection& connection, const std::filesystem::path& file, const CsvText& options = {});

// kInvalidInput with FILE:LINE where several lines at the head, which DuckDB would leave out because they do not fit the rest, hold values.
// A heading, empty lines and comments are let pass.
Status check_csv_head(Connection& connection, const std::filesystem::path& file, const CsvText& options = {});

// All of it, and whether there is anything at all, for files whose delimiter DuckDB finds by itself. `pattern` may name several.
// `quoted`: files whose quotes are Quotes::kWhole are read with quote = '"'; otherwise DuckDB looks for quotes in the first thousands of
// rows, and values in quotes that come later are kInvalidInput.
Status check_found_csv(Connection& connection, const std::filesystem::path& pattern, bool quoted);

// Where quotes (") stand in a CSV file. Reads it once if there is any.
enum class Quotes : std::uint8_t {
  kNone,
  kWhole,  // some values are in quotes, each from its first to its last character: then quotes are quotes, wherever the first one stands
  kOdd,    // in other places, or it cannot be told
};
Quotes quotes_in(const std::filesystem::path& file);

// Whether the only column of a table may be a row of several that was not understood.
bool holds_delimiter(std::string_view column);

// Whether several files are named: sales-*.csv.
bool is_pattern(const std::filesystem::path& path);

// What a person can do about a text file that is not as it should be, where DuckDB tells what it tried; with the file as its place, if it
// has none. `options`: whether it can be said how the file is written (delimiter, quote, header, encoding).
Error text_file_error(Error error, const std::filesystem::path& file, bool options);

}  // namespace sinan::duck

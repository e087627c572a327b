// Whether the quotes of a CSV file come to an end: DuckDB takes a file whose quotes do not fit for one that has none, and then what they
// held together, or a file that was cut off, would pass for values.
#pragma once

#include <filesystem>
#include <string>

#include "platform/duck/duck.hpp"

namespace sinan::duck {

struct CsvQuotes {
  std::string delimiter = {};  // empty: the one of , ; | and tab that the first line has most of
  std::string encoding = {};   // as read_csv takes it; empty: UTF-8
};

// kInvalidInput with FILE:LINE where a value begins with a quote (") that no later one closes. A quote that is closed in the middle of
// its value ('"A" b') is text, and fits. Reads the whole file once; a file that cannot be read by lines is let pass.
Status check_csv_quotes(Connection& connection, const std::filesystem::path& file, const CsvQuotes& options = {});

// The same for a file whose delimiter and quotes DuckDB finds by itself, where it found no quotes although there are some.
Status check_found_csv_quotes(Connection& connection, const std::filesystem::path& file);

}  // namespace sinan::duck

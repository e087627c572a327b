// The files that a forecast reads, as tables: CSV, of which every column is text, or Parquet when the name ends so.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "platform/duck/duck.hpp"

namespace sinan::demand {

// What says in a cell that nothing is known, as an empty one does.
inline constexpr std::array<std::string_view, 5> kMissingWords{"NA", "NaN", "nan", "null", "NULL"};

// The file as a FROM expression.
std::string file_sql(const std::filesystem::path& file);

// Its columns, in order. kInvalidInput where it is not whole (cut off, an open quote), no table, or has two columns of one name.
Result<Schema> open_file(duck::Connection& connection, const std::filesystem::path& file);

// What is wrong with a file, in words that say what can be done about it.
Error file_error(Error error, const std::filesystem::path& file);

}  // namespace sinan::demand

// What each series of a file has in some of its columns that do not change in time: category, place, brand.
#pragma once

#include <map>
#include <unordered_map>

#include "base/table.hpp"
#include "operations/demand/files/panel.hpp"

namespace sinan::demand {

class FileAttributes {
 public:
  // Errors (kInvalidInput) begin with `option`, which asks for the columns, and name the place: a column that is not there, or that changes
  // in time.
  static Result<FileAttributes> read(const FileForecastOptions& options, const FilePanel& file, const std::vector<std::string>& columns,
                                     std::string_view option);

  // Trimmed; empty where the series has nothing there.
  const std::string& of(const std::string& column, std::size_t series) const { return texts_.at(column)[series]; }

 private:
  Status add(const FileForecastOptions& options, const Batch& batch, std::size_t row,
             const std::unordered_map<std::string_view, std::size_t>& numbers, std::string_view option);

  std::map<std::string, std::vector<std::string>> texts_;
};

}  // namespace sinan::demand

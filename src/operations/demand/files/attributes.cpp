#include "operations/demand/files/attributes.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "operations/demand/files/input_file.hpp"

namespace sinan::demand {
Result<FileAttributes> FileAttributes::read(const FileForecastOptions& options, const FilePanel& file,
                                            const std::vector<std::string>& columns, std::string_view option) {
  FileAttributes out;
  if (columns.empty()) return out;
  for (const std::string& name : columns) out.texts_[name].resize(file.panel.size());
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 1024, .threads = options.threads}));
  SINAN_TRY(auto connection, database.connect());
  SINAN_TRY(const Schema schema, connection.describe("SELECT * FROM " + file_sql(options.input)));
  SINAN_CHECK(check_attributes(options, schema, columns, option));
  std::unordered_map<std::string_view, std::size_t> numbers;
  for (std::size_t i = 0; i < file.panel.size(); ++i) numbers.emplace(file.panel.keys[i], i);
  std::string cells;
  for (const auto& [name, texts] : out.texts_) cells += fmt::format(", min({0}), max({0})", attribute_sql(name));
  SINAN_TRY(auto reader, connection.query(fmt::format("SELECT ifnull(CAST(unique_id AS VARCHAR), ''){} FROM {} GROUP BY 1", cells,
                                                      file_sql(options.input)),
                                          {.cancel = options.cancel}));
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, reader->next(batch));
    if (!more) return out;
    for (std::size_t r = 0; r < batch.rows(); ++r) SINAN_CHECK(out.add(options, batch, r, numbers, option));
  }
}

Status FileAttributes::add(const FileForecastOptions& options, const Batch& batch, std::size_t row,
                           const std::unordered_map<std::string_view, std::size_t>& numbers, std::string_view option) {
  auto found = numbers.find(batch.columns[0].text(row));
  if (found == numbers.end()) return {};
  std::size_t column = 1;
  for (auto& [name, texts] : texts_) {
    const Column& least = batch.columns[column++];
    const Column& most = batch.columns[column++];
    if (least.is_null(row)) continue;
    if (least.text(row) != most.text(row))
      return fail(ErrorCode::kInvalidInput, changes_in_time(option, name, least.text(row), most.text(row)),
                  fmt::format("{}, series {}", options.input.string(), visible(found->first)));
    texts[found->second] = least.text(row);
  }
  return {};
}

}  // namespace sinan::demand

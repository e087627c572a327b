#include "operations/demand/files/input_file.hpp"

#include <set>

#include "base/text.hpp"
#include "platform/duck/text_files.hpp"

namespace sinan::demand {
namespace {

bool is_parquet(const std::filesystem::path& file) { return file.extension() == ".parquet"; }

std::unexpected<Error> twice(std::string_view name, const std::filesystem::path& file) {
  return fail(ErrorCode::kInvalidInput, fmt::format("two columns are called '{}'; name each differently, or leave one out", visible(name)),
              file.string());
}

Status check_parquet_names(duck::Connection& connection, const std::filesystem::path& file, const Schema& schema) {
  auto found =
      connection.table(fmt::format("SELECT name FROM parquet_schema({}) GROUP BY 1 HAVING count(*) > 1", duck::quote_text(file.string())));
  if (!found) return {};
  for (const Batch& batch : found->batches)
    for (std::size_t r = 0; r < batch.rows(); ++r) {
      // Parts of nested columns may be called alike.
      const std::string name(batch.columns[0].text(r));
      if (schema.index_of(name) && schema.index_of(name + "_1")) return twice(name, file);
    }
  return {};
}

// A second column `y` would be called y_1 and taken for a driver, which knows what is to be forecast.
Status check_names(duck::Connection& connection, const std::filesystem::path& file) {
  auto first = connection.table(
      fmt::format("SELECT * FROM read_csv({}, all_varchar = true, header = false) LIMIT 1", duck::quote_text(file.string())));
  if (!first || first->rows() == 0) return {};
  std::set<std::string> met;
  for (const Column& cell : first->batches[0].columns) {
    if (cell.is_null(0)) continue;
    const std::string name(cell.text(0));
    if (!met.insert(lowercase(name)).second) return twice(name, file);
  }
  return {};
}

}  // namespace

std::string file_sql(const std::filesystem::path& file) {
  std::string name = duck::quote_text(file.string());
  if (is_parquet(file)) return fmt::format("read_parquet({})", name);
  return fmt::format("read_csv({}, all_varchar = true, header = true{})", name,
                     !duck::is_pattern(file) && duck::quotes_in(file) == duck::Quotes::kWhole ? ", quote = '\"', escape = '\"'" : "");
}

Result<Schema> open_file(duck::Connection& connection, const std::filesystem::path& file) {
  if (!is_parquet(file)) SINAN_CHECK(duck::check_found_csv(connection, file, !duck::is_pattern(file)));
  auto schema = connection.describe("SELECT * FROM " + file_sql(file));
  if (!schema) return fail(file_error(std::move(schema).error(), file));
  if (!duck::is_pattern(file))
    SINAN_CHECK(is_parquet(file) ? check_parquet_names(connection, file, *schema) : check_names(connection, file));
  return schema;
}

Error file_error(Error error, const std::filesystem::path& file) {
  if (error.message.contains("No files found that match"))
    return {ErrorCode::kNotFound, "no file has a name like this; check the pattern, and the folder that it is looked for in", file.string(),
            nullptr};
  if (is_parquet(file) && error.code == ErrorCode::kInvalidInput)
    return {ErrorCode::kInvalidInput,
            "the file is no whole Parquet file; fetch or write it again, or let its name end in .csv if it is CSV", file.string(), nullptr};
  return duck::text_file_error(std::move(error), file, false);
}

}  // namespace sinan::demand

#include "data/sources/files/dataset.hpp"

#include "base/text.hpp"
#include "platform/duck/text_files.hpp"

namespace sinan::sources::files {

const Shape<FilesOptions>& shape_of(const FilesOptions*) {
  static const auto shape = [] {
    auto out = Shape<FilesOptions>("source", "Files on this machine.");
    out.optional("folder", &FilesOptions::folder,
                 "Where relative paths start; default: the workspace. Without `tables`, each file in it is a table of its name");
    return with_timezone(out);
  }();
  return shape;
}

const Shape<FilesTableOptions>& shape_of(const FilesTableOptions*) {
  static const auto shape =
      Shape<FilesTableOptions>("table", "Files that make one table.")
          .required("path", &FilesTableOptions::path, "The file, or a pattern such as shop/orders-*.csv.gz; may hold ${ENV}")
          .optional("format", &FilesTableOptions::format, "What the files are; default: by their ending",
                    {.allowed = {"csv", "json", "parquet"}})
          .optional("delimiter", &FilesTableOptions::delimiter, "Between the values of a CSV line; default: found in the file")
          .optional("quote", &FilesTableOptions::quote, "Around values of a CSV line; default: found in the file")
          .optional("header", &FilesTableOptions::header, "Whether the first CSV line names the columns; default: found in the file")
          .optional("encoding", &FilesTableOptions::encoding, "Of a CSV file; default: utf-8", {.allowed = {"utf-8", "utf-16", "latin-1"}})
          .optional("nulls", &FilesTableOptions::nulls, "Texts of a CSV file that stand for null, besides the empty one")
          .optional("date_format", &FilesTableOptions::date_format, "How dates are written in a CSV file, as for strftime: %d.%m.%Y")
          .optional("timestamp_format", &FilesTableOptions::timestamp_format, "How times are written in a CSV file: %d.%m.%Y %H:%M")
          .optional("decimal_separator", &FilesTableOptions::decimal_separator, "Of the numbers in a CSV file", {.allowed = {".", ","}});
  return shape;
}

std::optional<Format> format_of(const std::filesystem::path& path) {
  std::filesystem::path name = path;
  if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
  const std::string ending = lowercase(name.extension().string());
  if (ending == ".csv" || ending == ".tsv" || ending == ".txt") return Format::kCsv;
  if (ending == ".json" || ending == ".jsonl" || ending == ".ndjson") return Format::kJson;
  if (ending == ".parquet") return Format::kParquet;
  return std::nullopt;
}

const FileColumn* FileTable::find(std::string_view column) const {
  for (const FileColumn& known : columns)
    if (known.name == column) return &known;
  return nullptr;
}

std::string FileTable::from(const std::vector<LocalFile>& some) const {
  std::vector<std::string> names;
  for (const LocalFile& file : some) names.push_back(duck::quote_text(file.path.string()));
  std::string_view function = format == Format::kCsv ? "read_csv" : format == Format::kJson ? "read_json" : "read_parquet";
  return fmt::format("{}([{}]{})", function, fmt::join(names, ", "), parameters);
}

namespace {

std::string csv_parameters(const FilesTableOptions& options) {
  std::string out = ", union_by_name = true";
  auto text = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) out += fmt::format(", {} = {}", key, duck::quote_text(value));
  };
  text("delim", options.delimiter == "\\t" ? "\t" : options.delimiter);
  text("quote", options.quote);
  text("encoding", options.encoding);
  text("dateformat", options.date_format);
  text("timestampformat", options.timestamp_format);
  text("decimal_separator", options.decimal_separator);
  if (options.header) out += fmt::format(", header = {}", *options.header);
  if (!options.nulls.empty()) {
    std::vector<std::string> nulls{"''"};
    for (const std::string& null : options.nulls) nulls.push_back(duck::quote_text(null));
    out += fmt::format(", nullstr = [{}]", fmt::join(nulls, ", "));
  }
  return out;
}

// Name and type, as DuckDB says them.
using Columns = std::vector<std::pair<std::string, std::string>>;

Result<Columns> described(duck::Connection& connection, const std::string& from) {
  SINAN_TRY(Table table, connection.table("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + from + ")"));
  Columns out;
  for (const Batch& batch : table.batches)
    for (std::size_t row = 0; row < batch.rows(); ++row) out.emplace_back(batch.columns[0].text(row), batch.columns[1].text(row));
  return out;
}

// Which columns that look like numbers hold one that a number would not give back as it is written.
Result<std::set<std::string>> codes_among(duck::Connection& connection, const std::string& from_as_text, const Columns& columns) {
  std::vector<std::string> tests;
  std::vector<std::string> names;
  for (const auto& [name, type] : columns) {
    if (type != "BIGINT" && type != "DOUBLE") continue;
    tests.push_back(
        fmt::format("coalesce(bool_or(regexp_matches({}, '^\\s*[+-]?(0[0-9]|[0-9]{{16,}}\\s*$)')), false)", duck::quote_name(name)));
    names.push_back(name);
  }
  std::set<std::string> out;
  if (tests.empty()) return out;
  SINAN_TRY(Table table, connection.table(fmt::format("SELECT {} FROM {}", fmt::join(tests, ", "), from_as_text)));
  for (std::size_t i = 0; i < names.size(); ++i)
    if (table.rows() == 1 && table.batches[0].columns[i].ints[0]) out.insert(names[i]);
  return out;
}

duck::CsvText text_of(const FileTable& table) {
  return {table.options.delimiter == "\\t" ? "\t" : table.options.delimiter, table.options.encoding};
}

// The row that is not like the others, if there is one.
Error csv_error(duck::Connection& connection, const FileTable& table, Error error) {
  if (error.code != ErrorCode::kInvalidInput || !error.place.empty()) return error;
  for (const LocalFile& file : table.files) {
    if (auto quotes = duck::check_csv_quotes(connection, file.path, text_of(table)); !quotes && table.options.quote.empty())
      return quotes.error();
    if (auto rows = duck::check_csv_rows(connection, file.path, text_of(table)); !rows) return rows.error();
  }
  error = duck::text_file_error(std::move(error), table.files.front().path, true);
  if (error.place == table.files.front().path.string()) error.place.clear();  // whoever asked names the files of the table
  return error;
}

// A file whose quotes do not fit is found to have none: then they, and what they held together, would pass for values.
Status check_quotes(duck::Connection& connection, const FileTable& table, const Columns& columns) {
  constexpr std::string_view kBegins = "(^|[,;|\\t])\"";
  std::vector<std::string> tests;
  bool suspicious = false;
  for (const auto& [name, type] : columns) {
    suspicious = suspicious || name.contains('"');
    if (type == "VARCHAR")
      tests.push_back(
          fmt::format("coalesce(bool_or(contains({0}, '\"') AND regexp_matches({0}, '{1}')), false)", duck::quote_name(name), kBegins));
  }
  if (!suspicious && !tests.empty()) {
    SINAN_TRY(Table found, connection.table(fmt::format("SELECT {} FROM {}", fmt::join(tests, " OR "), table.from(table.files))));
    suspicious = found.rows() == 1 && found.batches[0].columns[0].ints[0] != 0;
  }
  if (!suspicious) return {};
  const duck::CsvText options = text_of(table);
  for (const LocalFile& file : table.files) {
    auto status = duck::check_csv_quotes(connection, file.path, options);
    if (status) continue;
    status.error().message += "; if the quote is part of the value, say with `quote` what stands around values";
    return status;
  }
  return {};
}

Result<Columns> sniff_csv(duck::Connection& connection, const std::map<std::string, Type>& pinned, FileTable& table) {
  if (std::ranges::all_of(table.files, [](const LocalFile& file) { return file.size == 0; }))
    return fail(ErrorCode::kInvalidInput, "the file is empty, so it is not known which columns it has", table.files.front().path.string());
  std::string base = csv_parameters(table.options);
  // DuckDB looks for quotes in the first thousands of rows only.
  if (table.options.quote.empty() && table.options.encoding != "utf-16") {
    bool whole = false, odd = false;
    for (const LocalFile& file : table.files) {
      const duck::Quotes quotes = duck::quotes_in(file.path);
      whole = whole || quotes == duck::Quotes::kWhole;
      odd = odd || quotes == duck::Quotes::kOdd;
    }
    if (whole && !odd) base += ", quote = '\"', escape = '\"'";
  }
  constexpr std::uint64_t kWholeBytes = std::uint64_t{256} << 20;  // beyond this, types are found in a sample
  std::uint64_t bytes = 0;
  for (const LocalFile& file : table.files) bytes += file.size;
  std::string sample = fmt::format(", sample_size = {}", bytes <= kWholeBytes ? -1 : 1'000'000);
  table.parameters = base + sample;
  SINAN_TRY(auto columns, described(connection, table.from(table.files)));
  if (columns.size() == 1 && duck::holds_delimiter(columns[0].first))
    for (const LocalFile& file : table.files) SINAN_CHECK(duck::check_csv_rows(connection, file.path, text_of(table)));
  for (const LocalFile& file : table.files) SINAN_CHECK(duck::check_csv_head(connection, file.path, text_of(table)));
  table.parameters = base + ", all_varchar = true";
  SINAN_TRY(auto codes, codes_among(connection, table.from(table.files), columns));
  if (table.options.quote.empty()) SINAN_CHECK(check_quotes(connection, table, columns));
  std::vector<std::string> types;
  for (auto& [name, type] : columns) {
    bool exact = type == "BOOLEAN" || type == "DATE" || type.starts_with("TIMESTAMP") || type == "BIGINT" || type == "DOUBLE";
    if (!exact || codes.contains(name)) type = "VARCHAR";
    if (auto pin = pinned.find(name); pin != pinned.end()) type = pin->second.sql();
    types.push_back(fmt::format("{}: {}", duck::quote_text(name), duck::quote_text(type)));
  }
  table.parameters = base + fmt::format(", types = {{{}}}", fmt::join(types, ", "));
  return columns;
}

// Lists and objects inside a row stay as they are written.
Result<Columns> sniff_json(duck::Connection& connection, const std::map<std::string, Type>& pinned, FileTable& table) {
  table.parameters = ", format = 'auto', sample_size = -1, maximum_depth = 2, union_by_name = true";
  SINAN_TRY(auto columns, described(connection, table.from(table.files)));
  std::vector<std::string> types;
  for (auto& [name, type] : columns) {
    if (type.starts_with("STRUCT") || type.starts_with("MAP") || type.ends_with("]")) type = "JSON";
    if (auto pin = pinned.find(name); pin != pinned.end()) type = pin->second.sql();
    types.push_back(fmt::format("{}: {}", duck::quote_text(name), duck::quote_text(type)));
  }
  table.parameters = fmt::format(", format = 'auto', columns = {{{}}}", fmt::join(types, ", "));
  return columns;
}

}  // namespace

Status sniff(duck::Connection& connection, const std::map<std::string, Type>& pinned, FileTable& table) {
  for (const LocalFile& file : table.files) SINAN_CHECK(duck::check_compressed(file.path));
  table.parameters = ", union_by_name = true";
  auto found = table.format == Format::kCsv    ? sniff_csv(connection, pinned, table)
               : table.format == Format::kJson ? sniff_json(connection, pinned, table)
                                               : described(connection, table.from(table.files));
  if (!found) return fail(table.format == Format::kCsv ? csv_error(connection, table, std::move(found).error()) : std::move(found).error());
  std::vector<std::string> expressions;
  table.columns.clear();
  for (const auto& [name, type] : *found) {
    FileColumn column;
    column.name = name;
    column.read = duck::quote_name(name);
    std::string upper = type;
    for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    column.local_time = upper.starts_with("TIMESTAMP") && upper.find("TIME ZONE") == std::string::npos;
    if (auto pin = pinned.find(name); pin != pinned.end() && table.format == Format::kParquet) {
      column.read = fmt::format("CAST({} AS {})", column.read, pin->second.sql());
      column.local_time = pin->second.id == TypeId::kTimestamp && type.find("TIME ZONE") == std::string::npos;
    }
    expressions.push_back(fmt::format("{} AS {}", column.read, duck::quote_name(name)));
    table.columns.push_back(std::move(column));
  }
  SINAN_TRY(table.info.schema,
            connection.describe(fmt::format("SELECT {} FROM {}", fmt::join(expressions, ", "), table.from(table.files))));
  for (std::size_t i = 0; i < table.columns.size(); ++i) table.columns[i].type = table.info.schema.fields[i].type;
  return {};
}

Error cell_error(Error error, const std::vector<LocalFile>& files) {
  constexpr std::string_view kLine = "CSV Error on Line: ";
  constexpr std::string_view kColumn = "Error when converting column \"";
  constexpr std::string_view kValue = "\". Could not convert string \"";
  constexpr std::string_view kType = "\" to '";
  const std::string_view said = error.message;
  const auto column = said.rfind(kColumn), value = said.rfind(kValue), type = said.rfind(kType);
  if (!said.starts_with(kLine) || column == said.npos || value == said.npos || type == said.npos || value < column || type < value)
    return error;
  const std::string line(said.substr(kLine.size(), said.find_first_not_of("0123456789", kLine.size()) - kLine.size()));
  const std::string name(said.substr(column + kColumn.size(), value - column - kColumn.size()));
  const std::string cell(said.substr(value + kValue.size(), type - value - kValue.size()));
  const std::string wanted = lowercase(said.substr(type + kType.size(), said.find('\'', type + kType.size()) - type - kType.size()));
  error.message = fmt::format("the column '{}' holds '{}', which is no {}: mend it, or read the column as text (types: {{{}: text}})", name,
                              cell, wanted, name);
  if (files.size() == 1)
    error.place = fmt::format("{}:{}", files[0].path.string(), line);
  else
    error.message = fmt::format("in line {} of one of the files, {}", line, error.message);
  return error;
}

}  // namespace sinan::sources::files

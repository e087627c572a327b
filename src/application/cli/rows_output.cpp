#include "application/cli/rows_output.hpp"

#include <functional>
#include <set>

#include "base/text.hpp"
#include "base/whole_file.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::cli {
namespace {

constexpr std::size_t kMaxCellWidth = 60;

bool is_text(const Type& type) { return type.id == TypeId::kText || type.id == TypeId::kBinary; }

std::string cut(std::string text) {
  if (display_width(text) <= kMaxCellWidth) return text;
  while (display_width(text) > kMaxCellWidth - 1) {
    text.pop_back();
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.pop_back();
    if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0xC0U) text.pop_back();
  }
  return text + "…";
}

std::string hexadecimal(std::string_view bytes) {
  std::string out;
  for (unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

// Where a name may not come twice, as in SELECT a.*, b.*: the second one is name_1. `fold`: capitals make no other name.
std::vector<std::string> distinct_names(const Schema& schema, bool fold) {
  auto key = [&](const std::string& name) { return fold ? lowercase(name) : name; };
  std::set<std::string> given, used;
  for (const Field& field : schema.fields) given.insert(key(field.name));
  std::vector<std::string> out;
  for (const Field& field : schema.fields) {
    std::string name = field.name;
    for (int n = 1; used.contains(key(name)) || (n > 1 && given.contains(key(name))); ++n) name = fmt::format("{}_{}", field.name, n);
    used.insert(key(name));
    out.push_back(std::move(name));
  }
  return out;
}

// Where text goes.
using Sink = std::function<Status(std::string_view)>;

Status print_table(const Invocation& invocation, const Sink& sink, fabric::Rows& rows, std::int64_t limit) {
  std::vector<std::string> header;
  std::vector<bool> numeric;
  for (const Field& field : rows.schema().fields) {
    header.push_back(visible(field.name));
    numeric.push_back(field.type.id == TypeId::kInt || field.type.id == TypeId::kDouble || field.type.id == TypeId::kDecimal);
  }
  std::vector<std::vector<std::string>> cells;
  std::int64_t total = 0;
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, rows.next(batch));
    if (!more) break;
    for (std::size_t row = 0; row < batch.rows(); ++row, ++total) {
      if (total >= limit) continue;
      auto& line = cells.emplace_back();
      for (const Column& column : batch.columns) {
        if (column.is_null(row))
          line.emplace_back("∅");
        else if (column.type.id == TypeId::kBinary)
          line.push_back(cut(hexadecimal(column.text(row))));
        else
          line.push_back(cut(visible(column.to_text(row))));
      }
    }
  }
  SINAN_CHECK(sink(aligned(header, cells, numeric)));
  if (total > limit) invocation.say(fmt::format("{} more rows are not shown; use --rows or --format csv", total - limit));
  return {};
}

Status print_csv(const Sink& sink, fabric::Rows& rows, bool raw) {
  std::string out;
  const auto& fields = rows.schema().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) out += (i ? "," : "") + csv_field(fields[i].name, true, raw);
  out += '\n';
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, rows.next(batch));
    if (!more) break;
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      for (std::size_t i = 0; i < batch.columns.size(); ++i) {
        const Column& column = batch.columns[i];
        if (i) out += ',';
        if (column.is_null(row)) continue;
        std::string text = column.type.id == TypeId::kBinary ? hexadecimal(column.text(row)) : column.to_text(row);
        if (text.empty())
          out += "\"\"";  // told apart from null
        else
          out += csv_field(text, is_text(column.type), raw);
      }
      out += '\n';
    }
    SINAN_CHECK(sink(out));
    out.clear();
  }
  return sink(out);
}

Status print_json(const Sink& sink, fabric::Rows& rows) {
  const std::vector<std::string> names = distinct_names(rows.schema(), false);
  SINAN_CHECK(sink("["));
  std::string separator = "\n";
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, rows.next(batch));
    if (!more) break;
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      Json object = Json::object();
      for (std::size_t i = 0; i < batch.columns.size(); ++i) object[names[i]] = json_value(batch.columns[i], row);
      SINAN_CHECK(sink(separator + dump(object)));
      separator = ",\n";
    }
  }
  return sink("\n]\n");
}

Status write_parquet(const std::filesystem::path& file, fabric::Rows& rows) {
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 512, .threads = 1, .temp_dir = {}}));
  Schema schema = rows.schema();
  const std::vector<std::string> names = distinct_names(schema, true);
  for (std::size_t i = 0; i < names.size(); ++i) schema.fields[i].name = names[i];
  SINAN_TRY(auto writer, duck::ParquetWriter::create(database, file, schema));
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, rows.next(batch));
    if (!more) break;
    SINAN_CHECK(writer->append(std::move(batch)));
    batch = {};
  }
  SINAN_CHECK(writer->finish());
  return {};
}

Status print_text(const Invocation& invocation, const Sink& sink, fabric::Rows& rows, const RowsOutput& output) {
  if (output.format == "csv") return print_csv(sink, rows, output.raw);
  if (output.format == "json") return print_json(sink, rows);
  return print_table(invocation, sink, rows, output.table_rows);
}

}  // namespace

Status print_rows(const Invocation& invocation, fabric::Rows& rows, const RowsOutput& output) {
  if (output.file.empty()) {
    return print_text(
        invocation,
        [&](std::string_view text) -> Status {
          invocation.print(text);
          return {};
        },
        rows, output);
  }
  WholeFile file(output.file);
  if (output.format == "parquet") {
    SINAN_CHECK(write_parquet(file.draft(), rows));
    return file.finish();
  }
  SINAN_CHECK(file.open());
  SINAN_CHECK(print_text(invocation, [&](std::string_view text) { return file.write(text); }, rows, output));
  return file.finish();
}

std::string csv_field(std::string_view text, bool is_text, bool raw) {
  std::string out;
  bool formula = is_text && !raw && !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  if (formula) out = "'";
  out += text;
  if (out.find_first_of("\",\n\r") == std::string::npos && !formula) return out;
  std::string quoted = "\"";
  for (char c : out) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

Json json_value(const Column& column, std::size_t row) {
  if (column.is_null(row)) return nullptr;
  switch (column.type.id) {
    case TypeId::kBool: return column.ints[row] != 0;
    case TypeId::kInt: return column.ints[row];
    case TypeId::kDouble:
      if (!std::isfinite(column.doubles[row])) return column.to_text(row);  // JSON has no NaN and no infinity
      return column.doubles[row];
    case TypeId::kTimestamp: return format_rfc3339(Instant{std::chrono::microseconds{column.ints[row]}});
    case TypeId::kBinary: return hexadecimal(column.text(row));
    default: return column.to_text(row);
  }
}

std::string aligned(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows,
                    const std::vector<bool>& numeric) {
  std::vector<std::size_t> widths;
  for (const std::string& name : header) widths.push_back(display_width(name));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  std::string out;
  auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      std::string padding(widths[i] - display_width(cells[i]), ' ');
      if (i) text += "  ";
      text += numeric[i] ? padding + cells[i] : cells[i] + padding;
    }
    while (text.ends_with(' ')) text.pop_back();
    out += text + '\n';
  };
  line(header);
  std::vector<std::string> rule;
  for (std::size_t width : widths) {
    std::string dashes;
    for (std::size_t i = 0; i < width; ++i) dashes += "─";
    rule.push_back(dashes);
  }
  line(rule);
  for (const auto& row : rows) line(row);
  return out;
}

}  // namespace sinan::cli

#include "data/lake/merge_sql.hpp"

#include <set>

#include "platform/duck/duck.hpp"

namespace sinan::lake {
namespace {

using duck::quote_name;
using duck::quote_text;

std::string file_list(const std::vector<const File*>& files, const std::filesystem::path& dir) {
  std::vector<std::string> quoted;
  for (const File* file : files) quoted.push_back(quote_text((dir / file->path).string()));
  return fmt::format("[{}]", fmt::join(quoted, ", "));
}

// "a.k IS NOT DISTINCT FROM b.k AND …"
std::string same(const std::vector<std::string>& columns, std::string_view a, std::string_view b) {
  std::vector<std::string> parts;
  for (const std::string& column : columns)
    parts.push_back(fmt::format("{}.{} IS NOT DISTINCT FROM {}.{}", a, quote_name(column), b, quote_name(column)));
  return fmt::format("{}", fmt::join(parts, " AND "));
}

std::vector<std::string> names(const Schema& schema) {
  std::vector<std::string> out;
  for (const Field& field : schema.fields) out.push_back(field.name);
  return out;
}

// The columns that at least one of the files has.
std::set<std::string> columns_of(const std::vector<const File*>& files) {
  std::set<std::string> schemas;
  for (const File* file : files) schemas.insert(file->schema);
  std::set<std::string> out;
  for (const std::string& text : schemas) {
    auto schema = parse_schema(text);
    if (!schema) broken("the catalogue keeps the schema of a data file");
    for (const std::string& name : names(*schema)) out.insert(name);
  }
  return out;
}

}  // namespace

std::string visible_rows(const TableState& state, const std::filesystem::path& dir, bool with_rejected) {
  auto data = state.of(FileKind::kData);
  std::string wanted = schema_json(state.info.schema);
  bool uniform = std::all_of(data.begin(), data.end(), [&](const File* file) { return file->schema == wanted; });
  std::set<std::string> there = columns_of(data);
  std::vector<std::string> columns;
  for (const Field& field : state.info.schema.fields) {
    std::string name = there.contains(field.name) ? "d." + quote_name(field.name) : "NULL";
    columns.push_back(uniform ? name : fmt::format("CAST({} AS {}) AS {}", name, field.type.sql(), quote_name(field.name)));
  }
  columns.emplace_back("d._row");
  std::string sql = fmt::format("(SELECT {} FROM read_parquet({}{}) d", fmt::join(columns, ", "), file_list(data, dir),
                                uniform ? "" : ", union_by_name = true");
  auto without = [&](FileKind kind) {
    auto files = state.of(kind);
    if (files.empty()) return;
    std::string alias = kind == FileKind::kDeleted ? "gone" : "held";
    sql += fmt::format(" ANTI JOIN read_parquet({}) {} ON d._row = {}._row", file_list(files, dir), alias, alias);
  };
  without(FileKind::kDeleted);
  if (!with_rejected) without(FileKind::kRejected);
  return sql + ")";
}

std::string staged_rows(const std::vector<std::filesystem::path>& files, const Schema& staged, const Schema& schema) {
  std::vector<std::string> columns;
  for (const Field& field : schema.fields) {
    std::string source = staged.index_of(field.name) ? quote_name(field.name) : "NULL";
    columns.push_back(fmt::format("CAST({} AS {}) AS {}", source, field.type.sql(), quote_name(field.name)));
  }
  columns.emplace_back("_row");
  std::vector<std::string> quoted;
  for (const auto& file : files) quoted.push_back(quote_text(file.string()));
  return fmt::format("(SELECT {} FROM read_parquet([{}]))", fmt::join(columns, ", "), fmt::join(quoted, ", "));
}

std::string new_or_changed(const std::string& current, const std::string& staged, const Schema& schema,
                           const std::vector<std::string>& key) {
  std::vector<std::string> quoted_key;
  for (const std::string& column : key) quoted_key.push_back(quote_name(column));
  std::vector<std::string> quoted;
  for (const std::string& column : names(schema)) quoted.push_back("s." + quote_name(column));
  // The last row of each key; comparing `_row` needs no sort, as a window would.
  std::string last = fmt::format("(SELECT x.* FROM {} x SEMI JOIN (SELECT max(_row) AS _row FROM {} GROUP BY {}) y ON x._row = y._row)",
                                 staged, staged, fmt::join(quoted_key, ", "));
  return fmt::format("SELECT {}, s._row, c._row IS NOT NULL AS _changed FROM {} s LEFT JOIN {} c ON {} WHERE c._row IS NULL OR NOT ({})",
                     fmt::join(quoted, ", "), last, current, same(key, "s", "c"), same(names(schema), "s", "c"));
}

std::string rows_with_keys(const std::string& current, const std::string& keys, const std::vector<std::string>& key, bool negated) {
  return fmt::format("SELECT c._row FROM {} c {} JOIN {} k ON {}", current, negated ? "ANTI" : "SEMI", keys, same(key, "c", "k"));
}

}  // namespace sinan::lake

#include "data/sources/mysql/catalogue.hpp"

#include <charconv>

#include "base/text.hpp"

namespace sinan::sources::mysql {
namespace {

constexpr std::string_view kTables =
    "SELECT table_name, table_type, engine, table_rows, table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND "
    "table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') ORDER BY table_name";
constexpr std::string_view kColumns =
    "SELECT table_name, column_name, data_type, column_type, numeric_precision, numeric_scale, is_nullable, character_set_name FROM "
    "information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position";
constexpr std::string_view kKeys =
    "SELECT table_name, index_name, column_name, nullable, sub_part FROM information_schema.statistics WHERE table_schema = DATABASE() AND "
    "non_unique = 0 ORDER BY table_name, index_name <> 'PRIMARY', index_name, seq_in_index";

int number(const std::optional<std::string>& text) {
  int value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

void read_text(MyColumn& column, const std::string& bare, bool utf8mb4) {
  column.type = {TypeId::kText};
  // Bytes of UTF-8, compared as bytes: no collation, no padding.
  column.compare = fmt::format("CAST(CONVERT({} USING utf8mb4) AS BINARY)", bare);
  if (utf8mb4) column.native = bare;
}

struct Declared {
  std::string data_type;
  std::string column_type;
  int precision = 0;
  int scale = 0;
  std::string character_set;
};

void read_number(MyColumn& column, const std::string& bare, const Declared& declared) {
  const std::string& type = declared.data_type;
  column.numeric = true;
  if (type == "decimal") {
    if (declared.precision > 38) {
      column.type = {TypeId::kText};
      return;
    }
    column.type = {TypeId::kDecimal, static_cast<std::uint8_t>(declared.precision), static_cast<std::uint8_t>(declared.scale)};
  } else if (type == "double") {
    column.type = {TypeId::kDouble};
  } else if (type == "float") {
    // Shown with six digits otherwise; as a double, all that it has.
    column.type = {TypeId::kDouble};
    column.read = column.compare = fmt::format("({} + 0e0)", bare);
    return;
  } else if (type == "bigint" && declared.column_type.find("unsigned") != std::string::npos) {
    column.type = {TypeId::kDecimal, 20, 0};
  } else if (type == "bit" && declared.precision == 64) {
    column.type = {TypeId::kDecimal, 20, 0};
    column.read = column.compare = fmt::format("({} + 0)", bare);
    return;
  } else if (type == "bit" || type == "year") {
    column.type = {TypeId::kInt};
    column.read = column.compare = fmt::format("({} + 0)", bare);
    return;
  } else {
    column.type = {TypeId::kInt};
  }
  column.compare = bare;
}

void choose_reading(MyColumn& column, const Declared& declared) {
  std::string bare = quote_name(column.name);
  column.read = bare;
  const std::string& type = declared.data_type;
  auto one_of = [&](std::initializer_list<std::string_view> names) { return std::find(names.begin(), names.end(), type) != names.end(); };
  if (one_of({"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "double", "float", "bit", "year"})) {
    read_number(column, bare, declared);
  } else if (type == "date") {
    column.type = {TypeId::kDate};
    column.compare = bare;
  } else if (one_of({"datetime", "timestamp"})) {
    column.type = {TypeId::kTimestamp};
    column.local_time = type == "datetime";
    column.compare = bare;
  } else if (one_of({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})) {
    column.type = {TypeId::kBinary};
    column.compare = bare;
  } else if (one_of({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"})) {
    read_text(column, bare, declared.character_set == "utf8mb4" && type != "enum" && type != "set");
  } else if (one_of(
                 {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"})) {
    column.type = {TypeId::kText};
    column.read = fmt::format("ST_AsText({})", bare);
  } else {
    column.type = {TypeId::kText};  // time, json, uuid, inet6, …: as the server shows them
  }
}

void attach_keys(const Cells& cells, std::map<std::string, MyTable*>& by_name) {
  std::map<std::string, std::vector<std::pair<std::string, std::vector<std::string>>>> indexes;
  std::set<std::pair<std::string, std::string>> unfit;
  for (const auto& row : cells) {
    auto& list = indexes[row[0].value_or("")];
    if (list.empty() || list.back().first != row[1].value_or("")) list.emplace_back(row[1].value_or(""), std::vector<std::string>());
    list.back().second.push_back(row[2].value_or(""));
    if (!row[2] || row[3] == "YES" || row[4]) unfit.emplace(row[0].value_or(""), row[1].value_or(""));
  }
  for (auto& [name, list] : indexes) {
    auto table = by_name.find(name);
    if (table == by_name.end()) continue;
    for (auto& [index, columns] : list) {
      if (unfit.contains({name, index})) continue;
      table->second->info.key = std::move(columns);
      break;
    }
  }
}

}  // namespace

const MyColumn* MyTable::find(std::string_view column) const {
  for (const MyColumn& known : columns)
    if (known.name == column) return &known;
  return nullptr;
}

Result<std::vector<MyTable>> read_catalogue(Connection& connection, const SourceConfig& config) {
  SINAN_TRY(auto rows, connection.query(std::string(kTables)));
  std::vector<MyTable> tables(rows.size());
  std::map<std::string, MyTable*> by_name;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    MyTable& table = tables[i];
    table.info.name = rows[i][0].value_or("");
    table.is_view = rows[i][1] == "VIEW";
    table.transactional = table.is_view || rows[i][2] == "InnoDB";
    std::uint64_t estimate = 0;
    const std::string& text = rows[i][3].value_or("");
    if (std::from_chars(text.data(), text.data() + text.size(), estimate).ec == std::errc()) table.info.estimated_rows = estimate;
    if (!table.is_view) table.info.comment = rows[i][4].value_or("");
    by_name[table.info.name] = &table;
  }
  SINAN_TRY(auto columns, connection.query(std::string(kColumns)));
  for (const auto& row : columns) {
    auto found = by_name.find(row[0].value_or(""));
    if (found == by_name.end()) continue;
    MyTable& table = *found->second;
    MyColumn column;
    column.name = row[1].value_or("");
    choose_reading(column, {row[2].value_or(""), row[3].value_or(""), number(row[4]), number(row[5]), row[7].value_or("")});
    // Zero dates are null here, whatever the column declares.
    bool dated = column.type.id == TypeId::kDate || column.type.id == TypeId::kTimestamp;
    column.nullable = row[6] == "YES" || dated;
    auto pinned = pinned_types(config, table.info.name);
    if (auto pin = pinned.find(column.name); pin != pinned.end() && pin->second != column.type) {
      column.type = pin->second;
      column.pinned = true;
      column.compare.clear();
      column.native.clear();
    }
    table.info.schema.fields.push_back({column.name, column.type, column.nullable});
    table.columns.push_back(std::move(column));
  }
  SINAN_TRY(auto keys, connection.query(std::string(kKeys)));
  attach_keys(keys, by_name);
  std::erase_if(tables, [](const MyTable& table) { return table.columns.empty(); });
  std::sort(tables.begin(), tables.end(), [](const MyTable& a, const MyTable& b) { return a.info.name < b.info.name; });
  return tables;
}

}  // namespace sinan::sources::mysql

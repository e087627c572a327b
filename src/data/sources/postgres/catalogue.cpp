#include "data/sources/postgres/catalogue.hpp"

#include <charconv>

#include "base/text.hpp"

namespace sinan::sources::postgres {
namespace {

constexpr std::string_view kTables = R"(
SELECT c.oid::int8, n.nspname, c.relname, c.relkind, c.reltuples::int8, obj_description(c.oid, 'pg_class'), n.nspname = current_schema(), has_table_privilege(c.oid, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r','p','v','m','f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog','information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 7 DESC, 2, 3)";

constexpr std::string_view kColumns = R"(
SELECT a.attrelid::int8, a.attname, a.atttypid::int8, a.atttypmod, a.attnotnull, coalesce(co.collisdeterministic, true)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_collation co ON co.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r','p','v','m','f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog','information_schema') AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attrelid, a.attnum)";

constexpr std::string_view kDomains = "SELECT oid::int8, typbasetype::int8, typtypmod FROM pg_type WHERE typtype = 'd'";

constexpr std::string_view kKeys = R"(
SELECT i.indrelid::int8, i.indexrelid::int8, a.attname, a.attnotnull
FROM pg_index i CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS k(n)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.n]
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
ORDER BY i.indrelid, NOT i.indisprimary, i.indnkeyatts, i.indexrelid, k.n)";

std::int64_t number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

bool is_true(const std::optional<std::string>& text) { return text == "t"; }

struct NativeType {
  std::int64_t oid = 0;
  std::int64_t modifier = -1;
};

constexpr std::int64_t kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kOid = 26, kFloat4 = 700, kFloat8 = 701,
                       kMoney = 790, kVarchar = 1043, kDate = 1082, kTimestamp = 1114, kTimestampTz = 1184, kNumeric = 1700;

// Types that PostgreSQL shows as text, and that we read so: enums, uuid, json, arrays, intervals, numbers without bounds, …
// The cast drops the blanks that fill a char(n).
void read_as_text(PgColumn& column, const std::string& bare, bool utf8) {
  column.type = {TypeId::kText};
  column.wire = Wire::kBytes;
  column.read = bare + "::text";
  column.compare = fmt::format("({}::text COLLATE \"C\")", bare);
  column.comparable = utf8;
}

void read_numeric(PgColumn& column, const std::string& bare, std::int64_t modifier, bool utf8) {
  std::int64_t packed = modifier - 4;
  std::int64_t precision = (packed >> 16) & 0xFFFF;
  std::int64_t scale = packed & 0x7FF;
  if (modifier < 4 || precision > 38 || scale > precision) return read_as_text(column, bare, utf8);
  column.type = {TypeId::kDecimal, static_cast<std::uint8_t>(precision), static_cast<std::uint8_t>(scale)};
  column.wire = Wire::kNumeric;
  column.sane = fmt::format("{} <> 'NaN'", bare);
}

// How a column of this type is read: the expressions, the wire format, and what it cannot hold.
void choose_reading(PgColumn& column, NativeType native, bool deterministic, bool utf8, const LocalTime& zone) {
  std::string bare = quote_name(column.name);
  column.read = bare;
  column.compare = bare;
  auto set = [&](TypeId id, Wire wire) { column.type = {id}, column.wire = wire; };
  switch (native.oid) {
    case kBool: return set(TypeId::kBool, Wire::kBool);
    case kInt2: return set(TypeId::kInt, Wire::kInt2);
    case kInt4: return set(TypeId::kInt, Wire::kInt4);
    case kInt8: return set(TypeId::kInt, Wire::kInt8);
    case kOid: column.read = column.compare = bare + "::int8"; return set(TypeId::kInt, Wire::kInt8);
    case kFloat4: column.compare = bare + "::float8"; return set(TypeId::kDouble, Wire::kFloat4);
    case kFloat8: return set(TypeId::kDouble, Wire::kFloat8);
    case kNumeric: return read_numeric(column, bare, native.modifier, utf8);
    case kMoney:
      column.read = column.compare = bare + "::numeric(24,4)";
      column.wire = Wire::kNumeric;
      column.type = {TypeId::kDecimal, 24, 4};
      return;
    case kBytea: return set(TypeId::kBinary, Wire::kBytes);
    case kDate: column.sane = fmt::format("isfinite({})", bare); return set(TypeId::kDate, Wire::kDate);
    case kTimestampTz:
      column.sane = fmt::format("(isfinite({0}) AND {0} < '294246-01-01')", bare);
      return set(TypeId::kTimestamp, Wire::kTimestamp);
    case kTimestamp:
      column.sane = fmt::format("(isfinite({0}) AND {0} < '294246-01-01')", bare);
      return set(TypeId::kTimestamp, zone.is_utc() ? Wire::kTimestamp : Wire::kLocalTimestamp);
    case kText:
    case kVarchar:
      read_as_text(column, bare, utf8);
      column.read = bare;
      if (deterministic) column.native = bare;
      return;
    default: return read_as_text(column, bare, utf8);
  }
}

// A pinned type is read through its text.
void pin(PgColumn& column, Type type, NativeType native) {
  std::string bare = quote_name(column.name);
  bool floating = native.oid == kFloat4 || native.oid == kFloat8 || native.oid == kMoney;
  column.read = bare + (floating && type.id == TypeId::kDecimal ? "::numeric::text" : "::text");
  column.type = type;
  column.wire = type.id == TypeId::kText ? Wire::kBytes : Wire::kParsed;
  column.comparable = false;
  column.sane.clear();
}

void attach_keys(const Cells& cells, std::map<std::int64_t, PgTable*>& by_oid) {
  struct Index {
    std::string id;
    std::vector<std::string> columns;
    bool good = true;
  };
  std::map<std::int64_t, std::vector<Index>> indexes;
  for (const auto& row : cells) {
    auto& list = indexes[number(row[0])];
    if (list.empty() || list.back().id != *row[1]) list.push_back({*row[1], {}, true});
    list.back().columns.push_back(row[2].value_or(""));
    list.back().good = list.back().good && is_true(row[3]);
  }
  for (auto& [oid, list] : indexes) {
    auto table = by_oid.find(oid);
    if (table == by_oid.end()) continue;
    for (Index& index : list) {
      bool readable = std::all_of(index.columns.begin(), index.columns.end(), [&](const std::string& c) { return table->second->find(c); });
      if (!index.good || !readable) continue;
      table->second->info.key = std::move(index.columns);
      break;
    }
  }
}

Status add_columns(Connection& connection, const SourceConfig& config, const LocalTime& zone, std::map<std::int64_t, PgTable*>& by_oid) {
  SINAN_TRY(auto encoding, connection.query("SHOW server_encoding"));
  bool utf8 = !encoding.empty() && encoding[0][0] == "UTF8";
  SINAN_TRY(auto domain_rows, connection.query(std::string(kDomains)));
  std::map<std::int64_t, NativeType> domains;
  for (const auto& row : domain_rows) domains[number(row[0])] = {number(row[1]), number(row[2])};
  SINAN_TRY(auto rows, connection.query(std::string(kColumns)));
  for (const auto& row : rows) {
    auto found = by_oid.find(number(row[0]));
    if (found == by_oid.end()) continue;
    PgTable& table = *found->second;
    NativeType native{number(row[2]), number(row[3])};
    for (auto domain = domains.find(native.oid); domain != domains.end(); domain = domains.find(native.oid))
      native = {domain->second.oid, domain->second.modifier >= 0 ? domain->second.modifier : native.modifier};
    PgColumn column;
    column.name = row[1].value_or("");
    column.nullable = !is_true(row[4]);
    choose_reading(column, native, is_true(row[5]), utf8, zone);
    auto pinned = pinned_types(config, table.info.name);
    if (auto type = pinned.find(column.name); type != pinned.end() && type->second != column.type) pin(column, type->second, native);
    // What cannot be held is read as null, whatever the column declares.
    table.info.schema.fields.push_back({column.name, column.type, column.nullable || !column.sane.empty()});
    table.columns.push_back(std::move(column));
  }
  return {};
}

}  // namespace

const PgColumn* PgTable::find(std::string_view column) const {
  for (const PgColumn& known : columns)
    if (known.name == column) return &known;
  return nullptr;
}

Result<std::vector<PgTable>> read_catalogue(Connection& connection, const SourceConfig& config, const LocalTime& zone) {
  SINAN_TRY(auto rows, connection.query(std::string(kTables)));
  std::vector<PgTable> tables(rows.size());
  std::map<std::int64_t, PgTable*> by_oid;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    PgTable& table = tables[i];
    table.oid = static_cast<std::uint32_t>(number(row[0]));
    table.sql_name = quote_name(row[1].value_or("")) + "." + quote_name(row[2].value_or(""));
    table.info.name = is_true(row[6]) ? row[2].value_or("") : row[1].value_or("") + "." + row[2].value_or("");
    table.has_xmin = (row[3] == "r" || row[3] == "p") && is_true(row[7]);
    if (number(row[4]) > 0) table.info.estimated_rows = static_cast<std::uint64_t>(number(row[4]));
    table.info.comment = row[5].value_or("");
    by_oid[number(row[0])] = &table;
  }
  SINAN_CHECK(add_columns(connection, config, zone, by_oid));
  SINAN_TRY(auto keys, connection.query(std::string(kKeys)));
  attach_keys(keys, by_oid);
  std::erase_if(tables, [](const PgTable& table) { return table.columns.empty(); });
  std::sort(tables.begin(), tables.end(), [](const PgTable& a, const PgTable& b) { return a.info.name < b.info.name; });
  return tables;
}

}  // namespace sinan::sources::postgres

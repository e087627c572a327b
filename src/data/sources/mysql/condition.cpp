// Filters for MariaDB and MySQL: which ones they answer exactly as we would, and how they are written.
//
// Numbers and bytes compare alike. Text does not, under collations that ignore case, accents and trailing blanks: it is compared as the
// bytes of its UTF-8, with the collation's own equality beside it where an index can use that. Dates may be zero or impossible, which we
// read as null: equality with a real date is exact, ranges are a superset. DATETIME has no zone, so that in a zone that moves it is a
// superset by a margin.

#include "base/text.hpp"
#include "data/sources/mysql/catalogue.hpp"

namespace sinan::sources::mysql {
namespace {

constexpr std::size_t kMaxValues = 10'000;
constexpr std::int64_t kYear1000Us = -30'610'224'000LL * 1'000'000;
constexpr std::int64_t kYear9999Us = 253'402'300'799LL * 1'000'000;

std::string_view symbol(CompareOp op) {
  switch (op) {
    case CompareOp::kEqual: return "=";
    case CompareOp::kNotEqual: return "<>";
    case CompareOp::kLess: return "<";
    case CompareOp::kLessEqual: return "<=";
    case CompareOp::kGreater: return ">";
    case CompareOp::kGreaterEqual: return ">=";
    default: return "";
  }
}

bool is_equality(CompareOp op) { return op == CompareOp::kEqual || op == CompareOp::kIn; }

std::string compared(const std::string& left, CompareOp op, const std::vector<std::string>& literals) {
  if (op == CompareOp::kIn) return fmt::format("{} IN ({})", left, fmt::join(literals, ", "));
  return fmt::format("{} {} {}", left, symbol(op), literals[0]);
}

Condition text_condition(const MyColumn& column, const Filter& filter) {
  std::vector<std::string> bytes;
  std::vector<std::string> texts;
  for (const Value& value : filter.values) {
    bytes.push_back(hex_literal(value.text));
    texts.push_back(text_literal(value.text));
  }
  std::string sql = compared(column.compare, filter.op, bytes);
  bool valid =
      std::none_of(filter.values.begin(), filter.values.end(), [](const Value& v) { return first_invalid_utf8(v.text).has_value(); });
  if (is_equality(filter.op) && !column.native.empty() && valid)
    sql = fmt::format("({} AND {})", compared(column.native, filter.op, texts), sql);
  return {Pushdown::kExact, std::move(sql)};
}

Condition time_condition(const MyColumn& column, const Filter& filter, const LocalTime& zone) {
  bool shifts = column.local_time && !zone.is_utc();
  std::vector<std::string> literals;
  std::vector<std::string> parts;
  for (const Value& value : filter.values) {
    Value local = value;
    if (shifts) local.integer = zone.to_local(value.integer);
    auto exact = literal(local);
    if (!exact) return {};
    literals.push_back(*exact);
    if (!shifts) continue;
    Value low = local;
    Value high = local;
    low.integer -= kZoneMarginUs;
    high.integer += kZoneMarginUs;
    auto from = literal(low);
    auto to = literal(high);
    if (!from || !to || filter.op == CompareOp::kNotEqual || filter.values.size() > 100) return {};
    if (filter.op == CompareOp::kLess || filter.op == CompareOp::kLessEqual) {
      parts.push_back(fmt::format("{} <= {}", column.compare, *to));
    } else if (filter.op == CompareOp::kGreater || filter.op == CompareOp::kGreaterEqual) {
      parts.push_back(fmt::format("{} >= {}", column.compare, *from));
    } else {
      parts.push_back(fmt::format("{} BETWEEN {} AND {}", column.compare, *from, *to));
    }
  }
  if (shifts) return {Pushdown::kSuperset, fmt::format("({})", fmt::join(parts, " OR "))};
  return {is_equality(filter.op) ? Pushdown::kExact : Pushdown::kSuperset, compared(column.compare, filter.op, literals)};
}

}  // namespace

std::optional<std::string> literal(const Value& value) {
  if (value.null) return std::nullopt;
  switch (value.type.id) {
    case TypeId::kBool:
    case TypeId::kInt: return std::to_string(value.integer);
    case TypeId::kDouble: {
      // The server refuses numbers that are nearly none, and has no NaN or infinity.
      if (!std::isfinite(value.real) || (value.real != 0 && std::abs(value.real) < 1e-300)) return std::nullopt;
      std::string text = fmt::format("{}", value.real);
      return text.find('e') == std::string::npos ? text + "e0" : text;
    }
    case TypeId::kDecimal: return decimal_text(value.decimal, value.type.scale);
    case TypeId::kDate:
      if (value.integer < kYear1000Us / 86'400'000'000 || value.integer > kYear9999Us / 86'400'000'000) return std::nullopt;
      return fmt::format("DATE'{}'", value_text(value));
    case TypeId::kTimestamp:
      if (value.integer < kYear1000Us || value.integer > kYear9999Us) return std::nullopt;
      return fmt::format("TIMESTAMP'{}'", value_text(value));
    case TypeId::kText: return text_literal(value.text);
    case TypeId::kBinary: return hex_literal(value.text);
  }
  broken("type id in range");
}

Condition condition(const MyTable& table, const Filter& filter, const LocalTime& zone) {
  const MyColumn* column = table.find(filter.column);
  if (column == nullptr) return {};
  bool dated = column->type.id == TypeId::kDate || column->type.id == TypeId::kTimestamp;
  std::string bare = quote_name(column->name);
  if (filter.op == CompareOp::kIsNull) return dated ? Condition() : Condition{Pushdown::kExact, bare + " IS NULL"};
  if (filter.op == CompareOp::kIsNotNull) return {dated ? Pushdown::kSuperset : Pushdown::kExact, bare + " IS NOT NULL"};
  if (column->compare.empty() || filter.values.empty() || filter.values.size() > kMaxValues) return {};
  for (const Value& value : filter.values)
    if (value.null || value.type.id != column->type.id) return {};
  if (column->type.id == TypeId::kText) return text_condition(*column, filter);
  if (dated) return time_condition(*column, filter, zone);
  std::vector<std::string> literals;
  for (const Value& value : filter.values) {
    auto text = literal(value);
    if (!text) return {};
    literals.push_back(std::move(*text));
  }
  return {Pushdown::kExact, compared(column->compare, filter.op, literals)};
}

}  // namespace sinan::sources::mysql

// Filters for PostgreSQL: which ones it answers exactly as we would, and how they are written.
//
// Integers, decimals, dates, bytes compare alike everywhere. Doubles do too: PostgreSQL, like the engine above, holds NaN equal to itself
// and greater than all numbers. Text is compared by bytes under the collation "C", which for a UTF-8 database is the order of the engine;
// equality under any deterministic collation is that of bytes. Values that our types cannot hold (NaN in decimals, infinite
// dates) are null here, so every condition leaves them out, and IS NULL lets them in. Local times in a zone that moves are a superset.

#include "base/text.hpp"
#include "data/sources/postgres/catalogue.hpp"

namespace sinan::sources::postgres {
namespace {

constexpr std::size_t kMaxValues = 10'000;  // constants of one IN
constexpr std::int64_t kYear1Us = -62'135'596'800LL * 1'000'000;
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

std::optional<std::string> time_literal(std::int64_t us, std::string_view type) {
  if (us < kYear1Us || us > kYear9999Us) return std::nullopt;
  return fmt::format("'{}'::{}", format_timestamp(Instant{std::chrono::microseconds{us}}), type);
}

// nullopt for constants that SQL cannot write, or not compare.
std::optional<std::string> literal(const Value& value) {
  if (value.null) return std::nullopt;
  switch (value.type.id) {
    case TypeId::kBool: return value.integer ? "true" : "false";
    case TypeId::kInt: return fmt::format("'{}'::int8", value.integer);
    case TypeId::kDouble:
      if (std::isnan(value.real)) return "'NaN'::float8";
      if (std::isinf(value.real)) return value.real > 0 ? "'Infinity'::float8" : "'-Infinity'::float8";
      return fmt::format("'{}'::float8", value.real);
    case TypeId::kDecimal: return fmt::format("'{}'::numeric", decimal_text(value.decimal, value.type.scale));
    case TypeId::kDate:
      if (value.integer < kYear1Us / 86'400'000'000 || value.integer > kYear9999Us / 86'400'000'000) return std::nullopt;
      return fmt::format("'{}'::date", value_text(value));
    case TypeId::kTimestamp: return time_literal(value.integer, "timestamptz");
    case TypeId::kText:
      if (first_invalid_utf8(value.text)) return std::nullopt;
      return quote_text(value.text);
    case TypeId::kBinary: {
      std::string hex;
      for (unsigned char byte : value.text) hex += fmt::format("{:02x}", byte);
      return fmt::format("'\\x{}'::bytea", hex);
    }
  }
  broken("type id in range");
}

// A local time may be up to a margin away from what the constant's offset says: what lies within is let through, to be judged again.
Condition local_time_condition(const PgColumn& column, const Filter& filter, const LocalTime& zone) {
  auto bound = [&](const Value& value, std::int64_t margin) -> std::optional<std::string> {
    const std::int64_t local = zone.to_local(value.integer);
    if (local < kYear1Us || local > kYear9999Us) return std::nullopt;
    return time_literal(local + margin, "timestamp");
  };
  auto range = [&](const Value& value) -> std::optional<std::string> {
    auto low = bound(value, -kZoneMarginUs);
    auto high = bound(value, kZoneMarginUs);
    if (!low || !high) return std::nullopt;
    return fmt::format("({0} >= {1} AND {0} <= {2})", column.compare, *low, *high);
  };
  std::vector<std::string> parts;
  for (const Value& value : filter.values) {
    if (value.null) return {};
    bool upper = filter.op == CompareOp::kLess || filter.op == CompareOp::kLessEqual;
    bool lower = filter.op == CompareOp::kGreater || filter.op == CompareOp::kGreaterEqual;
    if (filter.op == CompareOp::kNotEqual) return {};
    std::optional<std::string> part = upper || lower ? bound(value, upper ? kZoneMarginUs : -kZoneMarginUs) : range(value);
    if (!part) return {};
    parts.push_back(upper || lower ? fmt::format("({} {} {})", column.compare, symbol(filter.op), *part) : *part);
  }
  if (parts.size() > 100) return {};
  return {Pushdown::kSuperset, fmt::format("({})", fmt::join(parts, " OR "))};
}

Condition null_condition(const PgColumn& column, bool is_null) {
  std::string bare = quote_name(column.name);
  if (column.sane.empty()) return {Pushdown::kExact, bare + (is_null ? " IS NULL" : " IS NOT NULL")};
  if (is_null) return {Pushdown::kExact, fmt::format("({} IS NULL OR NOT {})", bare, column.sane)};
  return {Pushdown::kExact, fmt::format("({} IS NOT NULL AND {})", bare, column.sane)};
}

}  // namespace

Condition condition(const PgTable& table, const Filter& filter, const LocalTime& zone) {
  const PgColumn* column = table.find(filter.column);
  if (column == nullptr) return {};
  if (filter.op == CompareOp::kIsNull || filter.op == CompareOp::kIsNotNull)
    return null_condition(*column, filter.op == CompareOp::kIsNull);
  if (!column->comparable || filter.values.empty() || filter.values.size() > kMaxValues) return {};
  std::vector<std::string> literals;
  for (const Value& value : filter.values) {
    if (value.type.id != column->type.id) return {};
    auto text = literal(value);
    if (!text) return {};
    literals.push_back(std::move(*text));
  }
  if (column->wire == Wire::kLocalTimestamp) return local_time_condition(*column, filter, zone);
  bool equality = filter.op == CompareOp::kEqual || filter.op == CompareOp::kIn;
  const std::string& left = equality && !column->native.empty() ? column->native : column->compare;
  std::string sql = filter.op == CompareOp::kIn ? fmt::format("{} IN ({})", left, fmt::join(literals, ", "))
                                                : fmt::format("{} {} {}", left, symbol(filter.op), literals[0]);
  if (!equality && !column->sane.empty()) sql = fmt::format("({} AND {})", sql, column->sane);
  return {Pushdown::kExact, std::move(sql)};
}

}  // namespace sinan::sources::postgres

#include "base/table.hpp"

#include <charconv>

#include "base/text.hpp"
#include "base/time.hpp"

namespace sinan {

std::string Type::sql() const {
  switch (id) {
    case TypeId::kBool: return "boolean";
    case TypeId::kInt: return "bigint";
    case TypeId::kDouble: return "double";
    case TypeId::kDecimal: return fmt::format("decimal({},{})", precision, scale);
    case TypeId::kText: return "text";
    case TypeId::kDate: return "date";
    case TypeId::kTimestamp: return "timestamp";
    case TypeId::kBinary: return "blob";
  }
  broken("type id in range");
}

Result<Type> parse_type(std::string_view sql) {
  std::string name;
  for (char c : sql)
    if (c != ' ') name += lowercase(c);
  static const std::map<std::string, TypeId, std::less<>> kNames{
      {"boolean", TypeId::kBool}, {"bool", TypeId::kBool},           {"bigint", TypeId::kInt},         {"integer", TypeId::kInt},
      {"int", TypeId::kInt},      {"smallint", TypeId::kInt},        {"double", TypeId::kDouble},      {"float", TypeId::kDouble},
      {"real", TypeId::kDouble},  {"text", TypeId::kText},           {"varchar", TypeId::kText},       {"string", TypeId::kText},
      {"date", TypeId::kDate},    {"timestamp", TypeId::kTimestamp}, {"datetime", TypeId::kTimestamp}, {"blob", TypeId::kBinary},
  };
  if (auto found = kNames.find(name); found != kNames.end()) return Type{found->second};
  for (std::string_view prefix : {"decimal(", "numeric("}) {
    if (!name.starts_with(prefix) || !name.ends_with(')')) continue;
    int precision = 0;
    int scale = 0;
    const char* begin = name.data() + prefix.size();
    const char* end = name.data() + name.size() - 1;
    auto [comma, error] = std::from_chars(begin, end, precision);
    bool whole = error == std::errc() && comma == end;
    if (error == std::errc() && comma != end && *comma == ',') {
      auto [stop, scale_error] = std::from_chars(comma + 1, end, scale);
      whole = scale_error == std::errc() && stop == end;
    }
    if (whole && precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision)
      return Type{TypeId::kDecimal, static_cast<std::uint8_t>(precision), static_cast<std::uint8_t>(scale)};
  }
  return fail(ErrorCode::kInvalidInput,
              fmt::format("unknown type '{}': use boolean, bigint, double, decimal(p,s), text, date, timestamp or blob", sql));
}

std::optional<std::size_t> Schema::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (fields[i].name == name) return i;
  return std::nullopt;
}

void Column::grow_validity(bool is_valid) {
  if (rows % 64 == 0 && validity.size() * 64 <= rows) validity.push_back(0);
  if (is_valid) validity[rows / 64] |= std::uint64_t{1} << (rows % 64);
}

void Column::append_null() {
  if (validity.empty()) {
    validity.assign(rows / 64 + 1, ~std::uint64_t{0});
    validity[rows / 64] = (std::uint64_t{1} << (rows % 64)) - 1;
  }
  grow_validity(false);
  switch (type.id) {
    case TypeId::kDouble: doubles.push_back(0); break;
    case TypeId::kDecimal: decimals.push_back(0); break;
    case TypeId::kText:
    case TypeId::kBinary: offsets.push_back(chars.size()); break;
    default: ints.push_back(0);
  }
  ++rows;
}

void Column::clear() { *this = Column(type); }

std::string Column::to_text(std::size_t row) const {
  if (is_null(row)) return {};
  switch (type.id) {
    case TypeId::kBool: return ints[row] ? "true" : "false";
    case TypeId::kInt: return std::to_string(ints[row]);
    case TypeId::kDouble: return fmt::format("{}", doubles[row]);
    case TypeId::kDecimal: return decimal_text(decimals[row], type.scale);
    case TypeId::kDate: return format_date(Date{std::chrono::days{ints[row]}});
    case TypeId::kTimestamp: return format_timestamp(Instant{std::chrono::microseconds{ints[row]}});
    case TypeId::kText:
    case TypeId::kBinary: return std::string(text(row));
  }
  broken("type id in range");
}

std::size_t Table::rows() const {
  std::size_t total = 0;
  for (const Batch& batch : batches) total += batch.rows();
  return total;
}

std::string decimal_text(Int128 value, int scale) {
  bool negative = value < 0;
  std::string digits;
  // Taken digit by digit from the negative side, so that the smallest value does not overflow.
  Int128 rest = negative ? value : -value;
  do {
    digits += static_cast<char>('0' - static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  while (static_cast<int>(digits.size()) <= scale) digits += '0';
  std::string out = negative ? "-" : "";
  for (std::size_t i = digits.size(); i-- > 0;) {
    out += digits[i];
    if (scale > 0 && static_cast<int>(i) == scale) out += '.';
  }
  return out;
}

Result<Int128> parse_decimal(std::string_view text, int scale) {
  auto wrong = [&](std::string_view why) {
    return fail(ErrorCode::kInvalidInput, fmt::format("{} with {} decimals: '{}'", why, scale, text));
  };
  std::string_view rest = text;
  bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  Int128 value = 0;
  int decimals = -1;
  int digits = 0;
  bool any = false;
  for (char c : rest) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9') return wrong("not a decimal number");
    any = true;
    if (decimals == scale || (decimals < 0 ? false : decimals >= scale)) {
      if (c != '0') return wrong("more decimals than fit a number");
      continue;
    }
    if (decimals >= 0) ++decimals;
    if (digits > 0 || c != '0') ++digits;
    if (digits > 38) return wrong("too many digits for a number");
    value = value * 10 - (c - '0');
  }
  if (!any) return wrong("not a decimal number");
  for (int i = std::max(decimals, 0); i < scale; ++i) {
    if (value != 0 && ++digits > 38) return wrong("too many digits for a number");
    value *= 10;
  }
  return negative ? value : -value;
}

}  // namespace sinan

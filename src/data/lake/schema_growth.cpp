#include "data/lake/schema_growth.hpp"

namespace sinan::lake {

std::optional<Type> wider(const Type& a, const Type& b) {
  if (a == b) return a;
  auto is = [&](TypeId first, TypeId second) { return (a.id == first && b.id == second) || (a.id == second && b.id == first); };
  if (is(TypeId::kInt, TypeId::kDouble)) return Type{TypeId::kDouble};
  if (is(TypeId::kDate, TypeId::kTimestamp)) return Type{TypeId::kTimestamp};
  if (is(TypeId::kBool, TypeId::kInt)) return Type{TypeId::kInt};
  if (a.id == TypeId::kDecimal && b.id == TypeId::kDecimal) {
    int scale = std::max(a.scale, b.scale);
    int whole = std::max(a.precision - a.scale, b.precision - b.scale);
    if (whole + scale > 38) return std::nullopt;
    return Type{TypeId::kDecimal, static_cast<std::uint8_t>(whole + scale), static_cast<std::uint8_t>(scale)};
  }
  if (is(TypeId::kInt, TypeId::kDecimal)) {
    const Type& decimal = a.id == TypeId::kDecimal ? a : b;
    int precision = std::max<int>(decimal.precision, 19 + decimal.scale);
    if (precision > 38) return std::nullopt;
    return Type{TypeId::kDecimal, static_cast<std::uint8_t>(precision), decimal.scale};
  }
  return std::nullopt;
}

Result<Schema> reconcile(const std::string& table, const Schema& there, const Schema& loaded) {
  Schema out = there;
  for (Field& field : out.fields) {
    auto index = loaded.index_of(field.name);
    if (!index)
      return fail(ErrorCode::kConflict,
                  fmt::format("the column '{}' is gone; load the table anew, or keep the column in the source", field.name), table);
    auto type = wider(field.type, loaded.fields[*index].type);
    if (!type)
      return fail(ErrorCode::kConflict,
                  fmt::format("the column '{}' changed from {} to {}, which cannot hold both; pin its type, or load the table anew",
                              field.name, field.type.sql(), loaded.fields[*index].type.sql()),
                  table);
    field.type = *type;
    field.nullable = field.nullable || loaded.fields[*index].nullable;
  }
  for (const Field& field : loaded.fields)
    if (!out.index_of(field.name)) out.fields.push_back({field.name, field.type, true});
  return out;
}

}  // namespace sinan::lake

#include "data/quality/sql.hpp"

#include "platform/duck/duck.hpp"

namespace sinan::quality::sql {
namespace {

int family(const Type& type) {
  if (is_number(type)) return 0;
  if (is_time(type)) return 1;
  return 2 + static_cast<int>(type.id);
}

}  // namespace

std::string name(std::string_view identifier) { return duck::quote_name(identifier); }
std::string text(std::string_view value) { return duck::quote_text(value); }
std::string column(std::string_view identifier) { return "t." + name(identifier); }

bool is_number(const Type& type) { return type.id == TypeId::kInt || type.id == TypeId::kDouble || type.id == TypeId::kDecimal; }
bool is_time(const Type& type) { return type.id == TypeId::kDate || type.id == TypeId::kTimestamp; }

std::pair<std::string, std::string> comparable(std::string left, const Type& left_type, std::string right, const Type& right_type) {
  if (family(left_type) == family(right_type)) return {std::move(left), std::move(right)};
  return {fmt::format("CAST({} AS VARCHAR)", left), fmt::format("CAST({} AS VARCHAR)", right)};
}

std::string is_blank(const std::string& text_expression) {
  return fmt::format("trim({}, ' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(12288)) = ''", text_expression);
}

}  // namespace sinan::quality::sql

#include "application/example/database.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sinan::example {

std::string create_sql(const TableDef& table, char quote, std::string (*type_of)(const ColumnDef&, bool keyed),
                       const std::string& generated) {
  const auto quoted = [&](const std::string& name) { return fmt::format("{}{}{}", quote, name, quote); };
  std::string out = fmt::format("CREATE TABLE {} (", quoted(table.name));
  for (const auto& column : table.columns) {
    const bool keyed = std::ranges::count(table.key, column.name) > 0 || std::ranges::count(table.unique, column.name) > 0;
    const bool counted = table.generated && column.name == table.key.front();
    out += fmt::format("{} {}", quoted(column.name), counted ? generated : type_of(column, keyed));
    if (!counted && std::ranges::count(table.key, column.name) > 0) out += " NOT NULL";
    for (const auto& [name, value] : table.defaults) {
      if (name == column.name) out += " DEFAULT " + value;
    }
    if (std::ranges::count(table.unique, column.name) > 0) out += " UNIQUE";
    out += ", ";
  }
  if (table.generated || table.key.empty()) {
    out.resize(out.size() - 2);
    return out + ")";
  }
  out += "PRIMARY KEY (";
  for (const auto& name : table.key) out += quoted(name) + ", ";
  out.resize(out.size() - 2);
  return out + "))";
}

namespace {

void append_padded(std::string& out, std::int64_t value, int width) {
  char digits[20];
  for (int i = width - 1; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits, static_cast<std::size_t>(width));
}

}  // namespace

void append_date(std::string& out, Date date) {
  const std::chrono::year_month_day ymd{date};
  append_padded(out, static_cast<int>(ymd.year()), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(ymd.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(ymd.day()), 2);
}

void append_timestamp(std::string& out, Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  append_date(out, day);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at - day).count();
  out += ' ';
  append_padded(out, seconds / 3600, 2);
  out += ':';
  append_padded(out, seconds / 60 % 60, 2);
  out += ':';
  append_padded(out, seconds % 60, 2);
}

void append_decimal(std::string& out, std::int64_t scaled, int scale) {
  if (scaled < 0) {
    out += '-';
    scaled = -scaled;
  }
  std::int64_t one = 1;
  for (int i = 0; i < scale; ++i) one *= 10;
  fmt::format_to(std::back_inserter(out), "{}", scaled / one);
  if (scale == 0) return;
  out += '.';
  append_padded(out, scaled % one, scale);
}

}  // namespace sinan::example

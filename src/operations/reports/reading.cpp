#include "operations/reports/reading.hpp"

#include <cmath>

#include "base/series.hpp"

namespace sinan::reports {

double RowView::number(std::size_t column) const {
  const Column& c = batch_.columns[column];
  if (c.is_null(row_)) return kMissing;
  switch (c.type.id) {
    case TypeId::kDouble: return c.doubles[row_];
    case TypeId::kDecimal: return static_cast<double>(c.decimals[row_]) / std::pow(10.0, c.type.scale);
    case TypeId::kText:
    case TypeId::kBinary: return kMissing;
    default: return static_cast<double>(c.ints[row_]);
  }
}

std::int64_t RowView::integer(std::size_t column) const {
  double value = number(column);
  return std::isfinite(value) ? std::llround(value) : 0;
}

std::optional<Date> RowView::date(std::size_t column) const {
  const Column& c = batch_.columns[column];
  if (c.is_null(row_) || c.type.id != TypeId::kDate) return std::nullopt;
  return Date{std::chrono::days{c.ints[row_]}};
}

Decimal RowView::decimal(std::size_t column) const {
  const Column& c = batch_.columns[column];
  if (!c.is_null(row_) && c.type.id == TypeId::kDecimal && c.type.scale == Decimal::kScale) {
    return Decimal::raw(static_cast<std::int64_t>(c.decimals[row_]));
  }
  double value = number(column);
  return std::isfinite(value) ? Decimal::capped(value) : Decimal();
}

Status Reader::each(const std::string& sql, const std::function<void(const RowView&)>& row, std::optional<lake::Version> at) const {
  fabric::QueryOptions options{.at = at.value_or(context_.version), .cancel = context_.cancel};
  SINAN_TRY(std::unique_ptr<fabric::Rows> rows, context_.fabric->query(context_.principal, sql, options));
  Batch batch;
  while (true) {
    SINAN_TRY(bool more, rows->next(batch));
    if (!more) return {};
    for (std::size_t i = 0; i < batch.rows(); ++i) row(RowView(batch, i));
  }
}

std::set<std::string> Reader::columns(const std::string& table) const {
  std::set<std::string> out;
  auto entry = context_.fabric->describe(context_.principal, table, {.at = context_.version, .cancel = context_.cancel});
  if (!entry) return out;
  for (const Field& field : entry->schema.fields) out.insert(catalog::fold(field.name));
  return out;
}

std::string Reader::optional(const std::string& table, const std::string& alias, const std::string& column,
                             const std::string& fallback) const {
  return columns(table).contains(column) ? fmt::format("{}.{}", alias, column) : fallback;
}

std::string literal(const std::string& text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\0') continue;
    out += c;
    if (c == '\'') out += '\'';
  }
  return out + "'";
}

std::map<std::string, Text> item_names(const Reader& reader, const std::set<std::string>& ids) {
  std::map<std::string, Text> out;
  if (ids.empty()) return out;
  std::string list;
  for (const std::string& id : ids) list += (list.empty() ? "" : ", ") + literal(id);
  std::string chinese = reader.optional("ops.items", "i", "name_zh", "NULL");
  // A name that cannot be read is left out: the id stands for it.
  (void)reader.each(
      fmt::format("SELECT i.item_id, CAST(i.name AS VARCHAR), CAST({} AS VARCHAR) FROM ops.items i WHERE i.item_id IN ({})", chinese, list),
      [&](const RowView& row) { out[row.text(0)] = {row.text(1), row.text(2)}; });
  return out;
}

}  // namespace sinan::reports

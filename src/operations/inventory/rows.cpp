#include "operations/inventory/rows.hpp"

namespace sinan::inventory {

const Column* RowView::find(std::string_view column) const {
  std::optional<std::size_t> index = schema_.index_of(column);
  if (!index) return nullptr;
  const Column& found = batch_.columns[*index];
  return found.is_null(row_) ? nullptr : &found;
}

bool RowView::has(std::string_view column) const { return find(column) != nullptr; }

std::string RowView::text(std::string_view column) const {
  const Column* found = find(column);
  if (!found) return {};
  return found->type.id == TypeId::kText ? std::string(found->text(row_)) : found->to_text(row_);
}

Result<Decimal> RowView::decimal(std::string_view column) const {
  const Column* found = find(column);
  if (!found) return Decimal();
  if (found->type.id == TypeId::kDouble && Decimal::holds(found->doubles[row_])) return Decimal::round(found->doubles[row_]);
  if (found->type.id == TypeId::kDecimal && found->type.scale > Decimal::kScale && Decimal::holds(number(column)))
    return Decimal::round(number(column));
  Result<Decimal> parsed = Decimal::parse(found->to_text(row_));
  if (!parsed) return std::unexpected(std::move(parsed).error().within(fmt::format("the column '{}' holds no amount", column)));
  return *parsed;
}

double RowView::number(std::string_view column) const {
  const Column* found = find(column);
  if (!found) return 0;
  switch (found->type.id) {
    case TypeId::kDouble: return std::isfinite(found->doubles[row_]) ? found->doubles[row_] : 0;
    case TypeId::kDecimal: return static_cast<double>(found->decimals[row_]) / std::pow(10.0, found->type.scale);
    case TypeId::kText: {
      Result<Decimal> parsed = Decimal::parse(found->text(row_));
      return parsed ? parsed->to_double() : 0;
    }
    case TypeId::kBool:
    case TypeId::kInt:
    case TypeId::kDate:
    case TypeId::kTimestamp: return static_cast<double>(found->ints[row_]);
    case TypeId::kBinary: return 0;
  }
  return 0;
}

std::optional<Instant> RowView::instant(std::string_view column) const {
  const Column* found = find(column);
  if (!found) return std::nullopt;
  if (found->type.id == TypeId::kTimestamp) return Instant(std::chrono::microseconds(found->ints[row_]));
  if (found->type.id == TypeId::kDate) return Instant(std::chrono::days(found->ints[row_]));
  Result<Instant> parsed = parse_instant(found->to_text(row_));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

Status each_row(fabric::Fabric& fabric, const Principal& principal, std::string_view sql, const fabric::QueryOptions& options,
                const std::function<Status(const RowView&)>& each) {
  SINAN_TRY(std::unique_ptr<fabric::Rows> rows, fabric.query(principal, sql, options));
  Batch batch;
  for (;;) {
    SINAN_TRY(bool more, rows->next(batch));
    if (!more) return {};
    RowView view(rows->schema(), batch);
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      view.move_to(row);
      SINAN_CHECK(each(view));
    }
  }
}

Result<std::optional<Schema>> table_schema(fabric::Fabric& fabric, const Principal& principal, const std::string& table,
                                           const fabric::QueryOptions& options) {
  Result<std::unique_ptr<fabric::Rows>> rows = fabric.query(principal, fmt::format("SELECT * FROM {} LIMIT 0", table), options);
  if (!rows && rows.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!rows) return std::unexpected(std::move(rows).error());
  return (*rows)->schema();
}

}  // namespace sinan::inventory

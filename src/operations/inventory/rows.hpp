// Walks the rows of a query by column name; columns that a workspace may leave out read as absent.
#pragma once

#include "data/fabric/fabric.hpp"

namespace sinan::inventory {

// One row of a running query.
class RowView {
 public:
  RowView(const Schema& schema, const Batch& batch) : schema_(schema), batch_(batch) {}
  void move_to(std::size_t row) { row_ = row; }

  bool has(std::string_view column) const;                 // there is such a column, and it is not null here
  std::string text(std::string_view column) const;         // "" when absent
  Result<Decimal> decimal(std::string_view column) const;  // 0 when absent
  double number(std::string_view column) const;            // 0 when absent
  std::optional<Instant> instant(std::string_view column) const;

 private:
  const Column* find(std::string_view column) const;
  const Schema& schema_;
  const Batch& batch_;
  std::size_t row_ = 0;
};

Status each_row(fabric::Fabric& fabric, const Principal& principal, std::string_view sql, const fabric::QueryOptions& options,
                const std::function<Status(const RowView&)>& each);

// Whether a table can be read at that version, and its columns; kNotFound is an answer.
Result<std::optional<Schema>> table_schema(fabric::Fabric& fabric, const Principal& principal, const std::string& table,
                                           const fabric::QueryOptions& options);

}  // namespace sinan::inventory

// Rows of the canonical model, as the planner may read them.
#pragma once

#include "data/fabric/fabric.hpp"

namespace sinan::demand {

// Calls work(columns, row) for each row; a table that is not there has none.
template <typename Work>
Status each_row(fabric::Fabric& fabric, std::string_view sql, const fabric::QueryOptions& options, const Work& work) {
  auto rows = fabric.query(system_principal("planner"), sql, options);
  if (!rows && rows.error().code == ErrorCode::kNotFound) return {};
  if (!rows) return std::unexpected(std::move(rows).error());
  Batch batch;
  while (true) {
    SINAN_TRY(bool any, (*rows)->next(batch));
    if (!any) return {};
    for (std::size_t r = 0; r < batch.rows(); ++r) work(batch.columns, r);
  }
}

// The columns of a table; none where it is not there.
Result<Schema> schema_of(fabric::Fabric& fabric, const std::string& table, const fabric::QueryOptions& options);

// SQL of a column that may be missing, in a type.
std::string cell(const Schema& schema, std::string_view column, std::string_view type);

}  // namespace sinan::demand

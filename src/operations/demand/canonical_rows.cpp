#include "operations/demand/canonical_rows.hpp"

namespace sinan::demand {

Result<Schema> schema_of(fabric::Fabric& fabric, const std::string& table, const fabric::QueryOptions& options) {
  auto rows = fabric.query(system_principal("planner"), fmt::format("SELECT * FROM {} LIMIT 0", table), options);
  if (!rows && rows.error().code == ErrorCode::kNotFound) return Schema{};
  if (!rows) return std::unexpected(std::move(rows).error());
  return (*rows)->schema();
}

std::string cell(const Schema& schema, std::string_view column, std::string_view type) {
  return fmt::format("CAST({} AS {})", schema.index_of(column) ? column : "NULL", type);
}

}  // namespace sinan::demand

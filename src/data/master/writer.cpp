// Writes golden records, links and history.
#include "data/master/writer.hpp"

namespace sinan::master {
namespace {

constexpr std::size_t kBufferRows = 4096;

}  // namespace

TableWriter::TableWriter(Schema schema, std::unique_ptr<lake::Staged> staged) : schema_(std::move(schema)), staged_(std::move(staged)) {
  clear();
}

Result<TableWriter> TableWriter::start(lake::Lake& lake, const std::string& table, Schema schema, std::vector<std::string> key) {
  SINAN_TRY(auto staged, lake.stage(table, schema, key));
  return TableWriter(std::move(schema), std::move(staged));
}

TableWriter& TableWriter::text(std::string_view value) {
  bool nullable = schema_.fields[column_].nullable;
  Column& column = next();
  if (value.empty() && nullable) {
    column.append_null();
  } else {
    column.append_text(value);
  }
  return *this;
}
TableWriter& TableWriter::whole(std::int64_t value) {
  next().append_int(value);
  return *this;
}
TableWriter& TableWriter::real(double value) {
  next().append_double(value);
  return *this;
}

Status TableWriter::end_row() {
  if (column_ != schema_.fields.size()) broken("a row has as many cells as its table has columns");
  column_ = 0;
  if (buffer_.rows() < kBufferRows) return {};
  SINAN_CHECK(staged_->append(buffer_));
  clear();
  return {};
}

Result<lake::Lake::Load> TableWriter::finish(lake::Mode mode) {
  if (buffer_.rows() > 0) SINAN_CHECK(staged_->append(buffer_));
  lake::Lake::Load load;
  load.staged = std::move(staged_);
  load.mode = mode;
  return load;
}

void TableWriter::clear() {
  buffer_.columns.clear();
  for (const Field& field : schema_.fields) buffer_.columns.emplace_back(field.type);
}

std::vector<std::pair<std::string, Schema>> tables_of(const Entity& entity) {
  std::string table = "master." + entity.name;
  return {{table, golden_schema(entity)}, {table + "_links", links_schema()}, {table + "_history", history_schema()}};
}

Schema golden_schema(const Entity& entity) {
  Schema out;
  out.fields.push_back({"golden_id", {TypeId::kText}, false});
  for (const Attribute& attribute : entity.attributes) out.fields.push_back({attribute.name, {TypeId::kText}, true});
  out.fields.push_back({"records", {TypeId::kInt}, false});
  out.fields.push_back({"sources", {TypeId::kText}, false});
  out.fields.push_back({"confidence", {TypeId::kDouble}, false});
  return out;
}

const Schema& links_schema() {
  static const Schema kSchema{{{"golden_id", {TypeId::kText}, false},
                               {"source", {TypeId::kText}, false},
                               {"table", {TypeId::kText}, false},
                               {"key", {TypeId::kText}, false},
                               {"probability", {TypeId::kDouble}, false}}};
  return kSchema;
}

const Schema& history_schema() {
  static const Schema kSchema{{{"golden_id", {TypeId::kText}, false},
                               {"attribute", {TypeId::kText}, true},
                               {"old_value", {TypeId::kText}, true},
                               {"new_value", {TypeId::kText}, true},
                               {"change", {TypeId::kText}, false},
                               {"source", {TypeId::kText}, true},
                               {"table", {TypeId::kText}, true},
                               {"key", {TypeId::kText}, true},
                               {"run_id", {TypeId::kText}, false},
                               {"changed_at", {TypeId::kTimestamp}, false}}};
  return kSchema;
}

}  // namespace sinan::master

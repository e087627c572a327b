// Keeps the rows that rules hold back.
#include "data/quality/quarantine.hpp"

namespace sinan::quality {
namespace {

constexpr std::size_t kBufferRows = 2048;
constexpr std::string_view kTable = "quality.quarantine";

Json cell_json(const Column& column, std::size_t row) {
  if (column.is_null(row)) return nullptr;
  switch (column.type.id) {
    case TypeId::kBool: return column.ints[row] != 0;
    case TypeId::kInt: return column.ints[row];
    case TypeId::kDouble:
      if (std::isfinite(column.doubles[row])) return column.doubles[row];
      return column.to_text(row);
    case TypeId::kBinary: return fmt::format("{} bytes", column.text(row).size());
    default: return column.to_text(row);
  }
}

}  // namespace

const Schema& quarantine_schema() {
  static const Schema kSchema = [] {
    Schema schema;
    for (const char* name : {"source", "table", "key", "rule", "reason", "run_id", "row"})
      schema.fields.push_back({name, {TypeId::kText}, false});
    return schema;
  }();
  return kSchema;
}

std::string row_json(const Schema& schema, const Batch& batch, std::size_t row) {
  Json out = Json::object();
  for (std::size_t i = 0; i < schema.fields.size(); ++i) out[schema.fields[i].name] = cell_json(batch.columns[i], row);
  return dump(out);
}

Quarantine::Quarantine(lake::Lake& lake, std::unique_ptr<lake::Staged> staged) : lake_(lake), staged_(std::move(staged)) { clear(); }

Result<std::unique_ptr<Quarantine>> Quarantine::start(lake::Lake& lake) {
  SINAN_TRY(auto staged, lake.stage(std::string(kTable), quarantine_schema(), {}));
  return std::unique_ptr<Quarantine>(new Quarantine(lake, std::move(staged)));
}

Status Quarantine::add(Entry entry, const Schema& schema, const Batch& batch, std::size_t row) {
  std::size_t dot = entry.table.find('.');
  const std::string cells[] = {entry.table.substr(0, dot),  entry.table.substr(dot + 1), entry.key, entry.rule, entry.reason, entry.run_id,
                               row_json(schema, batch, row)};
  for (std::size_t i = 0; i < std::size(cells); ++i) buffer_.columns[i].append_text(cells[i]);
  return buffer_.rows() < kBufferRows ? Status{} : flush();
}

Status Quarantine::flush() {
  if (buffer_.rows() > 0) SINAN_CHECK(staged_->append(buffer_));
  clear();
  return {};
}

void Quarantine::clear() { buffer_.columns.assign(quarantine_schema().fields.size(), Column({TypeId::kText})); }

Result<lake::Version> Quarantine::commit() {
  SINAN_CHECK(flush());
  std::vector<lake::Lake::Load> loads;
  loads.push_back({std::move(staged_), lake::Mode::kReplace, {}});
  return lake_.commit(std::move(loads));
}

}  // namespace sinan::quality

// Reads records and earlier golden records from the lake.
#include "data/master/records.hpp"

#include <limits>
#include <numeric>

#include "platform/duck/duck.hpp"

namespace sinan::master {
namespace {

std::string lake_name(const std::string& table) {
  std::string out = table;
  std::replace(out.begin(), out.end(), '.', '_');
  return out;
}

fabric::QueryOptions at_version(lake::Version at, const Options& options) {
  fabric::QueryOptions out;
  out.at = at;
  out.cancel = options.cancel;
  return out;
}

// Calls `each` for every row of a query.
Status for_each_row(fabric::Fabric& fabric, const std::string& sql, lake::Version at, const Options& options,
                    const std::function<void(const Batch&, std::size_t)>& each) {
  SINAN_TRY(auto rows, fabric.query(options.principal, sql, at_version(at, options)));
  Batch batch;
  for (;;) {
    SINAN_TRY(bool more, rows->next(batch));
    if (!more) return {};
    for (std::size_t row = 0; row < batch.rows(); ++row) each(batch, row);
  }
}

std::string text_of(const Batch& batch, std::size_t column, std::size_t row) {
  return batch.columns[column].is_null(row) ? std::string() : batch.columns[column].to_text(row);
}

// The statement: key columns, the time of change in microseconds, then one column an attribute (NULL where the table has none).
std::string select_sql(const Entity& entity, const RecordSource& records, const std::vector<std::string>& key) {
  std::vector<std::string> columns;
  for (const std::string& column : key) columns.push_back("t." + duck::quote_name(column));
  columns.push_back(records.updated_at.value.empty()
                        ? "CAST(NULL AS BIGINT)"
                        : fmt::format("epoch_us(TRY_CAST(t.{} AS TIMESTAMP))", duck::quote_name(records.updated_at.value)));
  for (const Attribute& attribute : entity.attributes) {
    auto it = std::find_if(records.columns.begin(), records.columns.end(), [&](const auto& one) { return one.first == attribute.name; });
    columns.push_back(it == records.columns.end() ? "CAST(NULL AS VARCHAR)"
                                                  : fmt::format("CAST(t.{} AS VARCHAR)", duck::quote_name(it->second.value)));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] += fmt::format(" AS c{}", i);
  return fmt::format("SELECT {} FROM lake.{} AS t{}", fmt::join(columns, ", "), duck::quote_name(lake_name(records.table.value)),
                     records.where.value.empty() ? "" : fmt::format(" WHERE ({}\n)", records.where.value));
}

Status read_table(const Entity& entity, std::size_t origin, fabric::Fabric& fabric, lake::Version at, const Options& options,
                  EntityRecords& out) {
  const RecordSource& records = entity.records[origin];
  auto table = fabric.lake().table("lake." + lake_name(records.table.value), at);
  if (!table && table.error().code == ErrorCode::kNotFound) {
    out.notes.push_back(fmt::format("{} has not been read yet", records.table.value));
    return {};
  }
  if (!table) return fail(std::move(table).error());
  std::vector<std::string> key = table->key;
  if (!records.key.empty()) {
    key.clear();
    for (const auto& column : records.key) key.push_back(column.value);
  }
  if (key.empty())
    return fail(ErrorCode::kInvalidInput, fmt::format("{} has no key that is known; write key: [COLUMN]", records.table.value),
                records.table.place.text());
  std::size_t dot = records.table.value.find('.');
  RecordName name{records.table.value.substr(0, dot), records.table.value.substr(dot + 1), ""};
  bool too_many = false;
  SINAN_CHECK(for_each_row(fabric, select_sql(entity, records, key), at, options, [&](const Batch& batch, std::size_t row) {
    name.key.clear();
    bool whole = true;
    for (std::size_t i = 0; i < key.size(); ++i) {
      whole = whole && !batch.columns[i].is_null(row);
      name.key += (i ? " / " : "") + text_of(batch, i, row);
    }
    too_many = too_many || static_cast<std::int64_t>(out.size()) >= options.max_records;
    if (!whole) ++out.without_key;
    if (!whole || too_many) return;
    out.names.push_back(name);
    out.origin.push_back(static_cast<std::uint32_t>(origin));
    out.updated_us.push_back(batch.columns[key.size()].is_null(row) ? std::numeric_limits<std::int64_t>::min()
                                                                    : batch.columns[key.size()].ints[row]);
    for (std::size_t a = 0; a < entity.attributes.size(); ++a) out.values[a].push_back(text_of(batch, key.size() + 1 + a, row));
  }));
  if (too_many)
    return fail(ErrorCode::kLimit,
                fmt::format("{} has more than {} records; leave some out with 'where'", entity.name, options.max_records));
  return {};
}

template <typename T>
void reorder(std::vector<T>& values, const std::vector<std::size_t>& order) {
  std::vector<T> out;
  out.reserve(order.size());
  for (std::size_t from : order) out.push_back(std::move(values[from]));
  values = std::move(out);
}

// In order of name, so that the result does not depend on how the engine delivered rows; of equal names the last change stays.
void settle(EntityRecords& records) {
  std::vector<std::size_t> order(records.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(records.names[a], records.updated_us[b]) < std::tie(records.names[b], records.updated_us[a]);
  });
  std::size_t before = order.size();
  order.erase(std::unique(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return records.names[a] == records.names[b]; }),
              order.end());
  if (order.size() < before)
    records.notes.push_back(fmt::format("{} rows have the same key as another one and were left out", before - order.size()));
  reorder(records.names, order);
  reorder(records.updated_us, order);
  reorder(records.origin, order);
  for (auto& column : records.values) reorder(column, order);
}

}  // namespace

Result<EntityRecords> read_records(const Entity& entity, fabric::Fabric& fabric, lake::Version at, const Options& options) {
  EntityRecords out;
  out.values.resize(entity.attributes.size());
  for (std::size_t origin = 0; origin < entity.records.size(); ++origin) {
    auto read = read_table(entity, origin, fabric, at, options, out);
    if (!read) return fail(std::move(read).error().within("the records cannot be read", entity.records[origin].table.value));
  }
  settle(out);
  return out;
}

std::string golden_id(const std::string& entity, std::int64_t number) { return fmt::format("{}-{:06}", entity, number); }

Result<Earlier> read_earlier(const Entity& entity, fabric::Fabric& fabric, lake::Version at, const Options& options) {
  Earlier out;
  std::string table = "master." + duck::quote_name(entity.name);
  auto golden = fabric.lake().table("master." + entity.name, at);
  if (!golden && golden.error().code == ErrorCode::kNotFound) return out;
  if (!golden) return fail(std::move(golden).error());
  SINAN_CHECK(for_each_row(
      fabric, fmt::format("SELECT source, \"table\", \"key\", golden_id FROM master.{}", duck::quote_name(entity.name + "_links")), at,
      options, [&](const Batch& batch, std::size_t row) {
        out.golden_of[{text_of(batch, 0, row), text_of(batch, 1, row), text_of(batch, 2, row)}] = text_of(batch, 3, row);
      }));
  // An attribute that is new in the configuration has no column yet.
  std::vector<std::string> columns{"golden_id"};
  for (const Attribute& attribute : entity.attributes)
    columns.push_back(golden->schema.index_of(attribute.name) ? duck::quote_name(attribute.name) : "NULL");
  SINAN_CHECK(for_each_row(fabric, fmt::format("SELECT {} FROM {}", fmt::join(columns, ", "), table), at, options,
                           [&](const Batch& batch, std::size_t row) {
                             auto& values = out.attributes[text_of(batch, 0, row)];
                             for (std::size_t i = 1; i < columns.size(); ++i) values.push_back(text_of(batch, i, row));
                           }));
  SINAN_CHECK(for_each_row(
      fabric, fmt::format("SELECT DISTINCT golden_id FROM master.{} WHERE change = 'created'", duck::quote_name(entity.name + "_history")),
      at, options, [&](const Batch& batch, std::size_t row) {
        std::string id = text_of(batch, 0, row);
        std::size_t dash = id.rfind('-');
        if (dash != std::string::npos)
          out.last_number = std::max<std::int64_t>(out.last_number, std::strtoll(id.c_str() + dash + 1, nullptr, 10));
      }));
  return out;
}

}  // namespace sinan::master

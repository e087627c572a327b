#include "data/sync/definition.hpp"

#include "data/lake/schema_growth.hpp"

namespace sinan::sync {

Json to_json(const Definition& definition) {
  Json columns = Json::array();
  for (const Field& field : definition.schema.fields) columns.push_back(Json::array({field.name, field.type.sql()}));
  return Json{{"columns", columns}, {"key", definition.key}, {"cursor", definition.cursor}};
}

Result<Definition> definition_from(const Json& json) {
  Definition out;
  try {
    for (const Json& column : json.at("columns")) {
      SINAN_TRY(Type type, parse_type(column.at(1).get<std::string>()));
      out.schema.fields.push_back({column.at(0).get<std::string>(), type, true});
    }
    out.key = json.at("key").get<std::vector<std::string>>();
    out.cursor = json.at("cursor").get<std::string>();
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kCorrupt, fmt::format("the state holds a damaged definition of a table: {}", error.what()));
  }
  return out;
}

Definition definition_of(const sources::TableInfo& table, const std::string& cursor) {
  Definition out{table.schema, table.key, cursor};
  for (Field& field : out.schema.fields) field.nullable = true;
  return out;
}

Evolution compare(const Definition& before, const Definition& after, bool columns_chosen, const std::vector<std::string>& types_free) {
  Evolution out;
  auto is_free = [&](const std::string& name) {
    return std::any_of(types_free.begin(), types_free.end(), [&](const std::string& free) { return free == "*" || free == name; });
  };
  for (const Field& field : after.schema.fields) {
    auto index = before.schema.index_of(field.name);
    if (!index) {
      out.followed.push_back(fmt::format("new column '{}' {}", field.name, field.type.sql()));
      continue;
    }
    const Type& was = before.schema.fields[*index].type;
    if (was == field.type) continue;
    bool grown = lake::wider(was, field.type) == field.type;
    out.only_grown = out.only_grown && grown;
    std::string what = fmt::format("column '{}' changed from {} to {}", field.name, was.sql(), field.type.sql());
    (grown || is_free(field.name) ? out.followed : out.refused).push_back(std::move(what));
  }
  for (const Field& field : before.schema.fields) {
    if (after.schema.index_of(field.name)) continue;
    out.only_grown = false;
    (columns_chosen ? out.followed : out.refused).push_back(fmt::format("column '{}' is gone", field.name));
  }
  if (before.key != after.key) {
    out.only_grown = false;
    out.followed.push_back(fmt::format("the key was ({}) and is ({})", fmt::join(before.key, ", "), fmt::join(after.key, ", ")));
  }
  if (before.cursor != after.cursor) out.followed.push_back(fmt::format("the cursor was '{}' and is '{}'", before.cursor, after.cursor));
  return out;
}

}  // namespace sinan::sync

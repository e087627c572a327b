#include "data/sources/options.hpp"

namespace sinan::sources {

const Shape<TableConfig>& shape_of(const TableConfig*) {
  static const auto shape =
      Shape<TableConfig>("table", "One table of the source, as the workspace knows it.")
          .optional("table", &TableConfig::table, "Its name in the source; default: the name given here")
          .optional("key", &TableConfig::key, "The columns that name a row; default: the primary or unique key of the source")
          .optional("cursor", &TableConfig::cursor, "A column that grows with every insert and update: only changed rows are read")
          .optional("columns", &TableConfig::columns, "The columns to read; default: all")
          .optional("types", &TableConfig::types, "Types of columns, where those of the source do not serve: {amount: decimal(18,4)}")
          .optional("deletions", &TableConfig::deletions, "With a cursor: read all keys to see which rows are gone, or ignore them",
                    {.allowed = {"keys", "ignore"}})
          .rest(&TableConfig::options);
  return shape;
}

const Shape<SourceConfig::Write>& shape_of(const SourceConfig::Write*) {
  static const auto shape = Shape<SourceConfig::Write>("write", "A table of the source that takes orders.")
                                .optional("table", &SourceConfig::Write::table, "Its name in the source; default: the name given here")
                                .required("columns", &SourceConfig::Write::columns,
                                          "Column of the source: field of the order, or a constant written as \"=text\"")
                                .required("idempotency_key", &SourceConfig::Write::idempotency_key,
                                          "A unique text column that receives the decision's key, so that no order is written twice");
  return shape;
}

const Shape<SourceConfig>& shape_of(const SourceConfig*) {
  static const auto shape = Shape<SourceConfig>("source", "A system of the company that is read as tables.")
                                .required("kind", &SourceConfig::kind, "What kind of system it is")
                                .optional("tables", &SourceConfig::tables, "The tables to read; default: all that the source has")
                                .optional("writes", &SourceConfig::writes, "What may be written back")
                                .rest(&SourceConfig::options);
  return shape;
}

namespace {

// The fields of an order that a write may name (docs/canonical-model.md).
const std::vector<std::string>& order_fields() {
  static const std::vector<std::string> kFields{"decision_id", "item_id", "location_id", "supplier_id", "quantity",    "unit",
                                                "unit_price",  "amount",  "currency",    "ordered_at",  "expected_at", "status"};
  return kFields;
}

const ConnectorInfo* find_connector(const std::string& kind) {
  for (const ConnectorInfo& connector : connectors())
    if (connector.kind == kind) return &connector;
  return nullptr;
}

Json properties_of(const Json& schema) { return schema.value("properties", Json::object()); }

template <typename T>
Json properties_of() {
  return properties_of(schema_of_options<T>());
}

// Keys that neither the shape nor the kind knows are mistakes; the others stay.
void check_keys(std::string_view what, std::vector<YamlNode::Entry>& entries, const Json& shared, const Json& own,
                Diagnostics& diagnostics) {
  std::vector<std::string> known;
  for (const auto& [key, unused] : shared.items()) known.push_back(key);
  for (const auto& [key, unused] : own.items()) known.push_back(key);
  std::erase_if(entries, [&](const YamlNode::Entry& entry) {
    if (own.contains(entry.key)) return false;
    diagnostics.add(entry.key_place, "unknown_key", fmt::format("{} has no key '{}'", what, entry.key), suggestion(entry.key, known));
    return true;
  });
}

void check_tables(SourceConfig& config, const ConnectorInfo& connector, Diagnostics& diagnostics) {
  std::map<std::string, std::string> readers;  // table of the source: table here with its own types
  for (auto& [name, table] : config.tables) {
    check_keys("table", table.options, properties_of<TableConfig>(), properties_of(connector.table_options_schema), diagnostics);
    for (const auto& [column, type] : table.types)
      if (auto parsed = parse_type(type.value); !parsed)
        diagnostics.add(type.place, "invalid_value", fmt::format("'{}' is no type", type.value),
                        "use boolean, bigint, double, decimal(p,s), text, date, timestamp or blob");
    if (properties_of(connector.table_options_schema).contains("path")) continue;
    auto [reader, first] = readers.emplace(table.table.value.empty() ? name : table.table.value, name);
    if (!first && !table.types.empty())
      diagnostics.add(table.place, "duplicate_table", fmt::format("'{}' and '{}' read the same table", reader->second, name),
                      "pin types in the first of both only");
  }
}

void check_writes(const SourceConfig& config, Diagnostics& diagnostics) {
  for (const auto& [kind, write] : config.writes)
    for (const auto& [column, field] : write.columns)
      if (!field.value.starts_with('=') && std::find(order_fields().begin(), order_fields().end(), field.value) == order_fields().end())
        diagnostics.add(field.place, "unknown_field", fmt::format("an order has no field '{}'", field.value),
                        suggestion(field.value, order_fields()) + "; a constant is written as \"=text\"");
}

}  // namespace

std::vector<SourceConfig> read_configs(const Workspace& workspace, Diagnostics& diagnostics) {
  std::vector<SourceConfig> out;
  for (const WorkspaceFile* file : workspace.files("sources")) {
    if (!file->yaml) continue;
    std::size_t before = diagnostics.size();
    SourceConfig config;
    bool good = shape_detail::read(*file->yaml, {}, config, diagnostics);
    config.name = file->name;
    config.place = file->yaml->place;
    if (const YamlNode* tables = file->yaml->find("tables"))
      for (const YamlNode::Entry& entry : tables->entries)
        if (auto table = config.tables.find(entry.key); table != config.tables.end()) table->second.place = entry.key_place;
    if (config.kind.value.empty()) continue;
    const ConnectorInfo* connector = find_connector(config.kind.value);
    if (connector == nullptr) {
      std::vector<std::string> kinds;
      for (const ConnectorInfo& known : connectors()) kinds.push_back(known.kind);
      diagnostics.add(config.kind.place, "unknown_kind", fmt::format("there is no kind of source '{}'", config.kind.value),
                      suggestion(config.kind.value, kinds));
      continue;
    }
    check_keys("source", config.options, properties_of<SourceConfig>(), properties_of(connector->options_schema), diagnostics);
    check_tables(config, *connector, diagnostics);
    check_writes(config, diagnostics);
    connector->check(config, diagnostics);
    if (good && diagnostics.size() == before) out.push_back(std::move(config));
  }
  return out;
}

namespace {

// One table of a kind: the keys that all have, and its own.
Json table_schema(const ConnectorInfo& connector) {
  Json out = schema_of_options<TableConfig>();
  out["properties"].update(properties_of(connector.table_options_schema));
  if (connector.table_options_schema.contains("required")) out["required"] = connector.table_options_schema["required"];
  out["additionalProperties"] = false;
  return out;
}

// What a file of that kind must and may hold; `shared` are the keys of every kind.
Json kind_schema(const ConnectorInfo& connector, const Json& shared) {
  Json options = properties_of(connector.options_schema);
  Json keys = Json::array();
  for (const auto& [key, unused] : shared.items()) keys.push_back(key);
  for (const auto& [key, unused] : options.items()) keys.push_back(key);
  options["tables"] = {{"type", "object"}, {"additionalProperties", table_schema(connector)}};
  Json out{{"properties", std::move(options)}, {"propertyNames", {{"enum", std::move(keys)}}}};
  for (const char* needed : {"required", "anyOf"})
    if (connector.options_schema.contains(needed)) out[needed] = connector.options_schema[needed];
  return out;
}

}  // namespace

Json config_schema() {
  Json schema = schema_of_options<SourceConfig>();
  Json& properties = schema["properties"];
  const Json shared = properties;
  Json kinds = Json::array();
  Json cases = Json::array();
  for (const ConnectorInfo& connector : connectors()) {
    kinds.push_back(connector.kind);
    for (const auto& [key, unused] : properties_of(connector.options_schema).items())
      if (!properties.contains(key)) properties[key] = true;
    cases.push_back({{"if", {{"properties", {{"kind", {{"const", connector.kind}}}}}, {"required", {"kind"}}}},
                     {"then", kind_schema(connector, shared)}});
  }
  properties["kind"]["enum"] = std::move(kinds);
  schema["additionalProperties"] = false;
  schema["allOf"] = std::move(cases);
  return schema;
}

}  // namespace sinan::sources

#include <cstdlib>
#include <regex>

#include "base/text.hpp"
#include "data/sources/configured.hpp"
#include "data/sources/options.hpp"

namespace sinan::sources {
namespace {

std::string code_of(const Error& error) { return info(error.code).retry ? "unreachable" : std::string(info(error.code).name); }

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> out;
  for (const Field& field : schema.fields) out.push_back(field.name);
  return out;
}

void check_column(const Located<std::string>& column, std::string_view role, const TableInfo& table, Diagnostics& diagnostics) {
  if (column.value.empty() || table.schema.index_of(column.value)) return;
  diagnostics.add(column.place, "unknown_column",
                  fmt::format("the table '{}' has no column '{}', which is given as {}", table.name, column.value, role),
                  suggestion(column.value, names_of(table.schema)));
}

void check_table(const TableConfig& wanted, const TableInfo& table, Diagnostics& diagnostics) {
  for (const auto& column : wanted.key) check_column(column, "its key", table, diagnostics);
  for (const auto& column : wanted.columns) check_column(column, "one to read", table, diagnostics);
  for (const auto& [column, type] : wanted.types) check_column({column, type.place}, "one with a type", table, diagnostics);
  check_column(wanted.cursor, "its cursor", table, diagnostics);
  if (wanted.columns.empty())
    if (const auto alike = columns_alike(table.name, table.schema))
      diagnostics.add(wanted.place, "unsupported", alike->message, alike->hint);
  if (!wanted.cursor.value.empty() && wanted.key.empty() && table.key.empty())
    diagnostics.add(wanted.cursor.place, "missing_key",
                    fmt::format("the table '{}' has a cursor, but no key tells its rows apart", table.name),
                    "name the key: [column] of the table, or drop the cursor so that it is read whole");
}

const std::string& name_in_source(const std::string& name, const TableConfig& table) {
  return table.table.value.empty() ? name : table.table.value;
}

// Where somebody wrote what a table is read from: its `path`, where it has one.
Place place_of(const TableConfig& table) {
  for (const YamlNode::Entry& option : table.options)
    if (option.key == "path") return option.value.place;
  return table.table.value.empty() ? table.place : table.table.place;
}

// Each table by itself, when one that cannot be read keeps the source from listing them. False if none was found to be that.
bool check_alone(const SourceConfig& config, Source& source, Diagnostics& diagnostics) {
  bool found = false;
  for (const auto& [name, wanted] : config.tables) {
    auto table = source.describe(name_in_source(name, wanted));
    if (table) {
      check_table(wanted, *table, diagnostics);
      continue;
    }
    found = true;
    diagnostics.add(place_of(wanted), code_of(table.error()), fmt::format("the table '{}' cannot be read: {}", name, table.error().text()));
  }
  return found;
}

// ${NAME} in the options of a source, of which the environment knows nothing. Each is told where it stands.
void check_references(const YamlNode& node, Diagnostics& diagnostics) {
  for (const YamlNode& item : node.items) check_references(item, diagnostics);
  for (const YamlNode::Entry& entry : node.entries) check_references(entry.value, diagnostics);
  static const std::regex kReference(R"((\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\})");
  for (std::sregex_iterator at(node.scalar.begin(), node.scalar.end(), kReference), end; at != end; ++at) {
    std::string name = (*at)[2];
    if ((*at)[1].length() > 0 || std::getenv(name.c_str()) != nullptr) continue;
    Place place = node.place;
    auto before = std::string_view(node.scalar).substr(0, static_cast<std::size_t>(at->position()));
    if (!before.contains('\n')) place.column += static_cast<int>(utf8_length(before)) + (node.quoted ? 1 : 0);
    diagnostics.add(place, "missing_variable", fmt::format("the environment variable {} is not set", name),
                    fmt::format("set it before the command (export {}=…), or keep the value in a file and write file:PATH", name));
  }
}

bool has_references(const SourceConfig& config, Diagnostics& diagnostics) {
  std::size_t before = diagnostics.size();
  for (const YamlNode::Entry& entry : config.options) check_references(entry.value, diagnostics);
  for (const auto& [name, table] : config.tables)
    for (const YamlNode::Entry& entry : table.options) check_references(entry.value, diagnostics);
  return diagnostics.size() == before;
}

}  // namespace

void check_source(const SourceConfig& config, const OpenContext& context, Diagnostics& diagnostics) {
  auto unreachable = [&](const Error& error, const Place& place) {
    diagnostics.add(place, code_of(error), fmt::format("the source '{}' cannot be read: {}", config.name, error.text()),
                    info(error.code).retry ? "check that the system runs and can be reached from here" : "");
  };
  if (!has_references(config, diagnostics)) return;
  // The connector itself, under the names of the source: each mistake of the configuration is then told by itself.
  Result<std::unique_ptr<Source>> source = fail(ErrorCode::kNotFound, "no such kind");
  for (const ConnectorInfo& connector : connectors())
    if (connector.kind == config.kind.value) source = connector.open(config, context);
  if (!source) return unreachable(source.error(), config.place);
  auto tables = (*source)->discover();
  if (!tables && (info(tables.error().code).retry || !check_alone(config, **source, diagnostics)))
    return unreachable(tables.error(), config.place);
  if (!tables) return;
  std::vector<std::string> known;
  for (const TableInfo& table : *tables) known.push_back(table.name);
  for (const auto& [name, wanted] : config.tables) {
    const std::string& in_source = name_in_source(name, wanted);
    auto found = std::find_if(tables->begin(), tables->end(), [&](const TableInfo& table) { return table.name == in_source; });
    if (found != tables->end()) {
      check_table(wanted, *found, diagnostics);
    } else {
      diagnostics.add(wanted.table.value.empty() ? wanted.place : wanted.table.place, "unknown_table",
                      fmt::format("the source '{}' has no table '{}'", config.name, in_source), suggestion(in_source, known));
    }
  }
  for (const auto& [kind, write] : config.writes) {
    const Place& place = write.table.value.empty() ? write.idempotency_key.place : write.table.place;
    auto writer = (*source)->writer();
    if (!writer) {
      diagnostics.add(place, "not_writable", fmt::format("a source of kind '{}' cannot be written", config.kind.value),
                      "leave out `writes`: orders then go to files in .sinan/outbox");
      break;
    }
    std::vector<std::string> columns;
    for (const auto& [column, unused] : write.columns) columns.push_back(column);
    auto status = writer->check(write.table.value.empty() ? kind : write.table.value, write.idempotency_key.value, columns);
    if (!status) diagnostics.add(place, "not_writable", fmt::format("orders cannot be written: {}", status.error().text()), "");
  }
}

}  // namespace sinan::sources

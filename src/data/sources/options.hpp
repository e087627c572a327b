// Options that several kinds of source share, and how a kind reads the keys of its YAML that are its own.
#pragma once

#include "data/sources/source.hpp"

namespace sinan::sources {

// Keys of every connector. with_shared() brings them all; with_timezone() is for a kind whose values all fit their types, as those of
// files: odd values (OddValues in values.hpp) never occur there.
struct SharedOptions {
  Located<std::string> timezone;
  std::string odd_values = "null";
};

// What reading them gives.
struct ResolvedOptions {
  Zone zone;
  bool refuse_odd = false;
};
void check_shared(const SharedOptions& options, Diagnostics& diagnostics);
Result<ResolvedOptions> resolve(const SharedOptions& options, const OpenContext& context);

template <typename T>
Shape<T>& with_timezone(Shape<T>& shape) {
  return shape.optional("timezone", static_cast<Located<std::string> T::*>(&T::timezone),
                        "The zone of times that are kept without an offset, such as Europe/Berlin; default: that of the workspace");
}

template <typename T>
Shape<T>& with_shared(Shape<T>& shape) {
  return with_timezone(shape).optional(
      "odd_values", static_cast<std::string T::*>(&T::odd_values),
      "What becomes of values that a type cannot hold, such as zero dates: read as null and counted, or refused",
      {.allowed = {"null", "refuse"}});
}

// Reads the keys that a kind defines. Mistakes go to `diagnostics`; false if there was one.
template <typename T>
bool read_options(const std::vector<YamlNode::Entry>& entries, const Place& place, T& options, Diagnostics& diagnostics) {
  YamlNode node;
  node.kind = YamlNode::Kind::kMap;
  node.place = place;
  node.entries = entries;
  return shape_detail::read(node, {}, options, diagnostics);
}

template <typename T>
Result<T> options_of(const std::vector<YamlNode::Entry>& entries, const Place& place) {
  Diagnostics diagnostics;
  T options;
  if (!read_options(entries, place, options, diagnostics)) return fail(diagnostics.error());
  return options;
}

// The JSON Schema of those keys, for ConnectorInfo.
template <typename T>
Json schema_of_options() {
  return shape_of(static_cast<const T*>(nullptr)).schema();
}

// Where a database is: an address ("postgresql://user:${PASSWORD}@host/db"), or its parts as a map.
struct ConnectionConfig {
  Secret address;
  std::map<std::string, Secret> parts;
};
// `allowed` are the keys that the map may have. Mistakes go to `diagnostics`.
ConnectionConfig read_connection(const YamlNode& node, const std::vector<std::string>& allowed, Diagnostics& diagnostics);
Result<std::map<std::string, std::string>> resolve_parts(const ConnectionConfig& connection, const std::filesystem::path& base_dir);

// An address taken apart and decoded. Its parts are secrets.
struct Address {
  std::string scheme;
  std::string user;
  std::string password;
  std::string host;  // without the brackets of IPv6
  int port = 0;      // 0: the default
  std::string database;
  std::map<std::string, std::string> parameters;
};
// scheme://[user[:password]@]host[:port][/database][?key=value&…]. Errors never quote the text.
Result<Address> parse_address(std::string_view text);

// The table of `config` that reads `source_table`, if any.
const TableConfig* config_of(const SourceConfig& config, std::string_view source_table);
// The pinned types of a source's table; only good ones, for read_configs() has refused the others.
std::map<std::string, Type> pinned_types(const SourceConfig& config, std::string_view source_table);

// "…; did you mean 'orders'? There are: a, b, c": the end of a message about a name that is not there.
std::string suggestion(std::string_view name, std::vector<std::string> known);

}  // namespace sinan::sources

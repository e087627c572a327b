#include "data/sources/options.hpp"

#include <charconv>

namespace sinan::sources {

void check_shared(const SharedOptions& options, Diagnostics& diagnostics) {
  if (options.timezone.value.empty() || Zone::find(options.timezone.value)) return;
  diagnostics.add(options.timezone.place, "invalid_value", fmt::format("unknown time zone '{}'", options.timezone.value),
                  "use an IANA name such as Europe/Berlin");
}

Result<ResolvedOptions> resolve(const SharedOptions& options, const OpenContext& context) {
  ResolvedOptions out{context.zone, options.odd_values == "refuse"};
  if (!options.timezone.value.empty()) {
    auto zone = Zone::find(options.timezone.value);
    if (!zone) return fail(zone.error().code, zone.error().message, options.timezone.place.text());
    out.zone = *zone;
  }
  return out;
}

ConnectionConfig read_connection(const YamlNode& node, const std::vector<std::string>& allowed, Diagnostics& diagnostics) {
  ConnectionConfig out;
  if (node.kind == YamlNode::Kind::kScalar) {
    out.address = Secret(node.scalar, node.place);
    return out;
  }
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.add(node.place, "invalid_value", fmt::format("connection is {}", node.kind_name()),
                    "write an address, or a map of: " + fmt::format("{}", fmt::join(allowed, ", ")));
    return out;
  }
  for (const YamlNode::Entry& entry : node.entries) {
    if (std::find(allowed.begin(), allowed.end(), entry.key) == allowed.end()) {
      diagnostics.add(entry.key_place, "unknown_key", fmt::format("connection has no key '{}'", entry.key), suggestion(entry.key, allowed));
      continue;
    }
    Secret value;
    if (shape_detail::read(entry.value, {}, value, diagnostics)) out.parts[entry.key] = value;
  }
  return out;
}

Result<std::map<std::string, std::string>> resolve_parts(const ConnectionConfig& connection, const std::filesystem::path& base_dir) {
  std::map<std::string, std::string> out;
  for (const auto& [key, secret] : connection.parts) {
    SINAN_TRY(out[key], secret.resolve(base_dir));
  }
  return out;
}

namespace {

std::unexpected<Error> bad_address(std::string_view why) {
  return fail(ErrorCode::kInvalidInput,
              fmt::format("the connection is no address like scheme://user:password@host:port/database: {}; write characters such as "
                          "@ : / ? # and spaces in the password as %40 %3A %2F %3F %23 %20",
                          why));
}

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size()) return false;
    auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
    if (error != std::errc() || end != text.data() + i + 3 || byte == 0) return false;
    out += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

// Splits at the first `mark`; the rest is empty and `found` false without one.
std::string_view take_until(std::string_view& rest, char mark, bool& found) {
  auto at = rest.find(mark);
  found = at != std::string_view::npos;
  std::string_view head = rest.substr(0, at);
  rest = found ? rest.substr(at + 1) : std::string_view();
  return head;
}

bool read_host_and_port(std::string_view text, Address& out) {
  std::string_view port;
  if (text.starts_with('[')) {
    auto close = text.find(']');
    if (close == std::string_view::npos) return false;
    out.host = text.substr(1, close - 1);
    std::string_view rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return false;
    if (!rest.empty()) port = rest.substr(1);
  } else {
    bool found = false;
    std::string_view host = take_until(text, ':', found);
    if (!percent_decode(host, out.host)) return false;
    port = text;
  }
  if (port.empty()) return true;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  return error == std::errc() && end == port.data() + port.size() && out.port > 0 && out.port < 65536;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  Address out;
  auto colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0) return bad_address("it has no scheme");
  out.scheme = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 3);
  bool found = false;
  auto query_at = rest.find('?');
  std::string_view query = query_at == std::string_view::npos ? std::string_view() : rest.substr(query_at + 1);
  rest = rest.substr(0, query_at);
  std::string_view authority = take_until(rest, '/', found);
  if (!percent_decode(rest, out.database)) return bad_address("the database is not percent-encoded");
  if (auto at = authority.rfind('@'); at != std::string_view::npos) {
    std::string_view login = authority.substr(0, at);
    authority = authority.substr(at + 1);
    std::string_view user = take_until(login, ':', found);
    if (!percent_decode(user, out.user) || !percent_decode(login, out.password))
      return bad_address("the user or password is not percent-encoded");
  }
  if (!read_host_and_port(authority, out)) return bad_address("the host or port is wrong");
  while (!query.empty()) {
    std::string_view pair = take_until(query, '&', found);
    std::string_view key = take_until(pair, '=', found);
    std::string name;
    std::string value;
    if (!found || !percent_decode(key, name) || !percent_decode(pair, value)) return bad_address("what follows the ? is no key=value");
    out.parameters[name] = value;
  }
  return out;
}

const TableConfig* config_of(const SourceConfig& config, std::string_view source_table) {
  for (const auto& [name, table] : config.tables)
    if ((table.table.value.empty() ? name : table.table.value) == source_table) return &table;
  return nullptr;
}

std::map<std::string, Type> pinned_types(const SourceConfig& config, std::string_view source_table) {
  std::map<std::string, Type> out;
  if (const TableConfig* table = config_of(config, source_table))
    for (const auto& [column, sql] : table->types)
      if (auto type = parse_type(sql.value)) out[column] = *type;
  return out;
}

std::string suggestion(std::string_view name, std::vector<std::string> known) {
  constexpr std::size_t kShown = 40;
  auto near = nearest(name, known);
  std::string out = near ? fmt::format("did you mean '{}'? ", *near) : "";
  if (known.empty()) return out + "there are none";
  std::size_t more = known.size() > kShown ? known.size() - kShown : 0;
  known.resize(std::min(known.size(), kShown));
  return out + fmt::format("there are: {}{}", fmt::join(known, ", "), more ? fmt::format(" and {} more", more) : "");
}

}  // namespace sinan::sources

#include "base/shape.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/time.hpp"

namespace sinan {

Result<std::string> expand_env(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i).starts_with("$${")) {
      out += "${";
      i += 3;
    } else if (text.substr(i).starts_with("${")) {
      std::size_t close = text.find('}', i);
      if (close == std::string_view::npos)
        return fail(ErrorCode::kInvalidInput, "a reference ${…} does not close; write $${ for a literal ${");
      std::string name(text.substr(i + 2, close - i - 2));
      const char* value = std::getenv(name.c_str());
      if (!value)
        return fail(ErrorCode::kPrecondition, fmt::format("the environment variable {} is not set; set it before the command", name));
      out += value;
      i = close + 1;
    } else {
      out += text[i++];
    }
  }
  return out;
}

Result<std::string> Secret::resolve(const std::filesystem::path& base_dir) const {
  constexpr std::string_view kFile = "file:";
  // "file:" with a query part is a SQLite address, not a reference.
  if (!reference_.starts_with(kFile)) {
    auto text = expand_env(reference_);
    if (!text) return fail(Error{text.error().code, text.error().message, place_.text()});
    return text;
  }
  std::filesystem::path path = reference_.substr(kFile.size());
  if (path.is_relative()) path = base_dir / path;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kPrecondition, fmt::format("the secret file {} cannot be read", path.string()), place_.text());
  std::ostringstream content;
  content << file.rdbuf();
  std::string text = content.str();
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

namespace shape_detail {
namespace {

bool wrong(const YamlNode& node, Diagnostics& out, std::string message, std::string hint) {
  out.add(node.place, "invalid_value", std::move(message), std::move(hint));
  return false;
}

bool within(const YamlNode& node, const Limits& limits, double value, Diagnostics& out) {
  if (limits.min && value < *limits.min)
    return wrong(node, out, fmt::format("{} is too small", node.scalar), fmt::format("the smallest value is {}", *limits.min));
  if (limits.max && value > *limits.max)
    return wrong(node, out, fmt::format("{} is too large", node.scalar), fmt::format("the largest value is {}", *limits.max));
  return true;
}

std::string described(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kScalar ? fmt::format("'{}'", node.scalar) : std::string(node.kind_name());
}

template <typename T>
bool read_number(const YamlNode& node, const Limits& limits, std::string_view what, T& value, Diagnostics& out) {
  const char* end = node.scalar.data() + node.scalar.size();
  T parsed{};
  bool good = node.kind == YamlNode::Kind::kScalar && !node.quoted;
  if (good) {
    auto [stop, error] = std::from_chars(node.scalar.data(), end, parsed);
    good = error == std::errc() && stop == end;
    if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(parsed);
  }
  if (!good) return wrong(node, out, fmt::format("{} expected, not {}", what, described(node)), "write the number without quotes or units");
  if (!within(node, limits, static_cast<double>(parsed), out)) return false;
  value = parsed;
  return true;
}

Json number_schema(std::string_view type, const Limits& limits) {
  Json out{{"type", type}};
  if (limits.min) out["minimum"] = *limits.min;
  if (limits.max) out["maximum"] = *limits.max;
  return out;
}

}  // namespace

bool expect(const YamlNode& node, YamlNode::Kind kind, std::string_view what, Diagnostics& out) {
  if (node.kind == kind) return true;
  std::string_view form = kind == YamlNode::Kind::kMap    ? "write 'key: value' lines, indented below"
                          : kind == YamlNode::Kind::kList ? "write [a, b] or lines that start with '- '"
                                                          : "write one value";
  return wrong(node, out, fmt::format("{} expected, not {}", what, described(node)), std::string(form));
}

bool read(const YamlNode& node, const Limits& limits, std::string& value, Diagnostics& out) {
  if (!expect(node, YamlNode::Kind::kScalar, "text", out)) return false;
  if (!limits.allowed.empty() && std::find(limits.allowed.begin(), limits.allowed.end(), node.scalar) == limits.allowed.end()) {
    auto near = nearest(node.scalar, limits.allowed);
    return wrong(node, out, fmt::format("'{}' is not one of the values that are possible here", node.scalar),
                 near ? fmt::format("did you mean '{}'? Possible: {}", *near, fmt::join(limits.allowed, ", "))
                      : fmt::format("possible: {}", fmt::join(limits.allowed, ", ")));
  }
  value = node.scalar;
  return true;
}

bool read(const YamlNode& node, const Limits&, bool& value, Diagnostics& out) {
  bool good = node.kind == YamlNode::Kind::kScalar && !node.quoted && (node.scalar == "true" || node.scalar == "false");
  if (!good) return wrong(node, out, fmt::format("true or false expected, not {}", described(node)), "write true or false");
  value = node.scalar == "true";
  return true;
}

bool read(const YamlNode& node, const Limits& limits, std::int64_t& value, Diagnostics& out) {
  return read_number(node, limits, "a whole number", value, out);
}
bool read(const YamlNode& node, const Limits& limits, int& value, Diagnostics& out) {
  return read_number(node, limits, "a whole number", value, out);
}
bool read(const YamlNode& node, const Limits& limits, double& value, Diagnostics& out) {
  return read_number(node, limits, "a number", value, out);
}

bool read(const YamlNode& node, const Limits& limits, Decimal& value, Diagnostics& out) {
  if (!expect(node, YamlNode::Kind::kScalar, "an amount", out)) return false;
  auto parsed = Decimal::parse(node.scalar);
  if (!parsed) return wrong(node, out, parsed.error().message, "write an amount such as 1250.00");
  if (!within(node, limits, parsed->to_double(), out)) return false;
  value = *parsed;
  return true;
}

bool read(const YamlNode& node, const Limits& limits, std::chrono::microseconds& value, Diagnostics& out) {
  if (!expect(node, YamlNode::Kind::kScalar, "a duration", out)) return false;
  auto parsed = parse_duration(node.scalar);
  if (!parsed) return wrong(node, out, parsed.error().message, "write a number and a unit: 90s, 15m, 2h, 1d");
  if (!within(node, limits, static_cast<double>(parsed->count()) / 1e6, out)) return false;
  value = *parsed;
  return true;
}

bool read(const YamlNode& node, const Limits&, Secret& value, Diagnostics& out) {
  if (!expect(node, YamlNode::Kind::kScalar, "a reference or text", out)) return false;
  value = Secret(node.scalar, node.place);
  return true;
}

bool read(const YamlNode& node, const Limits&, YamlNode& value, Diagnostics&) {
  value = node;
  return true;
}

Json schema(const Limits& limits, const std::string*) {
  if (!limits.allowed.empty()) return Json{{"type", "string"}, {"enum", limits.allowed}};
  // A number where text stands is read as it is written.
  return Json{{"type", Json::array({"string", "number", "boolean"})}};
}
Json schema(const Limits&, const bool*) { return Json{{"type", "boolean"}}; }
Json schema(const Limits& limits, const std::int64_t*) { return number_schema("integer", limits); }
Json schema(const Limits& limits, const int*) { return number_schema("integer", limits); }
Json schema(const Limits& limits, const double*) { return number_schema("number", limits); }
Json schema(const Limits&, const Decimal*) { return Json{{"type", Json::array({"string", "number"})}}; }
Json schema(const Limits&, const std::chrono::microseconds*) {
  return Json{{"type", "string"}, {"pattern", "^[0-9]{1,9}(us|ms|s|m|h|d|w)$"}};
}
Json schema(const Limits&, const Secret*) { return Json{{"type", "string"}}; }
Json schema(const Limits&, const YamlNode*) { return Json::object(); }

}  // namespace shape_detail
}  // namespace sinan

// What a section of the workspace may hold, described once: the reader, its error messages and the JSON Schema come from it.
//
//   struct Rule { std::string column; double min = 0; };
//   const Shape<Rule>& shape_of(const Rule*) {
//     static const auto shape = Shape<Rule>("rule", "A quality rule.")
//         .required("column", &Rule::column, "The column that the rule judges")
//         .optional("min", &Rule::min, "The smallest value allowed");
//     return shape;
//   }
//
// Members may be: std::string, bool, std::int64_t, int, double, Decimal, std::chrono::microseconds, Secret, Located<T>, YamlNode (read by
// whoever knows its kind), std::vector<T>, std::map<std::string, T>, std::optional<T>, and any struct with its own shape_of().
#pragma once

#include <concepts>

#include "base/money.hpp"
#include "base/yaml.hpp"

namespace sinan {

// A value with the place where it was written, for checks that come later.
template <typename T>
struct Located {
  T value{};
  Place place;
};

// Text that may hold ${ENV} references, or `file:PATH` as a whole (one trailing newline is dropped). Never print resolve().
class Secret {
 public:
  Secret() = default;
  Secret(std::string reference, Place place) : reference_(std::move(reference)), place_(std::move(place)) {}
  const std::string& reference() const { return reference_; }
  const Place& place() const { return place_; }
  bool empty() const { return reference_.empty(); }
  // The text with references replaced; `base_dir` is where relative files lie. kPrecondition names the variable that is not set.
  Result<std::string> resolve(const std::filesystem::path& base_dir) const;

 private:
  std::string reference_;
  Place place_;
};

// Replaces ${NAME} by the environment; "$${" stands for "${". kPrecondition names what is not set; kInvalidInput what does not close.
Result<std::string> expand_env(std::string_view text);

// Bounds of one key. Texts must be one of `allowed` when that is not empty.
struct Limits {
  std::vector<std::string> allowed = {};
  std::optional<double> min = {};
  std::optional<double> max = {};
};

template <typename T>
class Shape;

namespace shape_detail {

bool expect(const YamlNode& node, YamlNode::Kind kind, std::string_view what, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, std::string& value, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, bool& value, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, std::int64_t& value, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, int& value, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, double& value, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, Decimal& value, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, std::chrono::microseconds& value, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, Secret& value, Diagnostics& out);
bool read(const YamlNode& node, const Limits& limits, YamlNode& value, Diagnostics& out);

Json schema(const Limits& limits, const std::string*);
Json schema(const Limits& limits, const bool*);
Json schema(const Limits& limits, const std::int64_t*);
Json schema(const Limits& limits, const int*);
Json schema(const Limits& limits, const double*);
Json schema(const Limits& limits, const Decimal*);
Json schema(const Limits& limits, const std::chrono::microseconds*);
Json schema(const Limits& limits, const Secret*);
Json schema(const Limits& limits, const YamlNode*);

template <typename T>
concept Shaped = requires(const T* t) {
  { shape_of(t) } -> std::convertible_to<const Shape<T>&>;
};

template <Shaped T>
bool read(const YamlNode& node, const Limits&, T& value, Diagnostics& out);
template <typename T>
bool read(const YamlNode& node, const Limits& limits, Located<T>& value, Diagnostics& out);
template <typename T>
bool read(const YamlNode& node, const Limits& limits, std::optional<T>& value, Diagnostics& out);
template <typename T>
bool read(const YamlNode& node, const Limits& limits, std::vector<T>& value, Diagnostics& out);
template <typename T>
bool read(const YamlNode& node, const Limits& limits, std::map<std::string, T>& value, Diagnostics& out);

template <Shaped T>
Json schema(const Limits&, const T*);
template <typename T>
Json schema(const Limits& limits, const Located<T>*);
template <typename T>
Json schema(const Limits& limits, const std::optional<T>*);
template <typename T>
Json schema(const Limits& limits, const std::vector<T>*);
template <typename T>
Json schema(const Limits& limits, const std::map<std::string, T>*);

}  // namespace shape_detail

template <typename T>
class Shape {
 public:
  Shape(std::string name, std::string summary) : name_(std::move(name)), summary_(std::move(summary)) {}

  template <typename M>
  Shape& required(std::string key, M T::* member, std::string summary, Limits limits = {}) {
    return add(std::move(key), member, std::move(summary), std::move(limits), true);
  }
  template <typename M>
  Shape& optional(std::string key, M T::* member, std::string summary, Limits limits = {}) {
    return add(std::move(key), member, std::move(summary), std::move(limits), false);
  }
  // Keys beyond the listed ones are handed to `member` (a map YamlNode), for a later reader that knows them.
  Shape& rest(std::vector<YamlNode::Entry> T::* member) {
    rest_ = member;
    return *this;
  }
  // Called after a good read; may add diagnostics about what the keys mean together.
  Shape& check(std::function<void(const T&, const YamlNode&, Diagnostics&)> check) {
    check_ = std::move(check);
    return *this;
  }

  const std::string& name() const { return name_; }

  // Fills `value`; every mistake goes to `out`. False if there was one.
  bool read(const YamlNode& node, T& value, Diagnostics& out) const {
    std::size_t before = out.size();
    // "items:" alone is a map without keys.
    if (node.kind != YamlNode::Kind::kNull && !shape_detail::expect(node, YamlNode::Kind::kMap, name_, out)) return false;
    for (const YamlNode::Entry& entry : node.entries) {
      auto key = std::find_if(keys_.begin(), keys_.end(), [&](const Key& k) { return k.name == entry.key; });
      if (key != keys_.end()) {
        key->read(entry.value, value, out);
      } else if (rest_) {
        (value.*rest_).push_back(entry);
      } else {
        unknown_key(entry, out);
      }
    }
    for (const Key& key : keys_)
      if (key.required && !node.find(key.name))
        out.add(node.place, "missing_key", fmt::format("{} lacks the key '{}'", name_, key.name), key.summary);
    if (check_ && out.size() == before) check_(value, node, out);
    return out.size() == before;
  }

  Json schema() const {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Key& key : keys_) {
      Json property = key.schema();
      property["description"] = key.summary;
      properties[key.name] = std::move(property);
      if (key.required) required.push_back(key.name);
    }
    Json out{{"type", "object"}, {"description", summary_}, {"properties", std::move(properties)}};
    if (!required.empty()) out["required"] = std::move(required);
    if (!rest_) out["additionalProperties"] = false;
    return out;
  }

 private:
  struct Key {
    std::string name;
    std::string summary;
    bool required;
    std::function<bool(const YamlNode&, T&, Diagnostics&)> read;
    std::function<Json()> schema;
  };

  template <typename M>
  Shape& add(std::string key, M T::* member, std::string summary, Limits limits, bool required) {
    keys_.push_back(Key{
        std::move(key),
        std::move(summary),
        required,
        [member, limits](const YamlNode& node, T& value, Diagnostics& out) { return shape_detail::read(node, limits, value.*member, out); },
        [limits] { return shape_detail::schema(limits, static_cast<const M*>(nullptr)); },
    });
    return *this;
  }

  void unknown_key(const YamlNode::Entry& entry, Diagnostics& out) const {
    std::vector<std::string> names;
    for (const Key& key : keys_) names.push_back(key.name);
    auto near = nearest(entry.key, names);
    out.add(entry.key_place, "unknown_key", fmt::format("{} has no key '{}'", name_, entry.key),
            near ? fmt::format("did you mean '{}'?", *near) : fmt::format("it may have: {}", fmt::join(names, ", ")));
  }

  std::string name_;
  std::string summary_;
  std::vector<Key> keys_;
  std::vector<YamlNode::Entry> T::* rest_ = nullptr;
  std::function<void(const T&, const YamlNode&, Diagnostics&)> check_;
};

namespace shape_detail {

template <Shaped T>
bool read(const YamlNode& node, const Limits&, T& value, Diagnostics& out) {
  return shape_of(static_cast<const T*>(nullptr)).read(node, value, out);
}
template <typename T>
bool read(const YamlNode& node, const Limits& limits, Located<T>& value, Diagnostics& out) {
  value.place = node.place;
  return read(node, limits, value.value, out);
}
template <typename T>
bool read(const YamlNode& node, const Limits& limits, std::optional<T>& value, Diagnostics& out) {
  if (node.kind == YamlNode::Kind::kNull) return true;
  return read(node, limits, value.emplace(), out);
}
template <typename T>
bool read(const YamlNode& node, const Limits& limits, std::vector<T>& value, Diagnostics& out) {
  if (!expect(node, YamlNode::Kind::kList, "a list", out)) return false;
  bool good = true;
  value.clear();
  for (const YamlNode& item : node.items) good = read(item, limits, value.emplace_back(), out) && good;
  return good;
}
template <typename T>
bool read(const YamlNode& node, const Limits& limits, std::map<std::string, T>& value, Diagnostics& out) {
  if (!expect(node, YamlNode::Kind::kMap, "a map", out)) return false;
  bool good = true;
  value.clear();
  for (const YamlNode::Entry& entry : node.entries) good = read(entry.value, limits, value[entry.key], out) && good;
  return good;
}

template <Shaped T>
Json schema(const Limits&, const T*) {
  return shape_of(static_cast<const T*>(nullptr)).schema();
}
template <typename T>
Json schema(const Limits& limits, const Located<T>*) {
  return schema(limits, static_cast<const T*>(nullptr));
}
template <typename T>
Json schema(const Limits& limits, const std::optional<T>*) {
  return schema(limits, static_cast<const T*>(nullptr));
}
template <typename T>
Json schema(const Limits& limits, const std::vector<T>*) {
  return Json{{"type", "array"}, {"items", schema(limits, static_cast<const T*>(nullptr))}};
}
template <typename T>
Json schema(const Limits& limits, const std::map<std::string, T>*) {
  return Json{{"type", "object"}, {"additionalProperties", schema(limits, static_cast<const T*>(nullptr))}};
}

}  // namespace shape_detail
}  // namespace sinan

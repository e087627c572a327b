#include "base/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <sstream>

#include "base/text.hpp"

namespace sinan {

std::string Place::text() const {
  if (line == 0) return file;
  return fmt::format("{}:{}:{}", file, line, column);
}

void Diagnostics::add(Place place, std::string code, std::string message, std::string hint) {
  items_.push_back({std::move(place), std::move(code), std::move(message), std::move(hint)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> out = items_;
  std::stable_sort(out.begin(), out.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) < std::tie(b.place.file, b.place.line, b.place.column);
  });
  return out;
}

Error Diagnostics::error() const {
  if (items_.empty()) broken("an error needs a diagnostic");
  const Diagnostic first = sorted().front();
  std::string message = first.message;
  if (!first.hint.empty()) message += "; " + first.hint;
  if (items_.size() > 1) message += fmt::format(" (and {} more: see sinan check)", items_.size() - 1);
  return Error{ErrorCode::kInvalidInput, std::move(message), first.place.text()};
}

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

std::string_view YamlNode::kind_name() const {
  switch (kind) {
    case Kind::kNull: return "nothing";
    case Kind::kScalar: return "a value";
    case Kind::kList: return "a list";
    case Kind::kMap: return "a map";
  }
  broken("yaml kind in range");
}

Json YamlNode::to_json() const {
  switch (kind) {
    case Kind::kNull: return nullptr;
    case Kind::kList: {
      Json out = Json::array();
      for (const YamlNode& item : items) out.push_back(item.to_json());
      return out;
    }
    case Kind::kMap: {
      Json out = Json::object();
      for (const Entry& entry : entries) out[entry.key] = entry.value.to_json();
      return out;
    }
    case Kind::kScalar: break;
  }
  if (quoted) return scalar;
  if (scalar == "true") return true;
  if (scalar == "false") return false;
  const char* end = scalar.data() + scalar.size();
  std::int64_t integer = 0;
  if (auto [stop, error] = std::from_chars(scalar.data(), end, integer); error == std::errc() && stop == end) return integer;
  double real = 0;
  if (auto [stop, error] = std::from_chars(scalar.data(), end, real); error == std::errc() && stop == end && std::isfinite(real))
    return real;
  return scalar;
}

namespace {

// Builds the tree from the parser's events, which alone carry duplicate keys and marks.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string file, std::string_view text, Diagnostics& diagnostics) : file_(std::move(file)), out_(diagnostics) {
    std::size_t start = 0;
    for (std::size_t i = 0; i <= text.size(); ++i)
      if (i == text.size() || text[i] == '\n') {
        lines_.push_back(text.substr(start, i - start));
        start = i + 1;
      }
  }

  std::optional<YamlNode> take() { return std::move(root_); }

  Place place(const YAML::Mark& mark) const {
    if (mark.is_null() || mark.line < 0) return {file_, 1, 1};
    auto line = static_cast<std::size_t>(mark.line);
    auto column = static_cast<std::size_t>(mark.column);
    // Marks count bytes; people count characters.
    if (line < lines_.size()) column = utf8_length(lines_[line].substr(0, column));
    return {file_, mark.line + 1, static_cast<int>(column) + 1};
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(node(YamlNode::Kind::kNull, mark)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    out_.add(place(mark), "yaml_alias", "aliases are not used here", "write the value again");
    add(node(YamlNode::Kind::kNull, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    YamlNode scalar = node(YamlNode::Kind::kScalar, mark);
    scalar.quoted = tag == "!";
    scalar.scalar = value;
    if (!scalar.quoted && (value.empty() || value == "~" || value == "null")) scalar.kind = YamlNode::Kind::kNull;
    add(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open_.push_back({node(YamlNode::Kind::kList, mark), {}, {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open_.push_back({node(YamlNode::Kind::kMap, mark), {}, {}});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;
    std::set<std::string> seen;
  };

  YamlNode node(YamlNode::Kind kind, const YAML::Mark& mark) const {
    YamlNode out;
    out.kind = kind;
    out.place = place(mark);
    return out;
  }

  void close() {
    YamlNode done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  void add(YamlNode child) {
    if (open_.empty()) {
      root_ = std::move(child);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(child));
    } else if (!parent.key) {
      if (child.kind == YamlNode::Kind::kList || child.kind == YamlNode::Kind::kMap)
        out_.add(child.place, "yaml_key", "a key must be plain text", "write the list or map as a value");
      parent.key = std::move(child);
    } else {
      YamlNode key = std::move(*parent.key);
      parent.key.reset();
      if (!parent.seen.insert(key.scalar).second) {
        out_.add(key.place, "duplicate_key", fmt::format("the key '{}' is here twice", key.scalar), "keep one of the two");
        return;
      }
      parent.node.entries.push_back({key.scalar, key.place, std::move(child)});
    }
  }

  std::string file_;
  std::vector<std::string_view> lines_;
  Diagnostics& out_;
  std::vector<Open> open_;
  std::optional<YamlNode> root_;
};

}  // namespace

std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics) {
  if (auto bad = first_invalid_utf8(text)) {
    auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*bad), '\n');
    diagnostics.add({file, static_cast<int>(line), 1}, "encoding", "the file is not UTF-8 text", "save it as UTF-8");
    return std::nullopt;
  }
  TreeBuilder builder(file, text, diagnostics);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      YamlNode empty;
      empty.kind = YamlNode::Kind::kMap;
      empty.place = {file, 1, 1};
      return empty;
    }
    auto tree = builder.take();
    if (tree && tree->kind == YamlNode::Kind::kNull) tree->kind = YamlNode::Kind::kMap;
    TreeBuilder rest(file, text, diagnostics);
    if (parser.HandleNextDocument(rest)) {
      auto second = rest.take();
      diagnostics.add(second ? second->place : Place{file, 1, 1}, "yaml_documents", "the file holds more than one document",
                      "keep one document a file: remove the line '---'");
    }
    return tree;
  } catch (const YAML::Exception& error) {
    diagnostics.add(builder.place(error.mark), "yaml_syntax", "not valid YAML: " + error.msg, "check indentation, quotes and colons here");
    return std::nullopt;
  }
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    std::size_t distance = edit_distance(word, candidate, best_distance);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string near_or_all(std::string_view word, const std::vector<std::string>& candidates) {
  auto near = nearest(word, candidates);
  return near ? fmt::format("did you mean '{}'?", *near) : fmt::format("there are: {}", fmt::join(candidates, ", "));
}

}  // namespace sinan

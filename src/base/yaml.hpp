// YAML with places: every node knows its file, line and column, so that a mistake can be pointed at.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace sinan {

// Where something was written: 1-based, columns in characters. line 0: the file as a whole.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;

  std::string text() const;  // "file:line:column"
  bool operator==(const Place&) const = default;
};

// One mistake in a workspace. `code` is stable ("unknown_key"); `hint` is the way out.
struct Diagnostic {
  Place place;
  std::string code;
  std::string message;
  std::string hint;
};

// Mistakes are collected, so that a person sees all of them at once.
class Diagnostics {
 public:
  void add(Place place, std::string code, std::string message, std::string hint = {});
  bool ok() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  // By file, line, column.
  std::vector<Diagnostic> sorted() const;
  // The first mistake as an error, with the number of the others; only when !ok().
  Error error() const;

 private:
  std::vector<Diagnostic> items_;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  Place place;
  std::string scalar;           // kScalar
  bool quoted = false;          // kScalar: written in quotes or as a block, so always text
  std::vector<YamlNode> items;  // kList
  std::vector<Entry> entries;   // kMap, in order

  const YamlNode* find(std::string_view key) const;
  std::string_view kind_name() const;
  // Numbers, booleans and null as JSON has them; for options that a kind reads itself.
  Json to_json() const;
};

struct YamlNode::Entry {
  std::string key;
  Place key_place;
  YamlNode value;
};

// Parses one document. Syntax errors, duplicate keys, anchors and aliases are reported; nullopt if there is no tree to use.
std::optional<YamlNode> parse_yaml(std::string_view text, const std::string& file, Diagnostics& diagnostics);

// The candidate nearest to `word` by edit distance, if near enough to be meant; for "did you mean".
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);
// The way out for a word that is none of `candidates`: the nearest one as a question, else all of them.
std::string near_or_all(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace sinan

// What an event or a number is about: some attributes of a series (its id, item, category, place), each equal to a text; none of them: all.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sinan::demand {

class Scopes {
 public:
  // The number of the scope of these attributes, 0, 1, … as they are first met; an empty text is any.
  std::uint32_t add(const std::vector<std::string_view>& attributes) {
    std::vector<bool> asked;
    for (std::string_view attribute : attributes) asked.push_back(!attribute.empty());
    patterns_.insert(asked);
    return numbers_.try_emplace(key(attributes, asked), static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  std::size_t size() const { return numbers_.size(); }

  // The scopes that a series with these attributes is in; those that ask for the first attribute come last.
  std::vector<std::uint32_t> of(const std::vector<std::string_view>& attributes) const {
    std::vector<std::uint32_t> out;
    for (const std::vector<bool>& asked : patterns_)
      if (auto found = numbers_.find(key(attributes, asked)); found != numbers_.end()) out.push_back(found->second);
    return out;
  }

 private:
  static std::string key(const std::vector<std::string_view>& attributes, const std::vector<bool>& asked) {
    std::string out;
    for (std::size_t a = 0; a < attributes.size(); ++a) {
      // With its length, so that no text can pass for two.
      if (asked[a]) out += std::to_string(attributes[a].size()) + ':' + std::string(attributes[a]);
      out += '|';
    }
    return out;
  }

  std::set<std::vector<bool>> patterns_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace sinan::demand

// How alike two texts are: 0 nothing in common, 1 equal. Pure, thread-safe; texts are UTF-8 and compared by character.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sinan::matching {

// Code points; invalid bytes count as one character each.
std::u32string characters(std::string_view utf8);

// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment; Damerau 1964). O(|a|·|b|).
std::size_t edit_distance(std::u32string_view a, std::u32string_view b);
// 1 - distance / longer length; two empty texts are equal.
double edit_similarity(std::string_view a, std::string_view b);

// Jaro (1989), with Winkler's (1990) bonus of 0.1 per equal leading character, at most four, above 0.7.
double jaro(std::u32string_view a, std::u32string_view b);
double jaro_winkler(std::string_view a, std::string_view b);

// Shared q-grams over all of them (Jaccard), of the text padded with q - 1 marks at both ends.
double qgram_similarity(std::string_view a, std::string_view b, std::size_t q = 3);

// A sparse vector: features sorted by id.
struct Feature {
  std::uint32_t id;
  float weight;
};
using Features = std::vector<Feature>;
double dot(const Features& a, const Features& b);

}  // namespace sinan::matching

// Brings values that people wrote in different ways into one form, so that equal things become equal text.
//
// Every form starts with Unicode NFKC case folding and the removal of accents (so full-width letters, ß, É and ligatures are no
// difference); punctuation becomes a space, white space collapses. Han text is kept; traditional characters become simplified ones.
// All functions are pure and thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sinan::matching {

// What a column holds; it decides how values are normalised and compared.
enum class Kind : std::uint8_t {
  kText,     // words: titles, descriptions, categories
  kPerson,   // names of people: titles are dropped
  kCompany,  // names of organisations: legal forms (GmbH, Ltd, 有限公司) are dropped
  kAddress,  // street, city: common abbreviations are one
  kEmail,    // "+tag" is dropped from the local part
  kPhone,    // digits, the last nine: country and trunk prefixes do not matter
  kCode,     // numbers and codes by which things are called: letters and digits only
  kNumber,   // amounts
  kDate,
};
std::string_view name_of(Kind kind);

// "" means that nothing is left to compare.
std::string normalize(Kind kind, std::string_view value);

// The words of normalised text; a run of Han characters yields its overlapping pairs (a single one yields itself).
std::vector<std::string> words(std::string_view normalized);

// The kind that most values of a column suggest; `name` is the column's name and counts too ("email", "tel", "公司名称").
Kind guess_kind(std::string_view name, std::span<const std::string> values);

}  // namespace sinan::matching

// Small facts about UTF-8 text that several rooms need.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sinan {

// Characters (code points) in valid UTF-8; of invalid text, bytes that start one.
std::size_t utf8_length(std::string_view text);

// Columns that valid UTF-8 takes on a terminal: wide East Asian characters take two, combining marks none.
std::size_t display_width(std::string_view text);

// The offset of the first byte that is not valid UTF-8 (overlong forms, surrogates and NUL count as invalid).
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

// "1 record", "12 records".
std::string counted(std::int64_t count, std::string_view noun);

// ASCII letters made small, all other bytes as they are.
inline char lowercase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lowercase(std::string_view text);

// Levenshtein distance in bytes, two neighbours that changed places counted once, ASCII case ignored; `limit` or more comes back as
// `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// For terminals: control characters, escape codes and bidirectional overrides become visible as \xNN or \u{NNNN}. Newlines and tabs too.
std::string visible(std::string_view text);

}  // namespace sinan

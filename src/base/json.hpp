// JSON values. Objects keep the order in which keys were added; canonical() sorts them, for hashes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sinan {

using Json = nlohmann::ordered_json;

// Rejects what is not one whole JSON document, with line and column; at most 64 levels deep. Never throws.
Result<Json> parse_json(std::string_view text, std::string_view place = {});

// One line, UTF-8; bytes that are no UTF-8 become U+FFFD. Never throws.
std::string dump(const Json& json);
// Indented by two, for files and people.
std::string dump_pretty(const Json& json);
// Keys sorted, no spaces: equal values give equal bytes.
std::string canonical(const Json& json);

}  // namespace sinan

// What a client writes into a request line and its headers, taken apart with care: everything here reads foreign bytes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sinan::http {

struct Target {
  std::string path;                          // decoded, begins with "/"
  std::map<std::string, std::string> query;  // decoded; of a doubled name the last counts
};

// An origin-form target ("/a/b?x=1"). nullopt for anything else: other forms, bad or incomplete %XX, bytes that are no UTF-8, control
// characters, an encoded slash, and "." or ".." as a segment.
std::optional<Target> parse_target(std::string_view target);

// Replaces %XX (and + by a space if asked); nullopt as above, but slashes are allowed.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
// Everything but letters, digits and -._~ as %XX.
std::string percent_encode(std::string_view text);

// The value of one cookie in a Cookie header, or "". Of a doubled name the first counts, as browsers send the most specific first.
std::string_view cookie(std::string_view header, std::string_view name);

// The host of a Host header ("localhost:8080", "[::1]:80") in small letters without the port; nullopt if malformed.
std::optional<std::string> host_name(std::string_view header);

// The host of an Origin ("http://localhost:8080") as "localhost:8080"; nullopt if malformed, or "null".
std::optional<std::string> origin_host(std::string_view origin);

}  // namespace sinan::http

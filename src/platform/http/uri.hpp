// What a client writes into a request line and its headers, and the addresses that we ask, taken apart with care: everything here reads
// foreign bytes.
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

// An address to send to.
struct Url {
  bool tls = false;  // https
  std::string host;  // in small letters, an IPv6 address without its brackets
  int port = 80;     // 443 of https, unless it is written
  std::string path;  // as written, "/" where there is none
};

// "https://api.example.com/v1", "http://[::1]:8080". nullopt for anything else, also for one with a user, a query or a fragment: there
// secrets would hide, and addresses are shown.
std::optional<Url> parse_url(std::string_view text);

}  // namespace sinan::http

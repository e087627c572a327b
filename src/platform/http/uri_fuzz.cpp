// Whatever a client writes into a request line or header: no crash, and what is accepted holds its promises.
#include <cstdint>
#include <cstdlib>

#include "base/text.hpp"
#include "platform/http/uri.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinan;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto target = http::parse_target(text)) {
    if (!target->path.starts_with('/') || first_invalid_utf8(target->path)) std::abort();
    if (target->path.find("/../") != std::string::npos || target->path.ends_with("/..")) std::abort();
  }
  if (auto decoded = http::percent_decode(text, true)) {
    if (http::percent_decode(http::percent_encode(*decoded), true) != decoded) std::abort();
  }
  http::cookie(text, "sinan");
  if (auto host = http::host_name(text); host && host->empty()) std::abort();
  if (auto origin = http::origin_host(text); origin && !http::host_name(*origin)) std::abort();
  if (auto url = http::parse_url(text); url && (url->host.empty() || !url->path.starts_with('/') || url->port < 1)) std::abort();
  return 0;
}

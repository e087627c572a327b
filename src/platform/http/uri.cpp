#include "platform/http/uri.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace sinan::http {
namespace {

constexpr std::size_t kMaxQueryParameters = 100;

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool digits(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Every "/"-separated part of a path, decoded; false for parts that could climb or hide a slash.
bool decode_path(std::string_view raw, std::string& out) {
  while (!raw.empty()) {
    raw.remove_prefix(1);  // the slash
    std::string_view part = raw.substr(0, raw.find('/'));
    raw.remove_prefix(part.size());
    auto decoded = percent_decode(part, false);
    if (!decoded || *decoded == "." || *decoded == ".." || decoded->find('/') != std::string::npos ||
        decoded->find('\\') != std::string::npos) {
      return false;
    }
    out += '/';
    out += *decoded;
  }
  return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      int high = hex(text[i + 1]);
      int low = hex(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return std::nullopt;
    out += c;
  }
  if (first_invalid_utf8(out)) return std::nullopt;
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::optional<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/') || target.starts_with("//") || target.find('#') != std::string_view::npos) return std::nullopt;
  Target out;
  std::size_t mark = target.find('?');
  if (!decode_path(target.substr(0, mark), out.path)) return std::nullopt;
  if (mark == std::string_view::npos) return out;
  std::string_view rest = target.substr(mark + 1);
  for (std::size_t count = 0; !rest.empty(); ++count) {
    if (count == kMaxQueryParameters) return std::nullopt;
    std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    std::size_t equals = pair.find('=');
    auto key = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!key || !value) return std::nullopt;
    out.query[*key] = std::move(*value);
  }
  return out;
}

std::string_view cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    std::string_view pair = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(pair.size() + 1, header.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return {};
}

std::optional<std::string> host_name(std::string_view header) {
  if (header.empty() || header.size() > 255) return std::nullopt;
  std::string_view host = header;
  std::string_view port;
  if (header.starts_with('[')) {
    std::size_t close = header.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = header.substr(0, close + 1);
    port = header.substr(close + 1);
    for (char c : host.substr(1, host.size() - 2)) {
      if (hex(c) < 0 && c != ':' && c != '.') return std::nullopt;
    }
  } else {
    std::size_t colon = header.find(':');
    host = header.substr(0, colon);
    if (colon != std::string_view::npos) port = header.substr(colon);
    for (char c : host) {
      bool good = (lowercase(c) >= 'a' && lowercase(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
      if (!good) return std::nullopt;
    }
  }
  if (host.empty() || (!port.empty() && (port.front() != ':' || !digits(port.substr(1))))) return std::nullopt;
  return lowercase(host);
}

std::optional<std::string> origin_host(std::string_view origin) {
  std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  std::string_view protocol = origin.substr(0, scheme);
  std::string_view host = origin.substr(scheme + 3);
  if ((protocol != "http" && protocol != "https") || !host_name(host)) return std::nullopt;
  return lowercase(host);
}

std::optional<Url> parse_url(std::string_view text) {
  Url out;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    out.tls = scheme.starts_with("https");
    const std::string_view authority = text.substr(0, text.find('/'));
    const std::string_view path = text.substr(authority.size());
    // Visible ASCII only, as it goes into the request line unchanged.
    if (std::ranges::any_of(path, [](char c) { return c <= 0x20 || c >= 0x7F || c == '?' || c == '#'; })) return std::nullopt;
    auto host = host_name(authority);
    if (!host) return std::nullopt;
    const std::string_view rest = authority.substr(host->size());
    out.port = out.tls ? 443 : 80;
    if (!rest.empty()) out.port = 0;
    for (char c : rest.substr(std::min<std::size_t>(rest.size(), 1))) out.port = out.port * 10 + (c - '0');
    if (out.port < 1 || out.port > 65'535) return std::nullopt;
    out.host = host->starts_with('[') ? host->substr(1, host->size() - 2) : *host;
    if (out.host.empty()) return std::nullopt;
    out.path = path.empty() ? "/" : std::string(path);
    return out;
  }
  return std::nullopt;
}

}  // namespace sinan::http

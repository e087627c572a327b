#include "platform/http/guard.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "platform/http/uri.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::http {
namespace {

bool wants_html(const Request& request) { return request.header("accept").find("text/html") != std::string::npos; }

Response refuse(const Request& request, int status, ErrorCode code, const std::string& message) {
  if (wants_html(request)) {
    return html_response(fmt::format("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
                                     "content=\"width=device-width\"><title>Sinan</title><h1>Sinan 司南</h1><p>{}</p></html>\n",
                                     message),
                         "", status);
  }
  Response out = error_response({code, message});
  out.status = status;
  return out;
}

// Compared by hash, so that the length of the secret does not show either.
bool same(std::string_view a, std::string_view b) { return secrets::equal(secrets::sha256(a), secrets::sha256(b)); }

}  // namespace

Guard::Guard(GuardOptions options) : options_(std::move(options)) {
  if (options_.token.size() < 32) broken("a server has a token of at least 32 characters");
  cookie_value_ = secrets::hmac_sha256(options_.token, "sinan browser session");
}

bool Guard::authenticated(const Request& request) const {
  const std::string& authorization = request.header("authorization");
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.starts_with(kBearer)) {
    return same(std::string_view(authorization).substr(kBearer.size()), options_.token);
  }
  std::string_view value = cookie(request.header("cookie"), options_.cookie_name);
  return !value.empty() && same(value, cookie_value_);
}

// "/?token=…": the address that a person opens. The clean address follows, so that the token stays out of the history.
std::optional<Response> Guard::open_session(const Request& request) const {
  auto token = request.query.find("token");
  if (token == request.query.end() || (request.method != Method::kGet && request.method != Method::kHead)) return std::nullopt;
  if (!same(token->second, options_.token)) {
    return refuse(request, 401, ErrorCode::kUnauthenticated, "the token is not the one of this server; open the address that it printed");
  }
  std::string location;
  for (std::size_t begin = 0; begin < request.path.size();) {  // encode segment by segment
    std::size_t end = std::min(request.path.find('/', begin + 1), request.path.size());
    location += '/' + percent_encode(std::string_view(request.path).substr(begin + 1, end - begin - 1));
    begin = end;
  }
  char separator = '?';
  for (const auto& [key, value] : request.query) {
    if (key == "token") continue;
    location += fmt::format("{}{}={}", separator, percent_encode(key), percent_encode(value));
    separator = '&';
  }
  Response out = redirect(location);
  out.headers.emplace_back("Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", options_.cookie_name, cookie_value_));
  return out;
}

std::optional<Response> Guard::judge(const Request& request, Access access) const {
  auto host = host_name(request.header("host"));
  if (!host || std::find(options_.hosts.begin(), options_.hosts.end(), *host) == options_.hosts.end()) {
    return refuse(request, 421, ErrorCode::kDenied,
                  "this server does not answer to that host name; use the address that it printed, or add the name to `hosts`");
  }
  const std::string& origin = request.header("origin");
  const std::string own = lowercase(request.header("host"));
  bool foreign = !origin.empty() && origin_host(origin) != own;
  // A link followed from another page is a navigation by GET; anything else from another site is not meant by the user.
  const std::string& site = request.header("sec-fetch-site");
  bool navigation = request.header("sec-fetch-mode") == "navigate" && request.method == Method::kGet;
  if (foreign || ((site == "cross-site" || site == "same-site") && !navigation)) {
    return refuse(request, 403, ErrorCode::kDenied, "requests from other web sites are refused");
  }
  if (access == Access::kPublic) return std::nullopt;
  if (auto session = open_session(request)) return session;
  if (authenticated(request)) return std::nullopt;
  Response out = refuse(request, 401, ErrorCode::kUnauthenticated,
                        "a token is needed: open the address that `sinan serve` printed, or send `Authorization: Bearer TOKEN`");
  out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

}  // namespace sinan::http

// Who may come in: judges a request by its Host, Origin and credentials before any handler sees it.
//
// The token is the only secret. A browser opens "/?token=…" once and then holds a cookie, derived from the token by HMAC, that scripts
// cannot read and other sites cannot make it send (HttpOnly, SameSite=Strict). A foreign Host (DNS rebinding) or Origin (cross-site
// request) is refused whatever it carries. Comparisons take the same time for every guess.
#pragma once

#include <optional>

#include "platform/http/router.hpp"

namespace sinan::http {

struct GuardOptions {
  std::string token;               // at least 32 characters
  std::string cookie_name;         // has the port in it, because browsers share cookies between the ports of a host
  std::vector<std::string> hosts;  // allowed in Host, in small letters, without port: "127.0.0.1", "localhost", "[::1]"
};

class Guard {
 public:
  explicit Guard(GuardOptions options);

  // nullopt: come in. Otherwise the answer: 421 for a foreign host, 403 for a foreign origin, 401 without credentials, or 303 with a
  // cookie for a good ?token=….
  std::optional<Response> judge(const Request& request, Access access) const;

 private:
  bool authenticated(const Request& request) const;
  std::optional<Response> open_session(const Request& request) const;

  GuardOptions options_;
  std::string cookie_value_;
};

}  // namespace sinan::http

// Routes: a method and a pattern with parameters ("/api/v1/runs/{id}") give a handler.
#pragma once

#include <functional>
#include <vector>

#include "platform/http/message.hpp"

namespace sinan::http {

// Called from several threads at once. What it throws becomes a 500 that names the request id, not the cause.
using Handler = std::function<Response(const Request&)>;

enum class Access {
  kToken,   // the default: only with the bearer token or the cookie
  kPublic,  // liveness probes; nothing about the company
};

struct Route {
  Method method = Method::kGet;  // kGet answers HEAD too
  std::string pattern;           // segments are literal, or {name}: one whole segment
  Handler handler;
  Access access = Access::kToken;
};

class Router {
 public:
  // Two routes for the same method and shape are a broken invariant.
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  // null: no such path, or not for this method
    std::map<std::string, std::string> parameters;
    std::vector<std::string> allowed;  // the methods of the path, when the method does not fit
  };
  // Literal segments win over parameters. Linear in the number of routes.
  Match find(Method method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace sinan::http

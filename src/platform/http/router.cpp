#include "platform/http/router.hpp"

#include <set>

namespace sinan::http {
namespace {

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    std::string_view part = path.substr(0, path.find('/'));
    out.push_back(part);
    path.remove_prefix(part.size());
  }
  return out;
}

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

// The pattern with its parameters unnamed: equal shapes would be the same route.
std::string shape(const Route& route) {
  std::string out(name(route.method));
  for (std::string_view segment : segments(route.pattern)) {
    out += '/';
    out += is_parameter(segment) ? std::string_view("{}") : segment;
  }
  return out;
}

// Parameters of the match, or nullopt.
std::optional<std::map<std::string, std::string>> match(std::string_view pattern, const std::vector<std::string_view>& path) {
  std::vector<std::string_view> parts = segments(pattern);
  if (parts.size() != path.size()) return std::nullopt;
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (is_parameter(parts[i])) {
      if (path[i].empty()) return std::nullopt;
      out[std::string(parts[i].substr(1, parts[i].size() - 2))] = path[i];
    } else if (parts[i] != path[i]) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  std::set<std::string> shapes;
  for (const Route& route : routes_) {
    if (!route.pattern.starts_with('/') || !route.handler || !shapes.insert(shape(route)).second) {
      broken("every route has a handler, a pattern from the root, and a shape of its own");
    }
  }
}

Router::Match Router::find(Method method, std::string_view path) const {
  std::vector<std::string_view> parts = segments(path);
  Match best;
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    auto parameters = match(route.pattern, parts);
    if (!parameters) continue;
    allowed.emplace(name(route.method));
    if (route.method == Method::kGet) allowed.emplace(name(Method::kHead));
    bool fits = route.method == method || (route.method == Method::kGet && method == Method::kHead);
    if (fits && (!best.route || parameters->size() < best.parameters.size())) {
      best.route = &route;
      best.parameters = std::move(*parameters);
    }
  }
  if (!best.route) best.allowed.assign(allowed.begin(), allowed.end());
  return best;
}

}  // namespace sinan::http

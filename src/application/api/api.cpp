#include "application/api/api.hpp"

namespace sinan::api {

#define ROUTES(resource) std::vector<http::Route> resource##_routes(const ApiContext& context);
#include "application/api/routes.inc"
#undef ROUTES

std::vector<http::Route> routes(const ApiContext& context) {
  std::vector<http::Route> out;
#define ROUTES(resource) \
  for (http::Route & route : resource##_routes(context)) out.push_back(std::move(route));
#include "application/api/routes.inc"
#undef ROUTES
  return out;
}

}  // namespace sinan::api

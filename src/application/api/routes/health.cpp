// Whether the server lives, and whether it can work.
#include "application/api/api.hpp"
#include "application/api/wire.hpp"

namespace sinan::api {

std::vector<http::Route> health_routes(const ApiContext& context) {
  return {
      {http::Method::kGet, "/api/v1/health/live", [](const http::Request&) { return http::json_response({{"status", "live"}}); },
       http::Access::kPublic},
      {http::Method::kGet, "/api/v1/health/ready",
       [context](const http::Request&) {
         auto runs = context.engine->history().list({.limit = 1});
         if (!runs) {
           Error error{ErrorCode::kUnavailable, "the store cannot be read; see the log of the server"};
           return http::error_response(error);
         }
         return http::json_response({{"status", "ready"}});
       },
       http::Access::kPublic},
      {http::Method::kGet, "/api/v1/about",
       [context](const http::Request&) {
         return http::json_response({{"company", context.name},
                                     {"user", context.user.user},
                                     {"timezone", context.zone.name()},
                                     {"now", format_rfc3339(context.clock->now())},
                                     {"version", context.version}});
       }},
  };
}

}  // namespace sinan::api

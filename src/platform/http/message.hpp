// Requests and responses as handlers see them: plain values, no socket, no library type.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.hpp"
#include "base/json.hpp"

namespace sinan::http {

enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOther };
std::string_view name(Method method);

struct Request {
  Method method = Method::kGet;
  std::string target;                          // as sent: "/api/v1/runs/a%20b?limit=5"
  std::string path;                            // decoded: "/api/v1/runs/a b"
  std::map<std::string, std::string> query;    // decoded; of a doubled name the last counts
  std::map<std::string, std::string> headers;  // names in small letters; a doubled header is joined with ", "
  std::string body;
  std::string remote;                             // address of the peer
  std::string id;                                 // for the log and the answer's X-Request-Id
  std::map<std::string, std::string> parameters;  // of the route's pattern: {"id": "a b"}
  const CancelToken* cancel = nullptr;            // set when the client need not be answered any more (time limit, shutdown)

  // The header's value, or "".
  const std::string& header(const std::string& small_name) const;
  const std::string& parameter(const std::string& name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_security_policy;  // default: nothing may be loaded or run
  bool cacheable = false;               // otherwise Cache-Control: no-store
};

Response json_response(const Json& json, int status = 200);
// {"code": "not_found", "message": "…", "place": "…"} with the status of the code.
Response error_response(const Error& error);
Response html_response(std::string html, std::string content_security_policy, int status = 200);
Response redirect(const std::string& location);

}  // namespace sinan::http

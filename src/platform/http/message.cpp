#include "platform/http/message.hpp"

namespace sinan::http {
namespace {

const std::string& lookup(const std::map<std::string, std::string>& map, const std::string& key) {
  static const std::string kEmpty;
  auto it = map.find(key);
  return it == map.end() ? kEmpty : it->second;
}

}  // namespace

std::string_view name(Method method) {
  switch (method) {
    case Method::kGet: return "GET";
    case Method::kHead: return "HEAD";
    case Method::kPost: return "POST";
    case Method::kPut: return "PUT";
    case Method::kPatch: return "PATCH";
    case Method::kDelete: return "DELETE";
    case Method::kOther: break;
  }
  return "OTHER";
}

const std::string& Request::header(const std::string& small_name) const { return lookup(headers, small_name); }
const std::string& Request::parameter(const std::string& key) const { return lookup(parameters, key); }

Response json_response(const Json& json, int status) { return Response{.status = status, .body = dump(json) + "\n"}; }

Response error_response(const Error& error) {
  return json_response({{"code", info(error.code).name}, {"message", error.message}, {"place", error.place}}, info(error.code).http_status);
}

Response html_response(std::string html, std::string content_security_policy, int status) {
  return Response{.status = status,
                  .content_type = "text/html; charset=utf-8",
                  .body = std::move(html),
                  .content_security_policy = std::move(content_security_policy)};
}

Response redirect(const std::string& location) { return Response{.status = 303, .headers = {{"Location", location}}}; }

}  // namespace sinan::http

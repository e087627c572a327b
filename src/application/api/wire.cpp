#include "application/api/wire.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

namespace sinan::api {

Result<std::int64_t> integer_parameter(const http::Request& request, const std::string& name, std::int64_t fallback, std::int64_t low,
                                       std::int64_t high) {
  auto it = request.query.find(name);
  if (it == request.query.end()) return fallback;
  const std::string& text = it->second;
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    return fail(ErrorCode::kInvalidInput, fmt::format("{} is a whole number from {} to {}", name, low, high), name);
  }
  return value;
}

std::string text_parameter(const http::Request& request, const std::string& name) {
  auto it = request.query.find(name);
  return it == request.query.end() ? std::string() : it->second;
}

Status known_parameters(const http::Request& request, const std::vector<std::string>& known) {
  for (const auto& [key, value] : request.query) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    return fail(ErrorCode::kInvalidInput,
                known.empty() ? std::string("this address takes no parameters")
                              : fmt::format("unknown parameter; there are: {}", fmt::join(known, ", ")),
                key);
  }
  return {};
}

Result<Json> json_body(const http::Request& request, const std::vector<std::string>& known) {
  if (request.body.empty()) return Json::object();
  if (!request.header("content-type").starts_with("application/json")) {
    return fail(ErrorCode::kInvalidInput, "the body must be JSON, with Content-Type: application/json", "body");
  }
  SINAN_TRY(Json body, parse_json(request.body, "body"));
  if (!body.is_object()) return fail(ErrorCode::kInvalidInput, "the body must be a JSON object", "body");
  for (const auto& [key, value] : body.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return fail(ErrorCode::kInvalidInput, fmt::format("unknown key; there are: {}", fmt::join(known, ", ")), "body." + key);
    }
  }
  return body;
}

Result<std::string> text_of(const Json& object, const std::string& key, const std::string& fallback) {
  auto it = object.find(key);
  if (it == object.end()) return fallback;
  if (!it->is_string()) return fail(ErrorCode::kInvalidInput, fmt::format("{} must be a text", key), "body." + key);
  auto text = it->get<std::string>();
  if (text.size() > 4000) return fail(ErrorCode::kLimit, fmt::format("{} is longer than 4000 bytes", key), "body." + key);
  return text;
}

Result<bool> flag_of(const Json& object, const std::string& key) {
  auto it = object.find(key);
  if (it == object.end()) return false;
  if (!it->is_boolean()) return fail(ErrorCode::kInvalidInput, fmt::format("{} must be true or false", key), "body." + key);
  return it->get<bool>();
}

http::Response answer(const Result<Json>& result, int status) {
  return result ? http::json_response(*result, status) : http::error_response(result.error());
}

}  // namespace sinan::api

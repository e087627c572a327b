// Reading parameters and bodies of requests; every mistake names the parameter.
#pragma once

#include "platform/http/message.hpp"

namespace sinan::api {

// A whole number from the query, or `fallback`.
Result<std::int64_t> integer_parameter(const http::Request& request, const std::string& name, std::int64_t fallback, std::int64_t low,
                                       std::int64_t high);
// The query's text, or "".
std::string text_parameter(const http::Request& request, const std::string& name);
// kInvalidInput when the query has a parameter that is not in `known`.
Status known_parameters(const http::Request& request, const std::vector<std::string>& known);

// The body as a JSON object with none but the known keys; an empty body is an empty object.
Result<Json> json_body(const http::Request& request, const std::vector<std::string>& known);
// A text of the object, or `fallback` when absent.
Result<std::string> text_of(const Json& object, const std::string& key, const std::string& fallback = {});
Result<bool> flag_of(const Json& object, const std::string& key);

// The response of a result: its JSON, or the error.
http::Response answer(const Result<Json>& result, int status = 200);

}  // namespace sinan::api

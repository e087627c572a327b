#include "base/json.hpp"

namespace sinan {

Result<Json> parse_json(std::string_view text, std::string_view place) {
  constexpr int kMaxDepth = 64;
  bool too_deep = false;
  auto watch = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth) too_deep = true;
    return !too_deep;
  };
  try {
    Json json = Json::parse(text, watch);
    if (too_deep) return fail(ErrorCode::kLimit, fmt::format("JSON is nested deeper than {} levels", kMaxDepth), std::string(place));
    return json;
  } catch (const Json::parse_error& error) {
    std::size_t at = std::min<std::size_t>(error.byte == 0 ? 0 : error.byte - 1, text.size());
    auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    std::size_t line_start = text.substr(0, at).rfind('\n');
    std::size_t column = line_start == std::string_view::npos ? at + 1 : at - line_start;
    return fail(ErrorCode::kInvalidInput, fmt::format("not valid JSON at line {}, column {}", line, column), std::string(place));
  } catch (const Json::exception&) {
    return fail(ErrorCode::kInvalidInput, "not valid JSON: a number is out of range or text is no UTF-8", std::string(place));
  }
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string dump_pretty(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }
std::string canonical(const Json& json) { return nlohmann::json(json).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

}  // namespace sinan

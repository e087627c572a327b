// The daily reports: the newest at the root of the server, others by their day.
#include <fmt/format.h>

#include "application/api/api.hpp"
#include "application/api/wire.hpp"
#include "operations/reports/html.hpp"
#include "operations/reports/render.hpp"

namespace sinan::api {
namespace {

http::Response page(const Result<std::string>& html) {
  if (html) return http::html_response(*html, reports::content_security_policy());
  std::string text = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Sinan</title><h1>Sinan 司南</h1><p>{}</p></html>\n",
      reports::escape(html.error().message));
  return http::html_response(std::move(text), "", info(html.error().code).http_status);
}

Result<std::string> by_day(const ApiContext& context, const std::string& text) {
  SINAN_CHECK(context.people.expect(context.user, identity::kReadReports));
  if (text == "latest") return context.reports.latest();
  auto day = parse_date(text);
  if (!day) return fail(ErrorCode::kInvalidInput, "a report is named by its day, as 2026-03-01, or \"latest\"");
  return context.reports.read(*day);
}

Result<Json> list_reports(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(context.people.expect(context.user, identity::kReadReports));
  SINAN_CHECK(known_parameters(request, {}));
  SINAN_TRY(std::vector<Date> days, context.reports.days());
  Json items = Json::array();
  for (Date day : days) items.push_back({{"day", format_date(day)}, {"href", "/reports/" + format_date(day)}});
  return Json{{"items", std::move(items)}};
}

}  // namespace

std::vector<http::Route> reports_routes(const ApiContext& context) {
  return {
      {http::Method::kGet, "/", [context](const http::Request&) { return page(by_day(context, "latest")); }},
      {http::Method::kGet, "/reports/{day}", [context](const http::Request& r) { return page(by_day(context, r.parameter("day"))); }},
      {http::Method::kGet, "/api/v1/reports", [context](const http::Request& r) { return answer(list_reports(context, r)); }},
  };
}

}  // namespace sinan::api

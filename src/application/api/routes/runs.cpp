// Runs of workflows: list, show, start, cancel.
#include <fmt/format.h>

#include "application/api/api.hpp"
#include "application/api/wire.hpp"

namespace sinan::api {
namespace {

Result<Json> list_runs(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(context.people.expect(context.user, identity::kReadReports));
  SINAN_CHECK(known_parameters(request, {"workflow", "status", "before", "limit"}));
  workflow::RunFilter filter{.workflow = text_parameter(request, "workflow"), .before_id = text_parameter(request, "before")};
  if (std::string status = text_parameter(request, "status"); !status.empty()) {
    filter.status = workflow::run_status(status);
    if (!filter.status) {
      return fail(
          ErrorCode::kInvalidInput,
          "there is no such status; there are running, done, waiting, stopped, source_down, failed, interrupted, cancelled, abandoned",
          "status");
    }
  }
  SINAN_TRY(std::int64_t limit, integer_parameter(request, "limit", 50, 1, workflow::RunFilter::kMost));
  filter.limit = static_cast<int>(limit);
  SINAN_TRY(std::vector<workflow::RunRecord> runs, context.engine->history().list(filter));
  Json items = Json::array();
  for (const workflow::RunRecord& run : runs) items.push_back(workflow::to_json(run));
  Json next = runs.size() == static_cast<std::size_t>(limit) ? Json(runs.back().id) : Json(nullptr);
  return Json{{"items", std::move(items)}, {"next_before", std::move(next)}};
}

Result<Json> start_run(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(context.people.expect(context.user, identity::kRunWorkflows));
  SINAN_TRY(Json body, json_body(request, {"workflow", "dry_run"}));
  SINAN_TRY(std::string name, text_of(body, "workflow", "cycle"));
  SINAN_TRY(bool dry_run, flag_of(body, "dry_run"));
  auto workflow = std::find_if(context.workflows->begin(), context.workflows->end(), [&](const auto& w) { return w.name == name; });
  if (workflow == context.workflows->end()) {
    std::string names;
    for (const auto& known : *context.workflows) names += (names.empty() ? "" : ", ") + known.name;
    return fail(ErrorCode::kNotFound, fmt::format("there is no such workflow; there are: {}", names), "body.workflow");
  }
  if (!context.launcher) return fail(ErrorCode::kUnsupported, "this server does not run workflows");
  SINAN_TRY(std::string id, context.launcher->start(*workflow, {.trigger = "api", .requested_by = context.user.user, .dry_run = dry_run}));
  bool begun = !id.empty();
  return Json{{"id", begun ? Json(id) : Json(nullptr)}, {"workflow", name}, {"status", begun ? "running" : "queued"}};
}

Result<Json> show_run(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(known_parameters(request, {}));
  SINAN_CHECK(context.people.expect(context.user, identity::kReadReports));
  SINAN_TRY(workflow::RunRecord run, context.engine->history().show(request.parameter("id")));
  return workflow::to_json(run);
}

Result<Json> cancel_run(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(context.people.expect(context.user, identity::kRunWorkflows));
  SINAN_TRY(Json body, json_body(request, {}));
  SINAN_CHECK(context.engine->history().request_cancel(request.parameter("id")));
  return Json{{"id", request.parameter("id")}, {"cancel_requested", true}};
}

}  // namespace

std::vector<http::Route> runs_routes(const ApiContext& context) {
  return {
      {http::Method::kGet, "/api/v1/runs", [context](const http::Request& r) { return answer(list_runs(context, r)); }},
      {http::Method::kPost, "/api/v1/runs", [context](const http::Request& r) { return answer(start_run(context, r), 202); }},
      {http::Method::kGet, "/api/v1/runs/{id}", [context](const http::Request& r) { return answer(show_run(context, r)); }},
      {http::Method::kPost, "/api/v1/runs/{id}/cancel", [context](const http::Request& r) { return answer(cancel_run(context, r), 202); }},
  };
}

}  // namespace sinan::api

// Workflows, their steps, and when each runs by itself.
#include "application/api/api.hpp"
#include "application/api/wire.hpp"
#include "automation/workflow/scheduler.hpp"

namespace sinan::api {
namespace {

Result<Json> schedule(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(known_parameters(request, {}));
  Json items = Json::array();
  for (const workflow::Workflow& workflow : *context.workflows) {
    SINAN_TRY(std::optional<Instant> next, workflow::next_due(workflow, context.engine->history(), context.clock->now()));
    std::vector<workflow::RunRecord> last;
    if (context.people.may(context.user, identity::kReadReports)) {
      SINAN_TRY(last, context.engine->history().list({.workflow = workflow.name, .limit = 1}));
    }
    Json steps = Json::array();
    for (const workflow::Step& step : workflow.steps) {
      Json needs = Json::array();
      for (const auto& need : step.needs) needs.push_back(need.value);
      steps.push_back({{"id", step.id.value}, {"task", step.task.value}, {"needs", std::move(needs)}});
    }
    items.push_back({{"workflow", workflow.name},
                     {"summary", workflow.summary},
                     {"schedule", workflow.schedule ? Json(workflow.schedule->value) : Json(nullptr)},
                     {"next_at", next ? Json(format_rfc3339(*next)) : Json(nullptr)},
                     {"last_run", last.empty() ? Json(nullptr) : workflow::to_json(last.front())},
                     {"steps", std::move(steps)}});
  }
  return Json{{"timezone", context.zone.name()}, {"items", std::move(items)}};
}

}  // namespace

std::vector<http::Route> schedule_routes(const ApiContext& context) {
  return {{http::Method::kGet, "/api/v1/schedule", [context](const http::Request& r) { return answer(schedule(context, r)); }}};
}

}  // namespace sinan::api

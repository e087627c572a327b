// `sinan run`: turns the loop once.
#include "application/cli/rows_output.hpp"
#include "application/cli/workspace_command.hpp"
#include "base/text.hpp"

namespace sinan::cli {
namespace {

using workflow::RunEvent;

workflow::Observer narrator(const Invocation& invocation) {
  if (invocation.json) return {};
  return [&invocation](const RunEvent& event) {
    switch (event.kind) {
      case RunEvent::Kind::kRunStarted: invocation.say(fmt::format("{} began", event.run->id)); break;
      case RunEvent::Kind::kRunResumed: invocation.say(fmt::format("{} goes on where it was cut off", event.run->id)); break;
      case RunEvent::Kind::kStepStarted:
      case RunEvent::Kind::kStepProgress: break;
      case RunEvent::Kind::kStepRetry:
        invocation.say(fmt::format("  {}: {}; again in {}", event.step->id, visible(event.step->attempts.back().message),
                                   format_duration(event.wait)));
        break;
      case RunEvent::Kind::kStepEnded: {
        auto took = event.step->ended_at && event.step->started_at ? format_duration(*event.step->ended_at - *event.step->started_at) : "";
        std::string line = fmt::format("  {:<10} {:<8} {}", event.step->id, workflow::name(event.step->status), took);
        if (!event.step->message.empty()) line += "  " + visible(event.step->message);
        invocation.say(line);
        break;
      }
      case RunEvent::Kind::kRunEnded: invocation.say(fmt::format("{} {}", event.run->id, workflow::name(event.run->status))); break;
    }
  };
}

// What a dry run would have decided.
void print_would_be(const Invocation& invocation, const workflow::RunRecord& record) {
  for (const workflow::StepRecord& step : record.steps) {
    if (!step.output.is_object() || !step.output.contains("decisions") || !step.output["decisions"].is_array()) continue;
    auto text = [](const Json& decision, const char* key) {
      return decision.contains(key) && decision[key].is_string() ? visible(decision[key].get<std::string>()) : std::string();
    };
    std::vector<std::vector<std::string>> rows;
    for (const Json& d : step.output["decisions"])
      rows.push_back({text(d, "kind"), text(d, "verdict"), text(d, "item_id"), text(d, "location_id"), text(d, "supplier_id"),
                      text(d, "quantity"), text(d, "amount"), text(d, "currency")});
    const auto all = step.output.value("proposals", rows.size());
    invocation.print(aligned({"kind", "verdict", "item", "location", "supplier", "quantity", "amount", ""}, rows,
                             {false, false, false, false, false, true, true, false}));
    if (all > rows.size()) invocation.say(fmt::format("The first {} of {} decisions.", rows.size(), all));
  }
  invocation.say("Nothing was changed: a dry run works on a copy of the state.");
}

Result<int> run_workflow(Invocation& invocation) {
  SINAN_TRY(auto workspace, begin_workspace(invocation, identity::kRunWorkflows));
  SINAN_TRY(const auto* workflow, workspace->workflow(invocation.text("workflow", "cycle")));
  SINAN_TRY(std::int64_t wait_s, invocation.integer("wait", 0, 0));
  workflow::RunRequest request;
  request.requested_by = workspace->user().user;
  request.dry_run = invocation.flag("dry-run");
  request.resume = !invocation.flag("fresh");
  request.cancel = invocation.cancel;
  request.observer = narrator(invocation);
  SINAN_TRY(auto record, workspace->run(*workflow, request, std::chrono::seconds{wait_s}));
  if (invocation.json)
    invocation.print_json(workflow::to_json(record));
  else if (!record.message.empty())
    invocation.say(visible(record.message));
  if (record.dry_run && !invocation.json) print_would_be(invocation, record);
  return workflow::exit_code(record);
}

}  // namespace

CommandInfo run() {
  return {
      .name = "run",
      .summary = "Run a workflow; by default one operating cycle",
      .details =
          "Exit codes: 0 done, also when decisions wait for people; 1 quality stopped it; 3 a source is down; 130 interrupted.\n"
          "A run that was cut off is taken up from its last finished step.",
      .options = {{.name = "workflow", .value = "WORKFLOW", .summary = "Its name; default: cycle", .positional = true},
                  {.name = "dry-run", .value = "", .summary = "Decide and show, and change nothing"},
                  {.name = "fresh", .value = "", .summary = "Begin anew, even if a run was cut off"},
                  {.name = "wait", .value = "SECONDS", .summary = "Wait so long for another run to end; default 0"}},
      .examples = {"sinan -C acme run", "sinan run --dry-run"},
      .run = run_workflow,
  };
}

}  // namespace sinan::cli

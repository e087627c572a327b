// `sinan runs list|show`: what ran, when, and how it ended.
#include "application/cli/rows_output.hpp"
#include "application/cli/workspace_command.hpp"
#include "base/text.hpp"

namespace sinan::cli {
namespace {

Result<int> list_runs(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation, identity::kReadReports));
  workflow::RunFilter filter;
  filter.workflow = invocation.text("workflow");
  SINAN_TRY(std::int64_t limit, invocation.integer("limit", 50, 1));
  std::vector<workflow::RunRecord> records;
  while (static_cast<std::int64_t>(records.size()) < limit) {  // a page at a time
    filter.limit = static_cast<int>(std::min<std::int64_t>(limit - static_cast<std::int64_t>(records.size()), workflow::RunFilter::kMost));
    if (!records.empty()) filter.before_id = records.back().id;
    SINAN_TRY(auto page, workspace->engine().history().list(filter));
    const bool last = static_cast<int>(page.size()) < filter.limit;
    std::ranges::move(page, std::back_inserter(records));
    if (last) break;
  }
  if (records.empty() && invocation.has("workflow")) SINAN_CHECK(workspace->workflow(filter.workflow));
  if (invocation.json) {
    Json out = Json::array();
    for (const auto& record : records) out.push_back(workflow::to_json(record));
    invocation.print_json(out);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  Instant now = SystemClock().now();
  for (const auto& record : records)
    rows.push_back({record.id, std::string(workflow::name(record.status)), record.dry_run ? "dry run" : record.trigger,
                    format_timestamp(record.started_at).substr(0, 19), format_duration(record.duration(now)), visible(record.message)});
  invocation.print(aligned({"run", "status", "trigger", "started (UTC)", "took", ""}, rows, {false, false, false, false, true, false}));
  return 0;
}

// What a step noted, such as values that were read as null: every `notes` in its output, after the table that it is about.
void gather_notes(const Json& output, std::string about, std::vector<std::string>& notes) {
  if (output.is_object() && output.contains("table") && output["table"].is_string()) about = output["table"].get<std::string>() + ": ";
  if (output.is_object() && output.contains("source") && output["source"].is_string())
    about = output["source"].get<std::string>() + "." + about;
  if (output.is_object() && output.contains("notes") && output["notes"].is_array())
    for (const Json& note : output["notes"])
      if (note.is_string()) notes.push_back(about + note.get<std::string>());
  if (output.is_structured())
    for (const Json& part : output) gather_notes(part, about, notes);
}

Result<int> show_run(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation, identity::kReadReports));
  SINAN_TRY(auto record, workspace->engine().history().show(invocation.text("run", "latest")));
  if (invocation.json) {
    invocation.print_json(workflow::to_json(record));
    return 0;
  }
  invocation.print(fmt::format("{}  {}  {} (UTC){}\n", record.id, workflow::name(record.status),
                               format_timestamp(record.started_at).substr(0, 19), record.dry_run ? "  dry run" : ""));
  if (!record.message.empty()) invocation.print(visible(record.message) + "\n");
  std::vector<std::vector<std::string>> rows;
  for (const auto& step : record.steps) {
    std::string took = step.started_at && step.ended_at ? format_duration(*step.ended_at - *step.started_at) : "";
    rows.push_back(
        {step.id, step.task, std::string(workflow::name(step.status)), std::to_string(step.attempts.size()), took, visible(step.message)});
  }
  invocation.print(aligned({"step", "task", "status", "attempts", "took", ""}, rows, {false, false, false, true, true, false}));
  for (const auto& step : record.steps) {
    std::vector<std::string> notes;
    gather_notes(step.output, {}, notes);
    if (!notes.empty()) invocation.print(fmt::format("\nnotes of {}:\n", step.id));
    for (const std::string& note : notes) invocation.print(fmt::format("  {}\n", visible(note)));
  }
  return 0;
}

}  // namespace

CommandInfo runs_list() {
  return {
      .name = "runs list",
      .summary = "List runs, newest first",
      .details = {},
      .options = {{.name = "workflow", .value = "NAME", .summary = "Only of this workflow"},
                  {.name = "limit", .value = "N", .summary = "At most so many; default 50"}},
      .examples = {},
      .run = list_runs,
  };
}

CommandInfo runs_show() {
  return {
      .name = "runs show",
      .summary = "Show one run, step by step",
      .details = {},
      .options = {{.name = "run", .value = "ID", .summary = "Its id; default: the newest", .positional = true}},
      .examples = {},
      .run = show_run,
  };
}

}  // namespace sinan::cli

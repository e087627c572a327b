// A workflow as people write it: workflows/NAME.yaml, read and proved before anything runs.
//
//   summary: One operating cycle
//   schedule: "0 6 * * *"          # in the workspace's time zone; or "every 15m"
//   parallel: 2                    # steps at the same time
//   steps:
//     - id: sync
//       task: sync_sources
//       retries: 3                 # after errors that may pass: a source is down, a time-out
//       backoff: 5s                # doubles each time, up to 10 minutes, with a jitter that is the same in every replay
//       timeout: 20m
//     - id: check
//       task: check_quality
//       needs: [sync]
//       with: {report: full}       # options of the task
//       on_failure: stop
//     - id: report
//       task: write_report
//       needs: [check]
//       always: true               # also after a failure or a stop
#pragma once

#include <span>
#include <string>
#include <vector>

#include "automation/workflow/schedule.hpp"
#include "automation/workflow/task.hpp"
#include "base/workspace.hpp"

namespace sinan::workflow {

// What a step that failed for good means for the rest.
enum class OnFailure {
  kStop,    // nothing new begins, but for steps that always run; the run fails
  kSkip,    // what needs this step is skipped, the rest runs; the run fails
  kIgnore,  // what needs this step runs without its output; the run does not fail
};

struct Step {
  Located<std::string> id;
  Located<std::string> task;
  std::vector<Located<std::string>> needs;
  YamlNode with;
  int retries = 0;
  std::chrono::microseconds backoff = std::chrono::seconds{2};
  std::chrono::microseconds timeout = std::chrono::hours{1};
  std::string on_failure = "stop";
  bool always = false;

  OnFailure failure() const;
};

struct Workflow {
  std::string name;  // the file's name: "cycle"
  std::string summary;
  std::optional<Located<std::string>> schedule;
  int parallel = 2;
  std::chrono::microseconds resume_within = std::chrono::hours{12};  // a run that was cut off longer ago is not taken up again
  std::vector<Step> steps;
  std::optional<Schedule> timing;  // parsed `schedule`
  std::string text;                // as it was written; its hash tells whether a run may be resumed
};

const Shape<Step>& shape_of(const Step*);
const Shape<Workflow>& shape_of(const Workflow*);

// All workflows of the workspace, in order of name. Unknown tasks, unknown or doubled ids, cycles (named step by step), bad schedules and
// the options of each task are reported with their places. A workspace without a workflow named "cycle" gets the built-in one.
std::vector<Workflow> read_workflows(const Workspace& workspace, std::span<Task* const> tasks, Diagnostics& diagnostics);

// One workflow from text; `file` is for messages. nullopt if it cannot be used.
std::optional<Workflow> parse_workflow(const std::string& name, const std::string& text, const std::string& file, const Zone& zone,
                                       std::span<Task* const> tasks, Diagnostics& diagnostics);

// The operating cycle of a workspace that writes none: sync, check, master, forecast, plan, decide, act, measure, report.
std::string_view built_in_cycle();

}  // namespace sinan::workflow

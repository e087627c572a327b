// What ran, when, why, and how it ended: the run history in the store, which is also what a resumed run starts from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "platform/storage/store.hpp"

namespace sinan::workflow {

enum class RunStatus {
  kRunning,      // or its process died: the next run of the workflow takes it up
  kDone,         // everything done: exit code 0
  kWaiting,      // done; something waits for people: 0
  kStopped,      // a step answered "no", as quality does below its threshold: 1
  kSourceDown,   // a system was still down after the retries: 3
  kFailed,       // the exit code of the error
  kInterrupted,  // asked to end (signal, shutdown): 130; the next run of the workflow takes it up
  kCancelled,    // a person cancelled this run: 130; never taken up
  kAbandoned,    // cut off, and not taken up: too old, or the workflow has changed since
};
std::string_view name(RunStatus status);  // "running", "source_down", …
std::optional<RunStatus> run_status(std::string_view name);

enum class StepStatus {
  kPending,
  kRunning,
  kDone,
  kStopped,      // answered "no"
  kFailed,       // failed for good
  kIgnored,      // failed for good, and the workflow says that this does not matter
  kSkipped,      // a step that it needs did not get done
  kInterrupted,  // was running when the run ended; runs again on resume
};
std::string_view name(StepStatus status);

struct Attempt {
  int number = 1;
  Instant started_at;
  std::optional<Instant> ended_at;
  std::string error_code;  // empty: it succeeded, or has not ended
  std::string message;
};

struct StepRecord {
  std::string id;
  std::string task;
  StepStatus status = StepStatus::kPending;
  std::optional<Instant> started_at;  // of the first attempt
  std::optional<Instant> ended_at;    // of the last one
  std::vector<Attempt> attempts;
  bool waiting = false;  // done, and something waits for people
  Json output = Json::object();
  std::string error_code;  // wire name, when it failed
  std::string message;     // for people
};

struct RunRecord {
  std::string id;
  std::string workflow;
  RunStatus status = RunStatus::kRunning;
  std::string trigger;  // "manual", "schedule", "api"
  std::string requested_by;
  bool dry_run = false;
  Instant now;  // logical time
  Instant started_at;
  std::optional<Instant> ended_at;
  int resumed = 0;         // how often it was taken up after a cut
  std::string error_code;  // of the step that decided the outcome
  std::string message;
  std::string definition_hash;
  std::vector<StepRecord> steps;  // in the order of the workflow; empty in lists

  std::chrono::microseconds duration(Instant at) const { return (ended_at ? *ended_at : at) - started_at; }
};

// Exit code of the command line for a run that ended (contract "Exit of a cycle").
int exit_code(const RunRecord& run);

// As `sinan runs show --json` and the API give it: times RFC 3339, durations in milliseconds.
Json to_json(const RunRecord& run);

struct RunFilter {
  static constexpr int kMost = 500;

  std::string workflow;  // empty: all
  std::optional<RunStatus> status;
  std::string before_id;  // page: runs that started before this one
  int limit = 50;         // at most kMost
};

class History {
 public:
  // Brings the tables up to date.
  static Result<History> open(storage::Store& store);

  // Newest first, without steps.
  Result<std::vector<RunRecord>> list(const RunFilter& filter = {}) const;
  // kNotFound names the newest runs that there are. "latest" is the newest run.
  Result<RunRecord> show(const std::string& run_id) const;
  // Asks the process that runs it to stop; kPrecondition when the run has ended.
  Status request_cancel(const std::string& run_id);
  Result<bool> cancel_requested(const std::string& run_id) const;

  // For the engine. Adds the run with its steps and gives it an id, "cycle-20260301-1" (the day in UTC when it started).
  Status begin(RunRecord& run);
  Status save_run(const RunRecord& run);
  Status save_step(const RunRecord& run, const StepRecord& step);
  // Removes all but the newest `keep` ended runs of a workflow.
  Status prune(const std::string& workflow, int keep);

  // When a schedule last fired; for the scheduler.
  Result<std::optional<Instant>> last_due(const std::string& workflow) const;
  Status set_last_due(const std::string& workflow, Instant at);

 private:
  explicit History(storage::Store& store) : store_(&store) {}
  storage::Store* store_;
};

}  // namespace sinan::workflow

// The engine that runs workflows: steps in order of their needs, in parallel where allowed, with retries, time-outs and resume.
//
// Each step is recorded before it starts and after it ends, in the store, so that a process killed at any point is taken up from its last
// finished step. A step that was cut off is called again: tasks make that safe. One run of a workflow at a time, over all processes
// (a file lock that dies with its process). Thread-safe; run() blocks its caller.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>

#include "automation/workflow/definition.hpp"
#include "automation/workflow/history.hpp"

namespace sinan::workflow {

// Time as the engine needs it: a seam, so that tests pass hours in microseconds. Apart from the logical time of a run (--now).
class Timer {
 public:
  virtual ~Timer() = default;
  virtual Instant now() const = 0;
  // Gives up `lock` until `woken` is notified or `until` is reached; may return early. `idle`: nothing runs, only time can end the wait.
  virtual void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& woken, Instant until, bool idle) = 0;
};

// The real time; wakes at least ten times a second, so that a cancel token set in a signal handler is seen.
class SystemTimer final : public Timer {
 public:
  Instant now() const override { return SystemClock().now(); }
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& woken, Instant until, bool idle) override;
};

// What happens in a run, for a terminal or a screen. Handed up from one thread at a time; pointers hold during the call.
struct RunEvent {
  enum class Kind { kRunStarted, kRunResumed, kStepStarted, kStepProgress, kStepRetry, kStepEnded, kRunEnded };
  Kind kind;
  const RunRecord* run;
  const StepRecord* step = nullptr;   // of the step events
  std::chrono::microseconds wait{0};  // kStepRetry: until the next attempt
  std::uint64_t done = 0;             // kStepProgress
  std::uint64_t total = 0;
};
using Observer = std::function<void(const RunEvent&)>;

struct RunRequest {
  std::string trigger = "manual";       // "manual", "schedule", "api"
  std::string requested_by;             // a user, or "system:scheduler"
  std::optional<Instant> now;           // logical time; default: the real one
  bool now_is_asked = false;            // somebody asked for that time (--now): a run cut off at another logical time is not taken up
  bool dry_run = false;                 // tasks decide and show, but write nothing back; never resumed
  bool resume = true;                   // take up a run of this workflow that was cut off; false: abandon it and begin anew
  bool resume_only = false;             // take up a run that was cut off, or else kPrecondition: nothing to take up
  const CancelToken* cancel = nullptr;  // shutdown: the run ends as interrupted, and is taken up by the next
  Observer observer;
};

struct EngineOptions {
  std::filesystem::path lock_dir;  // `.sinan`: where the locks of running workflows lie
  int keep_runs = 1000;            // per workflow, in the history
  Timer* timer = nullptr;          // default: the real time
};

class Engine {
 public:
  // `tasks` and `store` outlive the engine.
  static Result<std::unique_ptr<Engine>> open(storage::Store& store, std::vector<Task*> tasks, EngineOptions options);
  virtual ~Engine() = default;

  // Runs the workflow to its end and returns what happened; a failed step is no error of run(), look at `status` and exit_code().
  // kConflict says which run of this workflow is under way, and in which process.
  virtual Result<RunRecord> run(const Workflow& workflow, const RunRequest& request) = 0;

  virtual History& history() = 0;
  virtual const std::vector<Task*>& tasks() const = 0;
};

// The wait before attempt `attempt` (2 is the first retry): backoff × 2^(attempt - 2), at most 10 minutes, times a factor between 0.5
// and 1 that depends on run, step and attempt only.
std::chrono::microseconds retry_wait(std::chrono::microseconds backoff, const std::string& run_id, const std::string& step_id, int attempt);

}  // namespace sinan::workflow

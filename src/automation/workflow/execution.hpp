// One run of one workflow, step by step: the inside of the engine.
#pragma once

#include <deque>
#include <thread>

#include "automation/workflow/engine.hpp"

namespace sinan::workflow {

class Execution {
 public:
  // `run` holds a record per step of `workflow`, in its order; steps that are done already are not run again.
  Execution(const Workflow& workflow, const RunRequest& request, RunRecord run, std::span<Task* const> tasks, History& history,
            Timer& timer);

  // Runs to the end and records it. An error means that the store failed: what was acknowledged before is there, and the run can be
  // taken up.
  Result<RunRecord> finish();

 private:
  struct StepState {
    const Step* step = nullptr;
    Task* task = nullptr;
    std::vector<std::size_t> needs;
    std::optional<Instant> retry_at;
    std::optional<Instant> deadline;
    int failures = 0;  // since the run was begun or taken up
    bool timed_out = false;
    std::unique_ptr<CancelToken> cancel;
    std::thread worker;
  };
  struct Completion {
    std::size_t step;
    Result<TaskOutput> result;
  };

  Status loop(std::unique_lock<std::mutex>& lock);
  Status settle_blocked();
  Status start_ready();
  Status start(std::size_t index);
  Status complete(Completion completion);
  Status succeed(std::size_t index, TaskOutput output);
  Status fail_step(std::size_t index, Error error);
  Status check_cancelled();
  void cancel_running();
  void check_timeouts();
  Instant next_wake() const;
  bool ready(std::size_t index) const;
  bool blocked(std::size_t index) const;
  void work(std::size_t index, int attempt, TaskContext& context);
  void conclude();
  void emit(RunEvent::Kind kind, const StepRecord* step = nullptr, std::chrono::microseconds wait = {});

  const Workflow& workflow_;
  const RunRequest& request_;
  RunRecord run_;
  History& history_;
  Timer& timer_;
  std::vector<StepState> steps_;
  std::map<std::string, Json> outputs_;  // guarded by mutex_; each task gets a copy
  std::mutex mutex_;
  std::mutex observer_mutex_;
  std::condition_variable woken_;
  std::deque<Completion> completed_;  // guarded by mutex_
  std::size_t running_ = 0;
  bool stopping_ = false;     // a failure stops what is not `always`
  bool interrupted_ = false;  // shutdown
  bool cancelled_ = false;    // a person cancelled the run
  Instant next_cancel_check_{};
  std::optional<Error> failure_;  // the first that decides the outcome
};

}  // namespace sinan::workflow

// Runs workflows in the background of a server, each in a thread of its own, at most one per workflow.
//
// Thread-safe. stop() (or the destructor) cancels what runs, so that it ends as interrupted and is taken up by the next run, and waits.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "automation/workflow/engine.hpp"

namespace sinan::api {

class Launcher {
 public:
  // How a run is done: engine.run(), with what the program wraps around it (the lock of the state folder).
  using Run = std::function<Result<workflow::RunRecord>(const workflow::Workflow&, const workflow::RunRequest&)>;
  // Told of every run that ended, from its thread.
  using Ended = std::function<void(const std::string& workflow, const Result<workflow::RunRecord>&)>;

  explicit Launcher(Run run, Ended ended = {}) : run_(std::move(run)), ended_(std::move(ended)) {}
  ~Launcher() { stop(); }

  // Returns the run's id once it has begun; "" when it has not within two seconds, because it waits for another process to let go of the
  // state. kConflict: that workflow runs already. `request.cancel` and `request.observer` are the
  // launcher's.
  Result<std::string> start(const workflow::Workflow& workflow, workflow::RunRequest request);
  void stop();
  // No run is under way.
  bool idle() const;

 private:
  struct Job {
    std::string workflow;
    CancelToken cancel;
    std::thread thread;
    std::string run_id;            // once begun
    std::optional<Error> failure;  // when it could not begin
    bool ended = false;
  };
  void reap();

  Run run_;
  Ended ended_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Job>> jobs_;
  bool stopped_ = false;
};

}  // namespace sinan::api

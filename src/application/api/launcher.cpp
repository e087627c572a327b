#include "application/api/launcher.hpp"

#include <fmt/format.h>

namespace sinan::api {
namespace {

constexpr std::chrono::seconds kPatience{2};

}  // namespace

Result<std::string> Launcher::start(const workflow::Workflow& workflow, workflow::RunRequest request) {
  std::unique_lock lock(mutex_);
  reap();
  if (stopped_) return fail(ErrorCode::kUnavailable, "the server is stopping; nothing new begins");
  for (const auto& job : jobs_) {
    if (job->workflow == workflow.name) {
      return fail(ErrorCode::kConflict, fmt::format("workflow {} is running already{}; wait for it, or cancel that run", workflow.name,
                                                    job->run_id.empty() ? "" : fmt::format(" ({})", job->run_id)));
    }
  }
  Job& job = *jobs_.emplace_back(std::make_unique<Job>());
  job.workflow = workflow.name;
  request.cancel = &job.cancel;
  request.observer = [this, &job](const workflow::RunEvent& event) {
    if (event.kind != workflow::RunEvent::Kind::kRunStarted && event.kind != workflow::RunEvent::Kind::kRunResumed) return;
    std::lock_guard guard(mutex_);
    job.run_id = event.run->id;
    changed_.notify_all();
  };
  job.thread = std::thread([this, &job, &workflow, request = std::move(request)] {
    Result<workflow::RunRecord> result = fail(ErrorCode::kInternal, "the run did not return");
    try {
      result = run_(workflow, request);
    } catch (const std::exception& e) {
      result = fail(ErrorCode::kInternal, fmt::format("a bug in Sinan stopped workflow {}: {}", workflow.name, e.what()));
    }
    if (ended_) ended_(workflow.name, result);
    std::lock_guard guard(mutex_);
    if (!result) job.failure = result.error();
    job.ended = true;
    changed_.notify_all();
  });
  changed_.wait_for(lock, kPatience, [&] { return !job.run_id.empty() || job.ended; });
  std::string id = job.run_id;
  std::optional<Error> failure = job.failure;
  reap();
  if (id.empty() && failure) return fail(std::move(*failure));
  return id;
}

// Under the lock. Threads that have ended only return.
void Launcher::reap() {
  std::erase_if(jobs_, [](const std::unique_ptr<Job>& job) {
    if (!job->ended) return false;
    job->thread.join();
    return true;
  });
}

void Launcher::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  for (const auto& job : jobs_) job->cancel.cancel();
  changed_.wait(lock, [&] { return std::all_of(jobs_.begin(), jobs_.end(), [](const auto& job) { return job->ended; }); });
  reap();
}

bool Launcher::idle() const {
  std::lock_guard guard(mutex_);
  return std::all_of(jobs_.begin(), jobs_.end(), [](const auto& job) { return job->ended; });
}

}  // namespace sinan::api

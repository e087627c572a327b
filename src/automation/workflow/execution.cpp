#include "automation/workflow/execution.hpp"

#include <fmt/format.h>

#include "base/kill_point.hpp"

namespace sinan::workflow {
namespace {

using std::chrono::microseconds;

constexpr microseconds kMaxBackoff = std::chrono::minutes{10};
constexpr microseconds kCancelCheck = std::chrono::seconds{1};
constexpr std::size_t kMaxOutputBytes = 1 << 20;

bool settled(StepStatus status) {
  return status == StepStatus::kDone || status == StepStatus::kStopped || status == StepStatus::kFailed || status == StepStatus::kIgnored ||
         status == StepStatus::kSkipped;
}
bool satisfied(StepStatus status) { return status == StepStatus::kDone || status == StepStatus::kIgnored; }

}  // namespace

microseconds retry_wait(microseconds backoff, const std::string& run_id, const std::string& step_id, int attempt) {
  microseconds wait = backoff;
  for (int i = 2; i < attempt && wait < kMaxBackoff; ++i) wait *= 2;
  wait = std::min(wait, kMaxBackoff);
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (char c : fmt::format("{}/{}/{}", run_id, step_id, attempt)) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash ^= hash >> 29;
  return wait / 2 + microseconds{static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(wait.count() / 2 + 1))};
}

Execution::Execution(const Workflow& workflow, const RunRequest& request, RunRecord run, std::span<Task* const> tasks, History& history,
                     Timer& timer)
    : workflow_(workflow), request_(request), run_(std::move(run)), history_(history), timer_(timer), steps_(workflow.steps.size()) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = workflow.steps[i];
    steps_[i].step = &step;
    auto task = std::find_if(tasks.begin(), tasks.end(), [&](Task* t) { return t->info().name == step.task.value; });
    if (task == tasks.end() || run_.steps.at(i).id != step.id.value) broken("a workflow runs only after it was read with its tasks");
    steps_[i].task = *task;
    for (const auto& need : step.needs) {
      auto found = std::find_if(workflow.steps.begin(), workflow.steps.end(), [&](const Step& s) { return s.id.value == need.value; });
      steps_[i].needs.push_back(static_cast<std::size_t>(found - workflow.steps.begin()));
    }
    if (run_.steps[i].status == StepStatus::kDone) outputs_[step.id.value] = run_.steps[i].output;
  }
}

Result<RunRecord> Execution::finish() {
  emit(run_.resumed > 0 ? RunEvent::Kind::kRunResumed : RunEvent::Kind::kRunStarted);
  Status status;
  {
    std::unique_lock lock(mutex_);
    status = loop(lock);
    if (!status) cancel_running();
  }
  for (StepState& state : steps_) {
    if (state.worker.joinable()) state.worker.join();
  }
  if (!status) return std::unexpected(std::move(status).error());
  conclude();
  SINAN_CHECK(history_.save_run(run_));
  emit(RunEvent::Kind::kRunEnded);
  return std::move(run_);
}

// Ends when nothing runs and nothing more can start.
Status Execution::loop(std::unique_lock<std::mutex>& lock) {
  while (true) {
    SINAN_CHECK(check_cancelled());
    while (!completed_.empty()) {
      Completion completion = std::move(completed_.front());
      completed_.pop_front();
      SINAN_CHECK(complete(std::move(completion)));
    }
    check_timeouts();
    if (!interrupted_ && !cancelled_) {
      SINAN_CHECK(settle_blocked());
      SINAN_CHECK(start_ready());
    }
    bool waits = std::any_of(steps_.begin(), steps_.end(), [](const StepState& s) { return s.retry_at.has_value(); });
    if (running_ == 0 && completed_.empty() && (!waits || interrupted_ || cancelled_)) return {};
    if (completed_.empty()) timer_.wait(lock, woken_, next_wake(), running_ == 0);
  }
}

bool Execution::ready(std::size_t index) const {
  const StepState& state = steps_[index];
  StepStatus status = run_.steps[index].status;
  if (state.retry_at) return timer_.now() >= *state.retry_at;
  if (status != StepStatus::kPending || blocked(index)) return false;
  return std::all_of(state.needs.begin(), state.needs.end(), [&](std::size_t need) {
    return state.step->always ? settled(run_.steps[need].status) : satisfied(run_.steps[need].status);
  });
}

// A step that can never run in this run.
bool Execution::blocked(std::size_t index) const {
  const StepState& state = steps_[index];
  if (run_.steps[index].status != StepStatus::kPending || state.step->always) return false;
  return stopping_ || std::any_of(state.needs.begin(), state.needs.end(), [&](std::size_t need) {
           StepStatus status = run_.steps[need].status;
           return settled(status) && !satisfied(status);
         });
}

Status Execution::settle_blocked() {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!blocked(i)) continue;
      StepRecord& record = run_.steps[i];
      record.status = StepStatus::kSkipped;
      record.message = "skipped, because an earlier step did not get done";
      SINAN_CHECK(history_.save_step(run_, record));
      emit(RunEvent::Kind::kStepEnded, &record);
      changed = true;
    }
  }
  return {};
}

Status Execution::start_ready() {
  for (std::size_t i = 0; i < steps_.size() && running_ < static_cast<std::size_t>(workflow_.parallel); ++i) {
    if (ready(i)) SINAN_CHECK(start(i));
  }
  return {};
}

Status Execution::start(std::size_t index) {
  StepState& state = steps_[index];
  StepRecord& record = run_.steps[index];
  if (state.worker.joinable()) state.worker.join();
  Instant now = timer_.now();
  record.status = StepStatus::kRunning;
  if (!record.started_at) record.started_at = now;
  int attempt = record.attempts.empty() ? 1 : record.attempts.back().number + 1;
  record.attempts.push_back({attempt, now, std::nullopt, {}, {}});
  SINAN_CHECK(history_.save_step(run_, record));
  kill_point("workflow.step.started");
  emit(RunEvent::Kind::kStepStarted, &record);
  state.retry_at.reset();
  state.timed_out = false;
  state.deadline = now + state.step->timeout;
  state.cancel = std::make_unique<CancelToken>();
  ++running_;
  state.worker = std::thread([this, index, attempt, outputs = outputs_] {
    TaskContext context{.run_id = run_.id,
                        .workflow = workflow_.name,
                        .step = workflow_.steps[index].id.value,
                        .attempt = attempt,
                        .now = run_.now,
                        .dry_run = run_.dry_run,
                        .requested_by = run_.requested_by,
                        .with = workflow_.steps[index].with,
                        .outputs = outputs,
                        .cancel = *steps_[index].cancel,
                        .progress = {}};
    work(index, attempt, context);
  });
  return {};
}

// On the worker's thread. What a task throws is our bug, caught here.
void Execution::work(std::size_t index, int attempt, TaskContext& context) {
  StepRecord shown{.id = context.step, .task = workflow_.steps[index].task.value, .status = StepStatus::kRunning};
  shown.attempts.push_back({attempt, {}, {}, {}, {}});
  context.progress = [&](std::uint64_t done, std::uint64_t total) {
    if (!request_.observer) return;
    std::lock_guard guard(observer_mutex_);
    RunRecord run{.id = context.run_id, .workflow = context.workflow};
    request_.observer(RunEvent{RunEvent::Kind::kStepProgress, &run, &shown, {}, done, total});
  };
  Result<TaskOutput> result = fail(ErrorCode::kInternal, "the task did not return");
  try {
    result = steps_[index].task->run(context);
  } catch (const std::exception& e) {
    result = fail(ErrorCode::kInternal, fmt::format("a bug in Sinan stopped the task {}: {}", shown.task, e.what()));
  } catch (...) {
    result = fail(ErrorCode::kInternal, fmt::format("a bug in Sinan stopped the task {}", shown.task));
  }
  std::lock_guard guard(mutex_);
  completed_.push_back({index, std::move(result)});
  woken_.notify_all();
}

Status Execution::complete(Completion completion) {
  StepState& state = steps_[completion.step];
  StepRecord& record = run_.steps[completion.step];
  --running_;
  state.deadline.reset();
  Instant now = timer_.now();
  Attempt& attempt = record.attempts.back();
  attempt.ended_at = now;
  record.ended_at = now;
  kill_point("workflow.step.finished");
  if (completion.result) return succeed(completion.step, std::move(*completion.result));

  Error error = std::move(completion.result).error();
  if (state.timed_out) {
    error = Error{ErrorCode::kTimeout, fmt::format("the step took longer than {}; raise its timeout, or look why it is slow",
                                                   format_duration(state.step->timeout))};
  } else if (error.code == ErrorCode::kCancelled && (interrupted_ || cancelled_)) {
    record.status = StepStatus::kInterrupted;
    attempt.error_code = info(error.code).name;
    attempt.message = "stopped before its end";
    SINAN_CHECK(history_.save_step(run_, record));
    emit(RunEvent::Kind::kStepEnded, &record);
    return {};
  }
  attempt.error_code = info(error.code).name;
  attempt.message = error.text();
  ++state.failures;
  bool again = info(error.code).retry && state.failures <= state.step->retries && !interrupted_ && !cancelled_;
  if (!again) return fail_step(completion.step, std::move(error));
  microseconds wait = retry_wait(state.step->backoff, run_.id, record.id, state.failures + 1);
  state.retry_at = now + wait;
  record.status = StepStatus::kPending;
  SINAN_CHECK(history_.save_step(run_, record));
  emit(RunEvent::Kind::kStepRetry, &record, wait);
  return {};
}

Status Execution::succeed(std::size_t index, TaskOutput output) {
  StepRecord& record = run_.steps[index];
  if (dump(output.output).size() > kMaxOutputBytes) {
    return fail_step(
        index, Error{ErrorCode::kInternal, fmt::format("the output of task {} is larger than {} bytes", record.task, kMaxOutputBytes)});
  }
  record.status = output.verdict == Verdict::kStop ? StepStatus::kStopped : StepStatus::kDone;
  record.waiting = output.verdict == Verdict::kWaiting;
  record.output = std::move(output.output);
  record.message = std::move(output.message);
  record.error_code.clear();
  outputs_[record.id] = record.output;
  SINAN_CHECK(history_.save_step(run_, record));
  emit(RunEvent::Kind::kStepEnded, &record);
  return {};
}

Status Execution::fail_step(std::size_t index, Error error) {
  StepRecord& record = run_.steps[index];
  OnFailure on_failure = steps_[index].step->failure();
  record.status = on_failure == OnFailure::kIgnore ? StepStatus::kIgnored : StepStatus::kFailed;
  record.error_code = info(error.code).name;
  record.message = error.text();
  record.attempts.back().error_code = record.error_code;
  record.attempts.back().message = record.message;
  if (on_failure != OnFailure::kIgnore && !failure_) failure_ = std::move(error);
  if (on_failure == OnFailure::kStop) stopping_ = true;
  SINAN_CHECK(history_.save_step(run_, record));
  emit(RunEvent::Kind::kStepEnded, &record);
  return {};
}

Status Execution::check_cancelled() {
  if (request_.cancel && request_.cancel->cancelled() && !interrupted_) {
    interrupted_ = true;
    cancel_running();
  }
  if (timer_.now() >= next_cancel_check_ && !cancelled_) {
    next_cancel_check_ = timer_.now() + kCancelCheck;
    SINAN_TRY(cancelled_, history_.cancel_requested(run_.id));
    if (cancelled_) cancel_running();
  }
  return {};
}

void Execution::cancel_running() {
  for (StepState& state : steps_) {
    if (state.cancel) state.cancel->cancel();
  }
}

void Execution::check_timeouts() {
  Instant now = timer_.now();
  for (StepState& state : steps_) {
    if (!state.deadline || now < *state.deadline) continue;
    state.timed_out = true;
    state.deadline.reset();
    state.cancel->cancel();
  }
}

Instant Execution::next_wake() const {
  Instant next = next_cancel_check_;
  for (const StepState& state : steps_) {
    if (state.retry_at) next = std::min(next, *state.retry_at);
    if (state.deadline) next = std::min(next, *state.deadline);
  }
  return next;
}

void Execution::conclude() {
  run_.ended_at = timer_.now();
  bool unfinished = std::any_of(run_.steps.begin(), run_.steps.end(), [](const StepRecord& s) { return !settled(s.status); });
  auto has = [&](StepStatus status) {
    return std::find_if(run_.steps.begin(), run_.steps.end(), [&](const StepRecord& s) { return s.status == status; });
  };
  run_.error_code.clear();
  run_.message.clear();
  if (cancelled_ && unfinished) {
    run_.status = RunStatus::kCancelled;
    run_.message = "cancelled by a person; a new run begins from the start";
  } else if (interrupted_ && unfinished) {
    run_.status = RunStatus::kInterrupted;
    run_.message = "interrupted; the next run takes it up from the last finished step";
  } else if (auto failed = has(StepStatus::kFailed); failed != run_.steps.end()) {
    // Of several failed steps the first in time decides; after a resume only the records know.
    if (failure_) {
      failed = std::find_if(run_.steps.begin(), run_.steps.end(),
                            [&](const StepRecord& s) { return s.status == StepStatus::kFailed && s.message == failure_->text(); });
    }
    run_.error_code = failed->error_code;
    run_.message = fmt::format("step {} failed: {}", failed->id, failed->message);
    run_.status = failed->error_code == info(ErrorCode::kUnavailable).name ? RunStatus::kSourceDown : RunStatus::kFailed;
  } else if (auto stopped = has(StepStatus::kStopped); stopped != run_.steps.end()) {
    run_.status = RunStatus::kStopped;
    run_.message = stopped->message;
  } else {
    auto waiting = std::find_if(run_.steps.begin(), run_.steps.end(), [](const StepRecord& s) { return s.waiting; });
    run_.status = waiting == run_.steps.end() ? RunStatus::kDone : RunStatus::kWaiting;
    if (waiting != run_.steps.end()) run_.message = waiting->message;
  }
}

void Execution::emit(RunEvent::Kind kind, const StepRecord* step, microseconds wait) {
  if (!request_.observer) return;
  std::lock_guard guard(observer_mutex_);
  request_.observer(RunEvent{kind, &run_, step, wait, 0, 0});
}

}  // namespace sinan::workflow

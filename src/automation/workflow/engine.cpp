#include "automation/workflow/engine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "automation/workflow/execution.hpp"

namespace sinan::workflow {
namespace {

// Held while a workflow runs; the kernel drops it when the process dies, however it dies.
class RunLock {
 public:
  static Result<RunLock> take(const std::filesystem::path& file, const std::string& workflow) {
    int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
      return fail(ErrorCode::kPrecondition, fmt::format("the lock of workflow {} cannot be opened: {}", workflow, std::strerror(errno)),
                  file.string());
    }
    RunLock lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
    char holder[256] = {};
    ssize_t size = ::pread(descriptor, holder, sizeof holder - 1, 0);
    return fail(ErrorCode::kConflict, fmt::format("workflow {} is running already ({}); wait for it, or cancel that run", workflow,
                                                  size > 0 ? std::string_view(holder, static_cast<std::size_t>(size)) : "just started"));
  }
  RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  // For the message of whoever comes second.
  void name_holder(const std::string& run_id) const {
    std::string text = fmt::format("run {}, process {}", run_id, ::getpid());
    if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, text.data(), text.size(), 0) < 0) return;
  }

 private:
  explicit RunLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Tells whether a cut-off run still means the same: FNV-1a over the definition.
std::string definition_hash(const Workflow& workflow) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (char c : workflow.text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", hash);
}

class StoreEngine final : public Engine {
 public:
  StoreEngine(History history, std::vector<Task*> tasks, EngineOptions options)
      : history_(std::move(history)), tasks_(std::move(tasks)), options_(std::move(options)) {
    if (!options_.timer) options_.timer = &system_timer_;
  }

  Result<RunRecord> run(const Workflow& workflow, const RunRequest& request) override {
    SINAN_TRY(RunLock lock, RunLock::take(options_.lock_dir / fmt::format("run-{}.lock", workflow.name), workflow.name));
    SINAN_TRY(std::optional<RunRecord> cut_off, settle_cut_off(workflow, request));
    RunRecord run;
    if (cut_off) {
      run = std::move(*cut_off);
      SINAN_CHECK(history_.save_run(run));
    } else if (request.resume_only) {
      return fail(ErrorCode::kPrecondition, fmt::format("no run of {} was cut off", workflow.name));
    } else {
      SINAN_CHECK(history_.prune(workflow.name, options_.keep_runs));
      run = fresh(workflow, request);
      SINAN_CHECK(history_.begin(run));
    }
    lock.name_holder(run.id);
    return Execution(workflow, request, std::move(run), tasks_, history_, *options_.timer).finish();
  }

  History& history() override { return history_; }
  const std::vector<Task*>& tasks() const override { return tasks_; }

 private:
  RunRecord fresh(const Workflow& workflow, const RunRequest& request) const {
    Instant at = options_.timer->now();
    RunRecord run{.workflow = workflow.name,
                  .trigger = request.trigger,
                  .requested_by = request.requested_by,
                  .dry_run = request.dry_run,
                  .now = request.now.value_or(at),
                  .started_at = at,
                  .definition_hash = definition_hash(workflow)};
    for (const Step& step : workflow.steps) run.steps.push_back({.id = step.id.value, .task = step.task.value});
    return run;
  }

  // We hold the lock, so a run that the store calls running has lost its process. The newest cut-off run is taken up if it still
  // means the same; all others are closed as abandoned.
  Result<std::optional<RunRecord>> settle_cut_off(const Workflow& workflow, const RunRequest& request) {
    std::optional<RunRecord> out;
    for (RunStatus status : {RunStatus::kRunning, RunStatus::kInterrupted}) {
      SINAN_TRY(std::vector<RunRecord> runs, history_.list({.workflow = workflow.name, .status = status}));
      for (const RunRecord& listed : runs) {
        if (request.dry_run && !listed.dry_run) continue;  // a trial leaves for others what is theirs to take up
        SINAN_TRY(RunRecord run, history_.show(listed.id));
        SINAN_TRY(bool cancelled, history_.cancel_requested(run.id));
        if (!cancelled && !out && may_resume(workflow, request, run)) {
          out = std::move(run);
          continue;
        }
        run.status = cancelled ? RunStatus::kCancelled : RunStatus::kAbandoned;
        run.message = cancelled ? "cancelled by a person" : "was cut off, and a new run began instead";
        if (!run.ended_at) run.ended_at = options_.timer->now();
        SINAN_CHECK(history_.save_run(run));
      }
    }
    if (out) take_up(*out);
    return out;
  }

  bool may_resume(const Workflow& workflow, const RunRequest& request, const RunRecord& run) const {
    if (!request.resume || request.dry_run || run.dry_run) return false;
    if (run.definition_hash != definition_hash(workflow)) return false;
    if (request.now_is_asked && request.now && *request.now != run.now) return false;
    return options_.timer->now() - run.started_at <= workflow.resume_within;
  }

  void take_up(RunRecord& run) const {
    run.status = RunStatus::kRunning;
    run.ended_at.reset();
    run.message.clear();
    ++run.resumed;
    for (StepRecord& step : run.steps) {
      if (step.status == StepStatus::kDone || step.status == StepStatus::kIgnored) continue;
      for (Attempt& attempt : step.attempts) {
        if (attempt.ended_at) continue;
        attempt.ended_at = attempt.started_at;
        attempt.error_code = info(ErrorCode::kCancelled).name;
        attempt.message = "the process ended before the step did";
      }
      step.status = StepStatus::kPending;
      step.message.clear();
      step.error_code.clear();
    }
  }

  History history_;
  std::vector<Task*> tasks_;
  EngineOptions options_;
  SystemTimer system_timer_;
};

}  // namespace

void SystemTimer::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& woken, Instant until, bool /*idle*/) {
  auto wait = std::clamp<std::chrono::microseconds>(until - now(), std::chrono::milliseconds{0}, std::chrono::milliseconds{100});
  woken.wait_for(lock, wait);
}

Result<std::unique_ptr<Engine>> Engine::open(storage::Store& store, std::vector<Task*> tasks, EngineOptions options) {
  SINAN_TRY(History history, History::open(store));
  std::error_code error;
  std::filesystem::create_directories(options.lock_dir, error);
  if (error) {
    return fail(ErrorCode::kPrecondition, "the folder of locks cannot be made: " + error.message(), options.lock_dir.string());
  }
  return std::make_unique<StoreEngine>(std::move(history), std::move(tasks), std::move(options));
}

}  // namespace sinan::workflow

#include "application/api/serve.hpp"

#include <fmt/format.h>

#include "automation/workflow/scheduler.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::api {
namespace {

constexpr std::chrono::milliseconds kTick{500};
constexpr std::chrono::milliseconds kLiveTick{1'000};
constexpr int kTicksAfterFailure = 60;

// Starts what is due until told to end.
class ScheduleLoop {
 public:
  ScheduleLoop(const ApiContext& context, const std::function<void(const std::string&)>& log)
      : context_(context), log_(log), thread_([this] { loop(); }) {}
  ~ScheduleLoop() {
    {
      std::lock_guard guard(mutex_);
      ended_ = true;
    }
    woken_.notify_all();
    thread_.join();
  }

 private:
  void loop() {
    take_up();
    std::unique_lock lock(mutex_);
    while (!ended_) {
      lock.unlock();
      start_due();
      lock.lock();
      woken_.wait_for(lock, kTick, [this] { return ended_; });
    }
  }

  // Runs that a stop or a crash cut off go on first.
  void take_up() {
    for (const workflow::Workflow& workflow : *context_.workflows) {
      const auto runs = context_.engine->history().list({.workflow = workflow.name});
      if (!runs) return say(runs.error());
      const auto newest = std::ranges::find(*runs, false, &workflow::RunRecord::dry_run);
      if (newest == runs->end()) continue;
      if (newest->status != workflow::RunStatus::kInterrupted && newest->status != workflow::RunStatus::kRunning) continue;
      if (context_.clock->now() - newest->started_at > workflow.resume_within) continue;
      start(workflow, {.trigger = "resume", .requested_by = "system:scheduler", .resume_only = true});
    }
  }

  void start_due() {
    auto due = workflow::take_due(*context_.workflows, context_.engine->history(), context_.clock->now());
    if (!due) return say(due.error());
    for (const workflow::Due& next : *due) start(*next.workflow, {.trigger = "schedule", .requested_by = "system:scheduler"});
  }

  void start(const workflow::Workflow& workflow, const workflow::RunRequest& request) {
    auto id = context_.launcher->start(workflow, request);
    if (!id) {
      say(id.error());
    } else if (log_) {
      log_(id->empty() ? fmt::format("a run of {} waits for another process ({})", workflow.name, request.trigger)
                       : fmt::format("run {} has begun ({})", *id, request.trigger));
    }
  }

  // The same complaint twice a second would drown the log.
  void say(const Error& error) {
    std::string text = error.text();
    if (log_ && text != last_complaint_) log_(text);
    last_complaint_ = text;
  }

  const ApiContext& context_;
  const std::function<void(const std::string&)>& log_;
  std::string last_complaint_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool ended_ = false;
  std::thread thread_;
};

// Once somebody has asked for live demand, lets it follow the clock and what cycles publish.
class LiveLoop {
 public:
  LiveLoop(demand::LiveDemand& live, const CancelToken& stop, const std::function<void(const std::string&)>& log)
      : live_(live), stop_(stop), log_(log), thread_([this] { loop(); }) {}
  ~LiveLoop() {
    live_.interrupt();
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    woken_.notify_all();
    thread_.join();
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    int pause = 0;
    while (!ended_) {
      lock.unlock();
      if (stop_.cancelled()) {
        live_.interrupt();
      } else if (pause > 0) {
        --pause;
      } else if (live_.begun() && !follow()) {
        pause = kTicksAfterFailure;
      }
      lock.lock();
      woken_.wait_for(lock, kLiveTick, [this] { return ended_; });
    }
  }

  bool follow() {
    auto read = live_.refresh();
    if (!log_) return read.has_value();
    if (!read) log_("live sales go on from the forecasts before: " + read.error().text());
    if (read && *read) log_(fmt::format("live sales of {} items at places go on from newer forecasts", live_.now().series));
    return read.has_value();
  }

  demand::LiveDemand& live_;
  const CancelToken& stop_;
  const std::function<void(const std::string&)>& log_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace

Status serve(const ApiContext& context, ServeOptions options, const CancelToken& stop) {
  SINAN_TRY(std::unique_ptr<http::Server> server, http::Server::open(options.http, routes(context)));
  if (options.on_ready) options.on_ready(server->address());
  std::optional<ScheduleLoop> schedule;
  if (options.schedule && context.launcher) schedule.emplace(context, options.log);
  std::optional<LiveLoop> following;
  if (context.live) following.emplace(*context.live, stop, options.log);
  Status status = server->run(stop);
  following.reset();
  schedule.reset();
  if (context.launcher) {
    if (!context.launcher->idle() && options.log) options.log("stopping: the run under way is interrupted, and taken up at the next start");
    context.launcher->stop();
  }
  return status;
}

Result<std::string> server_token(const std::filesystem::path& state_dir) {
  SINAN_TRY(std::string key, secrets::key_file(state_dir / "keys" / "server"));
  return secrets::hmac_sha256(key, "sinan server token");
}

}  // namespace sinan::api

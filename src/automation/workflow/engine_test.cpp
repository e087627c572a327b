// The engine against a real store, with a clock that tests move. Tasks are lambdas.
#include "automation/workflow/engine.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/kill_point.hpp"

namespace sinan::workflow {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class LambdaTask final : public Task {
 public:
  LambdaTask(std::string name, std::function<Result<TaskOutput>(TaskContext&)> body)
      : info_(task_info<NoOptions>(std::move(name), "A task of the tests.")), body_(std::move(body)) {}
  const TaskInfo& info() const override { return info_; }
  Result<TaskOutput> run(TaskContext& context) override { return body_(context); }

 private:
  TaskInfo info_;
  std::function<Result<TaskOutput>(TaskContext&)> body_;
};

// Stands still until a test or a task moves it; when nothing runs it jumps to the time that the engine waits for.
class ManualTimer final : public Timer {
 public:
  Instant now() const override { return Instant{microseconds{now_.load()}}; }
  void advance(microseconds by) { now_ += by.count(); }
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& woken, Instant until, bool idle) override {
    if (idle) {
      now_ = std::max(now_.load(), until.time_since_epoch().count());
      return;
    }
    woken.wait_for(lock, std::chrono::milliseconds{1});  // something runs: its end, or a moved clock, is seen at once
  }

 private:
  std::atomic<std::int64_t> now_ = parse_instant("2026-03-01T06:00:00Z").value().time_since_epoch().count();
};

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-engine-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    reopen();
  }
  void TearDown() override {
    engine_.reset();
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void reopen() {
    engine_.reset();
    store_.reset();
    store_ = storage::Store::open(dir_ / "store.sqlite").value();
    open_engine();
  }
  void open_engine() {
    std::vector<Task*> tasks;
    for (auto& task : tasks_) tasks.push_back(task.get());
    engine_ = Engine::open(*store_, tasks, {.lock_dir = dir_, .timer = &timer_}).value();
  }
  // Names a task, which appends its step to trace_ and then does `body`.
  void task(const std::string& name, std::function<Result<TaskOutput>(TaskContext&)> body = {}) {
    tasks_.push_back(std::make_unique<LambdaTask>(name, [this, body](TaskContext& context) -> Result<TaskOutput> {
      {
        std::lock_guard guard(mutex_);
        trace_.push_back(context.step);
      }
      if (body) return body(context);
      return Json{{"step", context.step}};
    }));
    open_engine();
  }
  Workflow workflow(const std::string& text) {
    Diagnostics out;
    auto parsed = parse_workflow("cycle", text, "workflows/cycle.yaml", Zone(), engine_->tasks(), out);
    if (!parsed) ADD_FAILURE() << out.error().text();
    return parsed.value_or(Workflow{});
  }
  RunRecord run(const std::string& text, RunRequest request = {}) {
    auto record = engine_->run(workflow(text), request);
    EXPECT_TRUE(record.has_value()) << (record ? "" : record.error().text());
    return record.value_or(RunRecord{});
  }
  static std::string statuses(const RunRecord& run) {
    std::string out;
    for (const StepRecord& step : run.steps) out += fmt::format("{}:{} ", step.id, name(step.status));
    return out;
  }

  std::filesystem::path dir_;
  ManualTimer timer_;
  std::mutex mutex_;
  std::vector<std::string> trace_;
  std::unique_ptr<storage::Store> store_;
  std::vector<std::unique_ptr<LambdaTask>> tasks_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, StepsRunInOrderOfTheirNeedsAndSeeEarlierOutputs) {
  Json seen;
  task("do_step");
  task("look_back", [&](TaskContext& context) -> Result<TaskOutput> {
    seen = context.output_of("b");
    return Json::object();
  });
  RunRecord record =
      run("parallel: 1\nsteps:\n  - {id: c, task: look_back, needs: [b]}\n  - {id: b, task: do_step, needs: [a]}\n"
          "  - {id: a, task: do_step}\n");
  EXPECT_EQ(trace_, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(record.status, RunStatus::kDone);
  EXPECT_EQ(exit_code(record), 0);
  EXPECT_EQ(seen, (Json{{"step", "b"}}));
  EXPECT_EQ(record.id, "cycle-20260301-1");
  RunRecord stored = engine_->history().show("latest").value();
  EXPECT_EQ(to_json(stored), to_json(record));
}

TEST_F(EngineTest, IndependentStepsRunAtTheSameTimeUpToTheLimit) {
  std::mutex mutex;
  std::condition_variable met;
  int inside = 0;
  int most = 0;
  // Each waits until two are inside, so that a serial engine would hang (the guard ends it), and a third inside would be seen.
  task("meet_other", [&](TaskContext&) -> Result<TaskOutput> {
    std::unique_lock lock(mutex);
    most = std::max(most, ++inside);
    met.notify_all();
    bool good = met.wait_for(lock, seconds{20}, [&] { return most >= 2; });
    --inside;
    if (!good) return fail(ErrorCode::kInternal, "nobody came");
    return Json::object();
  });
  RunRecord record =
      run("parallel: 2\nsteps:\n  - {id: a, task: meet_other}\n  - {id: b, task: meet_other}\n  - {id: c, task: meet_other}\n");
  EXPECT_EQ(record.status, RunStatus::kDone) << record.message;
  EXPECT_EQ(most, 2);
}

TEST_F(EngineTest, OnlyErrorsThatMayPassAreTriedAgainWithGrowingWaits) {
  int calls = 0;
  task("reach_source", [&](TaskContext&) -> Result<TaskOutput> {
    if (++calls < 4) return fail(ErrorCode::kUnavailable, "the server is down");
    return Json::object();
  });
  task("read_bad", [&](TaskContext&) -> Result<TaskOutput> { return fail(ErrorCode::kInvalidInput, "no such column"); });
  Instant begin = timer_.now();
  RunRecord record = run("steps:\n  - {id: a, task: reach_source, retries: 3, backoff: 10s}\n");
  EXPECT_EQ(record.status, RunStatus::kDone);
  ASSERT_EQ(record.steps[0].attempts.size(), 4U);
  // 10 s + 20 s + 40 s, each between half and whole.
  EXPECT_GE(timer_.now() - begin, seconds{35});
  EXPECT_LE(timer_.now() - begin, seconds{71});
  EXPECT_EQ(record.steps[0].attempts[0].error_code, "unavailable");
  EXPECT_EQ(record.steps[0].attempts[3].error_code, "");

  record = run("steps:\n  - {id: a, task: read_bad, retries: 3}\n");
  EXPECT_EQ(record.status, RunStatus::kFailed);
  EXPECT_EQ(record.steps[0].attempts.size(), 1U);
  EXPECT_EQ(exit_code(record), 2);
}

TEST_F(EngineTest, WaitsAreTheSameInEveryReplayAndBounded) {
  for (int attempt = 2; attempt < 40; ++attempt) {
    microseconds wait = retry_wait(seconds{2}, "cycle-1", "sync", attempt);
    EXPECT_EQ(wait, retry_wait(seconds{2}, "cycle-1", "sync", attempt));
    EXPECT_LE(wait, minutes{10});
    EXPECT_GE(wait, std::min<microseconds>(seconds{2} * (std::int64_t{1} << std::min(attempt - 2, 20)), minutes{10}) / 2);
  }
  EXPECT_NE(retry_wait(seconds{2}, "cycle-1", "sync", 2), retry_wait(seconds{2}, "cycle-2", "sync", 2));
}

TEST_F(EngineTest, ASourceThatStaysDownEndsWithThree) {
  task("reach_source", [](TaskContext&) -> Result<TaskOutput> { return fail(ErrorCode::kUnavailable, "erp is down"); });
  task("write_report");
  RunRecord record =
      run("steps:\n  - {id: sync, task: reach_source, retries: 2}\n  - {id: plan, task: write_report, needs: [sync]}\n"
          "  - {id: report, task: write_report, needs: [plan], always: true}\n");
  EXPECT_EQ(exit_code(record), 3);
  EXPECT_EQ(record.status, RunStatus::kSourceDown);
  EXPECT_EQ(statuses(record), "sync:failed plan:skipped report:done ");
  EXPECT_NE(record.message.find("erp is down"), std::string::npos);
}

TEST_F(EngineTest, AnswersAreNoErrors) {
  task("say_no", [](TaskContext&) { return TaskOutput({{"bad", 7}}, Verdict::kStop, "7 rows are broken"); });
  task("ask_person", [](TaskContext&) { return TaskOutput({}, Verdict::kWaiting, "3 orders wait"); });
  task("do_step");
  RunRecord record =
      run("steps:\n  - {id: check, task: say_no}\n  - {id: plan, task: do_step, needs: [check]}\n  - {id: other, task: do_step}\n");
  EXPECT_EQ(statuses(record), "check:stopped plan:skipped other:done ");
  EXPECT_EQ(exit_code(record), 1);
  EXPECT_EQ(record.message, "7 rows are broken");
  record = run("steps:\n  - {id: ask, task: ask_person}\n  - {id: plan, task: do_step, needs: [ask]}\n");
  EXPECT_EQ(record.status, RunStatus::kWaiting);
  EXPECT_EQ(exit_code(record), 0);
  EXPECT_EQ(record.message, "3 orders wait");
}

TEST_F(EngineTest, OnFailureSaysWhatAFailureMeansForTheRest) {
  task("break_down", [](TaskContext&) -> Result<TaskOutput> { return fail(ErrorCode::kCorrupt, "broken"); });
  task("do_step");
  const std::pair<std::string, std::string> cases[] = {
      {"stop", "a:failed b:skipped c:skipped d:done "},
      {"skip", "a:failed b:skipped c:done d:done "},
      {"ignore", "a:ignored b:done c:done d:done "},
  };
  for (const auto& [on_failure, expected] : cases) {
    RunRecord record =
        run(fmt::format("parallel: 1\nsteps:\n  - {{id: a, task: break_down, on_failure: {}}}\n  - {{id: b, task: do_step, "
                        "needs: [a]}}\n  - {{id: c, task: do_step}}\n  - {{id: d, task: do_step, needs: [b], always: true}}\n",
                        on_failure));
    EXPECT_EQ(statuses(record), expected) << on_failure;
    EXPECT_EQ(exit_code(record), on_failure == "ignore" ? 0 : 2) << on_failure;
  }
}

TEST_F(EngineTest, ATimeOutCancelsTheStep) {
  task("hang_on", [&](TaskContext& context) -> Result<TaskOutput> {
    timer_.advance(minutes{2});
    while (!context.cancel.cancelled()) std::this_thread::yield();
    return std::unexpected(context.cancel.check().error());
  });
  RunRecord record = run("steps:\n  - {id: a, task: hang_on, timeout: 1m, retries: 1}\n");
  EXPECT_EQ(record.status, RunStatus::kFailed);
  EXPECT_EQ(record.error_code, "timeout");
  EXPECT_EQ(record.steps[0].attempts.size(), 2U) << "a time-out may pass";
  EXPECT_NE(record.message.find("the step took longer than"), std::string::npos) << record.message;
}

TEST_F(EngineTest, WhatATaskThrowsIsOurBug) {
  task("throw_up", [](TaskContext&) -> Result<TaskOutput> { throw std::logic_error("broken invariant: x"); });
  RunRecord record = run("steps:\n  - {id: a, task: throw_up, retries: 3}\n");
  EXPECT_EQ(exit_code(record), 70);
  EXPECT_EQ(record.steps[0].attempts.size(), 1U);
}

TEST_F(EngineTest, AnInterruptedRunIsTakenUpFromItsLastFinishedStep) {
  CancelToken shutdown;
  bool first = true;
  task("do_step");
  task("wait_long", [&](TaskContext& context) -> Result<TaskOutput> {
    if (!first) return Json{{"second", true}};
    first = false;
    shutdown.cancel();
    while (!context.cancel.cancelled()) std::this_thread::yield();
    return std::unexpected(context.cancel.check().error());
  });
  std::string text =
      "steps:\n  - {id: a, task: do_step}\n  - {id: b, task: wait_long, needs: [a]}\n  - {id: c, task: do_step, needs: [b]}\n";
  RunRecord cut = run(text, {.now = parse_instant("2026-02-28").value(), .cancel = &shutdown});
  EXPECT_EQ(cut.status, RunStatus::kInterrupted);
  EXPECT_EQ(exit_code(cut), 130);
  EXPECT_EQ(statuses(cut), "a:done b:interrupted c:pending ");

  reopen();
  first = false;
  RunRecord trial = run(text, {.dry_run = true});
  EXPECT_EQ(trial.status, RunStatus::kDone);
  EXPECT_NE(trial.id, cut.id);
  trace_.resize(2);
  RunRecord resumed = run(text);
  EXPECT_EQ(resumed.id, cut.id) << "a dry run leaves it as it was";
  EXPECT_EQ(resumed.status, RunStatus::kDone);
  EXPECT_EQ(resumed.resumed, 1);
  EXPECT_EQ(format_rfc3339(resumed.now), "2026-02-28T00:00:00Z") << "the logical time is that of the run's beginning";
  EXPECT_EQ(trace_, (std::vector<std::string>{"a", "b", "b", "c"}));
  EXPECT_EQ(engine_->run(workflow(text), {.resume_only = true}).error().code, ErrorCode::kPrecondition) << "nothing is cut off any more";
}

TEST_F(EngineTest, ARunThatMeansSomethingElseNowIsAbandoned) {
  std::optional<CancelToken> shutdown;
  task("do_step");
  task("end_it", [&](TaskContext&) -> Result<TaskOutput> {
    shutdown->cancel();
    return fail(ErrorCode::kCancelled, "cancelled");
  });
  std::string text = "resume_within: 2h\nsteps:\n  - {id: a, task: do_step}\n  - {id: b, task: end_it, needs: [a]}\n";
  std::string other = "resume_within: 2h\nsteps:\n  - {id: a, task: do_step}\n";
  auto interrupt = [&] {
    auto record = engine_->run(workflow(text), {.cancel = &shutdown.emplace()});
    EXPECT_EQ(record.value().status, RunStatus::kInterrupted);
    return record.value().id;
  };
  auto status_of = [&](const std::string& id) { return engine_->history().show(id).value().status; };

  std::string changed = interrupt();
  EXPECT_NE(run(other).id, changed);
  EXPECT_EQ(status_of(changed), RunStatus::kAbandoned);

  std::string later = interrupt();
  EXPECT_NE(run(other, {.now = parse_instant("2026-04-01").value(), .now_is_asked = true}).id, later);
  EXPECT_EQ(status_of(later), RunStatus::kAbandoned);

  std::string old = interrupt();
  timer_.advance(minutes{121});
  EXPECT_NE(engine_->run(workflow(text), {.cancel = &shutdown.emplace()}).value().id, old);
  EXPECT_EQ(status_of(old), RunStatus::kAbandoned);
}

TEST_F(EngineTest, APersonCancelsARunFromElsewhere) {
  task("cancel_itself", [&](TaskContext& context) -> Result<TaskOutput> {
    EXPECT_TRUE(engine_->history().request_cancel(context.run_id).has_value());
    timer_.advance(seconds{2});
    while (!context.cancel.cancelled()) std::this_thread::yield();
    return fail(ErrorCode::kCancelled, "cancelled");
  });
  std::string text = "steps:\n  - {id: a, task: cancel_itself}\n  - {id: b, task: cancel_itself, needs: [a]}\n";
  RunRecord record = run(text);
  EXPECT_EQ(record.status, RunStatus::kCancelled);
  EXPECT_EQ(engine_->history().request_cancel(record.id).error().code, ErrorCode::kPrecondition);
  EXPECT_NE(run(text).id, record.id) << "a cancelled run is never taken up";
}

TEST_F(EngineTest, ASecondRunOfTheSameWorkflowSaysWhoRuns) {
  std::string conflict;
  Workflow same;
  task("start_again", [&](TaskContext&) -> Result<TaskOutput> {
    auto second = engine_->run(same, {});
    if (!second) conflict = second.error().text();
    return Json::object();
  });
  same = workflow("steps:\n  - {id: a, task: start_again}\n");
  ASSERT_TRUE(engine_->run(same, {}).has_value());
  EXPECT_NE(conflict.find("run cycle-20260301-1"), std::string::npos) << conflict;
}

TEST_F(EngineTest, AnObserverSeesTheRunInOrder) {
  int calls = 0;
  task("try_twice", [&](TaskContext& context) -> Result<TaskOutput> {
    if (++calls == 1) return fail(ErrorCode::kUnavailable, "down");
    context.progress(1, 2);
    return Json::object();
  });
  std::string seen;
  run("steps:\n  - {id: a, task: try_twice, retries: 1}\n", {.observer = [&](const RunEvent& event) {
        seen += fmt::format("{}{} ", static_cast<int>(event.kind), event.step ? event.step->id : "");
      }});
  EXPECT_EQ(seen, "0 2a 4a 2a 3a 5a 6 ");
}

// The process is killed at each named place of each step, and in the middle of the step; whatever the moment, a step whose end was
// recorded is not run again, and the run ends as one.
TEST_F(EngineTest, AKilledProcessIsTakenUpFromItsLastFinishedStep) {
  std::string text =
      "parallel: 1\nsteps:\n  - {id: a, task: leave_mark}\n  - {id: b, task: leave_mark, needs: [a]}\n"
      "  - {id: c, task: leave_mark, needs: [b]}\n";
  std::string victim;
  task("leave_mark", [&](TaskContext& context) -> Result<TaskOutput> {
    std::ofstream(dir_ / "marks", std::ios::app) << context.step << '\n';
    if (context.step == victim) ::raise(SIGKILL);
    return Json::object();
  });
  const std::string steps[] = {"a", "b", "c"};
  for (int moment = 0; moment < 9; ++moment) {
    std::string where = steps[moment / 3];
    std::filesystem::remove(dir_ / "marks");
    engine_.reset();
    store_.reset();
    pid_t child = ::fork();
    if (child == 0) {
      if (moment % 3 == 0) arm_kill_point("workflow.step.started", moment / 3 + 1);
      if (moment % 3 == 1) victim = where;
      if (moment % 3 == 2) arm_kill_point("workflow.step.finished", moment / 3 + 1);
      reopen();
      (void)engine_->run(workflow(text), {});
      ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << moment;
    reopen();
    RunRecord record = run(text);
    EXPECT_EQ(record.resumed, 1) << moment;
    EXPECT_EQ(record.status, RunStatus::kDone);
    std::ifstream marks(dir_ / "marks");
    std::map<std::string, int> count;
    for (std::string line; std::getline(marks, line);) ++count[line];
    for (const std::string& step : steps) {
      int expected = step == where && moment % 3 != 0 ? 2 : 1;
      EXPECT_EQ(count[step], expected) << step << " at moment " << moment;
    }
  }
}

TEST_F(EngineTest, HistoryIsPagedFilteredAndPruned) {
  task("do_step");
  std::string text = "steps:\n  - {id: a, task: do_step}\n";
  for (int i = 0; i < 5; ++i) run(text);
  auto page = engine_->history().list({.limit = 2}).value();
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].id, "cycle-20260301-5");
  page = engine_->history().list({.status = RunStatus::kDone, .before_id = page[1].id, .limit = 10}).value();
  ASSERT_EQ(page.size(), 3U);
  EXPECT_EQ(page[0].id, "cycle-20260301-3");
  ASSERT_TRUE(engine_->history().prune("cycle", 2).has_value());
  EXPECT_EQ(engine_->history().list().value().size(), 2U);
  EXPECT_EQ(run(text).id, "cycle-20260301-6");
  auto missing = engine_->history().show("cycle-20260301-99");
  EXPECT_NE(missing.error().message.find("cycle-20260301-6"), std::string::npos);
}

}  // namespace
}  // namespace sinan::workflow

#include "automation/workflow/history.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace sinan::workflow {
namespace {

using storage::Cell;
using storage::Row;
using storage::Session;

constexpr std::array<std::string_view, 9> kRunNames{"running", "done",        "waiting",   "stopped",  "source_down",
                                                    "failed",  "interrupted", "cancelled", "abandoned"};
constexpr std::array<std::string_view, 8> kStepNames{"pending", "running", "done",    "stopped",
                                                     "failed",  "ignored", "skipped", "interrupted"};

const storage::Migrations& migrations() {
  static const storage::Migrations kMigrations{"workflow", {R"(
CREATE TABLE workflow_runs (
  run_id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE, workflow TEXT NOT NULL, status TEXT NOT NULL, trigger_kind TEXT NOT NULL,
  requested_by TEXT NOT NULL, dry_run INTEGER NOT NULL, now_us INTEGER NOT NULL, started_us INTEGER NOT NULL, ended_us INTEGER,
  resumed INTEGER NOT NULL, error_code TEXT NOT NULL, message TEXT NOT NULL, definition_hash TEXT NOT NULL,
  cancel_requested INTEGER NOT NULL DEFAULT 0);
CREATE INDEX workflow_runs_by_workflow ON workflow_runs (workflow, sequence);
CREATE TABLE workflow_steps (
  run_id TEXT NOT NULL, step_id TEXT NOT NULL, position INTEGER NOT NULL, task TEXT NOT NULL, status TEXT NOT NULL, started_us INTEGER,
  ended_us INTEGER, waiting INTEGER NOT NULL, attempts TEXT NOT NULL, output TEXT NOT NULL, error_code TEXT NOT NULL, message TEXT NOT NULL,
  PRIMARY KEY (run_id, step_id));
CREATE TABLE workflow_schedules (workflow TEXT PRIMARY KEY, last_due_us INTEGER NOT NULL);
)"}};
  return kMigrations;
}

Cell cell(std::optional<Instant> at) {
  if (!at) return nullptr;
  return at->time_since_epoch().count();
}
Cell cell(Instant at) { return static_cast<std::int64_t>(at.time_since_epoch().count()); }

std::optional<Instant> instant(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Instant{std::chrono::microseconds{row.integer(column)}};
}

Json time_json(std::optional<Instant> at) { return at ? Json(format_rfc3339(*at)) : Json(nullptr); }

Json attempts_json(const std::vector<Attempt>& attempts) {
  Json out = Json::array();
  for (const Attempt& a : attempts) {
    Json item{{"attempt", a.number}, {"started_at", format_rfc3339(a.started_at)}, {"ended_at", time_json(a.ended_at)}};
    if (!a.error_code.empty()) {
      item["error_code"] = a.error_code;
      item["message"] = a.message;
    }
    out.push_back(std::move(item));
  }
  return out;
}

// Our own JSON read back; damage is kCorrupt, not a crash.
Result<std::vector<Attempt>> read_attempts(const std::string& text) {
  SINAN_TRY(Json json, parse_json(text, "workflow_steps.attempts"));
  std::vector<Attempt> out;
  try {
    for (const Json& item : json) {
      Attempt a;
      a.number = item.at("attempt").get<int>();
      SINAN_TRY(a.started_at, parse_instant(item.at("started_at").get<std::string>()));
      if (!item.at("ended_at").is_null()) {
        SINAN_TRY(a.ended_at, parse_instant(item.at("ended_at").get<std::string>()));
      }
      a.error_code = item.value("error_code", "");
      a.message = item.value("message", "");
      out.push_back(std::move(a));
    }
  } catch (const Json::exception& e) {
    return fail(ErrorCode::kCorrupt, fmt::format("the attempts of a step cannot be read: {}", e.what()), "workflow_steps.attempts");
  }
  return out;
}

constexpr std::string_view kRunColumns =
    "run_id, workflow, status, trigger_kind, requested_by, dry_run, now_us, started_us, ended_us, resumed, error_code, message, "
    "definition_hash";

Result<RunRecord> read_run(const Row& row) {
  RunRecord run;
  run.id = row.text(0);
  run.workflow = row.text(1);
  auto status = run_status(row.text(2));
  if (!status) return fail(ErrorCode::kCorrupt, fmt::format("a run has the unknown status '{}'", row.text(2)), run.id);
  run.status = *status;
  run.trigger = row.text(3);
  run.requested_by = row.text(4);
  run.dry_run = row.integer(5) != 0;
  run.now = instant(row, 6).value_or(Instant{});
  run.started_at = instant(row, 7).value_or(Instant{});
  run.ended_at = instant(row, 8);
  run.resumed = static_cast<int>(row.integer(9));
  run.error_code = row.text(10);
  run.message = row.text(11);
  run.definition_hash = row.text(12);
  return run;
}

Result<StepRecord> read_step(const Row& row) {
  StepRecord step;
  step.id = row.text(0);
  step.task = row.text(1);
  std::string status = row.text(2);
  auto found = std::find(kStepNames.begin(), kStepNames.end(), status);
  if (found == kStepNames.end()) return fail(ErrorCode::kCorrupt, fmt::format("a step has the unknown status '{}'", status), step.id);
  step.status = static_cast<StepStatus>(found - kStepNames.begin());
  step.started_at = instant(row, 3);
  step.ended_at = instant(row, 4);
  step.waiting = row.integer(5) != 0;
  SINAN_TRY(step.attempts, read_attempts(row.text(6)));
  SINAN_TRY(step.output, parse_json(row.text(7), "workflow_steps.output"));
  step.error_code = row.text(8);
  step.message = row.text(9);
  return step;
}

Status write_step(Session& session, const std::string& run_id, std::size_t position, const StepRecord& step) {
  auto changed = session.execute(
      "INSERT INTO workflow_steps (run_id, step_id, position, task, status, started_us, ended_us, waiting, attempts, output, error_code, "
      "message) VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (run_id, step_id) DO UPDATE SET status = excluded.status, started_us = "
      "excluded.started_us, ended_us = excluded.ended_us, waiting = excluded.waiting, attempts = excluded.attempts, output = "
      "excluded.output, error_code = excluded.error_code, message = excluded.message",
      {run_id, step.id, static_cast<std::int64_t>(position), step.task, std::string(name(step.status)), cell(step.started_at),
       cell(step.ended_at), static_cast<std::int64_t>(step.waiting), dump(attempts_json(step.attempts)), dump(step.output), step.error_code,
       step.message});
  if (!changed) return std::unexpected(std::move(changed).error());
  return {};
}

Json step_json(const StepRecord& step) {
  Json out{{"id", step.id},
           {"task", step.task},
           {"status", name(step.status)},
           {"started_at", time_json(step.started_at)},
           {"ended_at", time_json(step.ended_at)},
           {"duration_ms", nullptr},
           {"waiting", step.waiting},
           {"attempts", attempts_json(step.attempts)},
           {"output", step.output}};
  if (step.started_at && step.ended_at) out["duration_ms"] = (*step.ended_at - *step.started_at).count() / 1000;
  if (!step.error_code.empty()) out["error_code"] = step.error_code;
  if (!step.message.empty()) out["message"] = step.message;
  return out;
}

}  // namespace

std::string_view name(RunStatus status) { return kRunNames[static_cast<std::size_t>(status)]; }
std::string_view name(StepStatus status) { return kStepNames[static_cast<std::size_t>(status)]; }

std::optional<RunStatus> run_status(std::string_view text) {
  auto found = std::find(kRunNames.begin(), kRunNames.end(), text);
  if (found == kRunNames.end()) return std::nullopt;
  return static_cast<RunStatus>(found - kRunNames.begin());
}

int exit_code(const RunRecord& run) {
  switch (run.status) {
    case RunStatus::kDone:
    case RunStatus::kWaiting: return 0;
    case RunStatus::kStopped: return 1;
    case RunStatus::kSourceDown: return 3;
    case RunStatus::kRunning:
    case RunStatus::kInterrupted:
    case RunStatus::kCancelled:
    case RunStatus::kAbandoned: return 130;
    case RunStatus::kFailed: break;
  }
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    const ErrorCodeInfo& known = info(static_cast<ErrorCode>(code));
    if (known.name == run.error_code) return known.exit_code;
  }
  return info(ErrorCode::kInternal).exit_code;
}

Json to_json(const RunRecord& run) {
  Json out{{"id", run.id},
           {"workflow", run.workflow},
           {"status", name(run.status)},
           {"trigger", run.trigger},
           {"requested_by", run.requested_by},
           {"dry_run", run.dry_run},
           {"now", format_rfc3339(run.now)},
           {"started_at", format_rfc3339(run.started_at)},
           {"ended_at", time_json(run.ended_at)},
           {"duration_ms", nullptr},
           {"resumed", run.resumed}};
  if (run.ended_at) out["duration_ms"] = (*run.ended_at - run.started_at).count() / 1000;
  if (!run.error_code.empty()) out["error_code"] = run.error_code;
  if (!run.message.empty()) out["message"] = run.message;
  if (!run.steps.empty()) {
    out["steps"] = Json::array();
    for (const StepRecord& step : run.steps) out["steps"].push_back(step_json(step));
  }
  return out;
}

Result<History> History::open(storage::Store& store) {
  SINAN_CHECK(store.migrate(migrations()));
  return History(store);
}

Result<std::vector<RunRecord>> History::list(const RunFilter& filter) const {
  std::string sql = fmt::format("SELECT {} FROM workflow_runs WHERE 1 = 1", kRunColumns);
  std::vector<Cell> parameters;
  if (!filter.workflow.empty()) {
    sql += " AND workflow = ?";
    parameters.emplace_back(filter.workflow);
  }
  if (filter.status) {
    sql += " AND status = ?";
    parameters.emplace_back(std::string(name(*filter.status)));
  }
  if (!filter.before_id.empty()) {
    sql += " AND sequence < (SELECT sequence FROM workflow_runs WHERE run_id = ?)";
    parameters.emplace_back(filter.before_id);
  }
  sql += " ORDER BY sequence DESC LIMIT ?";
  parameters.emplace_back(static_cast<std::int64_t>(std::clamp(filter.limit, 1, RunFilter::kMost)));
  std::vector<RunRecord> out;
  SINAN_CHECK(store_->read([&](Session& session) {
    return session.query(sql, parameters, [&](const Row& row) -> Status {
      SINAN_TRY(RunRecord run, read_run(row));
      out.push_back(std::move(run));
      return {};
    });
  }));
  return out;
}

Result<RunRecord> History::show(const std::string& run_id) const {
  std::string by = run_id == "latest" ? "ORDER BY sequence DESC LIMIT 1" : "WHERE run_id = ?";
  std::vector<Cell> parameters;
  if (run_id != "latest") parameters.emplace_back(run_id);
  std::optional<RunRecord> found;
  std::vector<std::string> newest;
  SINAN_CHECK(store_->read([&](Session& session) -> Status {
    SINAN_CHECK(session.query(fmt::format("SELECT {} FROM workflow_runs {}", kRunColumns, by), parameters, [&](const Row& row) -> Status {
      SINAN_TRY(found, read_run(row));
      return {};
    }));
    if (!found) {
      return session.query("SELECT run_id FROM workflow_runs ORDER BY sequence DESC LIMIT 5", {}, [&](const Row& row) -> Status {
        newest.push_back(row.text(0));
        return {};
      });
    }
    return session.query(
        "SELECT step_id, task, status, started_us, ended_us, waiting, attempts, output, error_code, message FROM workflow_steps WHERE "
        "run_id = ? ORDER BY position",
        {found->id}, [&](const Row& row) -> Status {
          SINAN_TRY(StepRecord step, read_step(row));
          found->steps.push_back(std::move(step));
          return {};
        });
  }));
  if (found) return std::move(*found);
  return fail(ErrorCode::kNotFound, newest.empty()
                                        ? std::string("nothing has run here yet; start with `sinan run`")
                                        : fmt::format("no run has the id '{}'; the newest are: {}", run_id, fmt::join(newest, ", ")));
}

Status History::request_cancel(const std::string& run_id) {
  SINAN_TRY(RunRecord run, show(run_id));
  if (run.status != RunStatus::kRunning) {
    return fail(ErrorCode::kPrecondition, fmt::format("the run has ended already ({})", name(run.status)), run.id);
  }
  return store_->transact([&](Session& session) -> Status {
    auto changed = session.execute("UPDATE workflow_runs SET cancel_requested = 1 WHERE run_id = ?", {run.id});
    if (!changed) return std::unexpected(std::move(changed).error());
    return {};
  });
}

Result<bool> History::cancel_requested(const std::string& run_id) const {
  bool requested = false;
  SINAN_CHECK(store_->read([&](Session& session) {
    return session.query("SELECT cancel_requested FROM workflow_runs WHERE run_id = ?", {run_id}, [&](const Row& row) -> Status {
      requested = row.integer(0) != 0;
      return {};
    });
  }));
  return requested;
}

Status History::begin(RunRecord& run) {
  std::string day = format_date(std::chrono::floor<std::chrono::days>(run.started_at));
  std::erase(day, '-');
  return store_->transact([&](Session& session) -> Status {
    std::int64_t sequence = 1;
    std::int64_t number = 1;
    std::string prefix = fmt::format("{}-{}-", run.workflow, day);
    SINAN_CHECK(session.query("SELECT coalesce(max(sequence), 0) + 1 FROM workflow_runs", {}, [&](const Row& row) -> Status {
      sequence = row.integer(0);
      return {};
    }));
    SINAN_CHECK(
        session.query("SELECT coalesce(max(CAST(substr(run_id, ?) AS INTEGER)), 0) + 1 FROM workflow_runs WHERE workflow = ? AND "
                      "substr(run_id, 1, ?) = ?",
                      {static_cast<std::int64_t>(prefix.size() + 1), run.workflow, static_cast<std::int64_t>(prefix.size()), prefix},
                      [&](const Row& row) -> Status {
                        number = row.integer(0);
                        return {};
                      }));
    run.id = fmt::format("{}{}", prefix, number);
    auto added = session.execute(
        "INSERT INTO workflow_runs (run_id, sequence, workflow, status, trigger_kind, requested_by, dry_run, now_us, started_us, ended_us, "
        "resumed, error_code, message, definition_hash) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        {run.id, sequence, run.workflow, std::string(name(run.status)), run.trigger, run.requested_by,
         static_cast<std::int64_t>(run.dry_run), cell(run.now), cell(run.started_at), cell(run.ended_at),
         static_cast<std::int64_t>(run.resumed), run.error_code, run.message, run.definition_hash});
    if (!added) return std::unexpected(std::move(added).error());
    for (std::size_t i = 0; i < run.steps.size(); ++i) SINAN_CHECK(write_step(session, run.id, i, run.steps[i]));
    return {};
  });
}

Status History::save_run(const RunRecord& run) {
  return store_->transact([&](Session& session) -> Status {
    auto changed = session.execute(
        "UPDATE workflow_runs SET status = ?, ended_us = ?, resumed = ?, error_code = ?, message = ? WHERE run_id = ?",
        {std::string(name(run.status)), cell(run.ended_at), static_cast<std::int64_t>(run.resumed), run.error_code, run.message, run.id});
    if (!changed) return std::unexpected(std::move(changed).error());
    for (std::size_t i = 0; i < run.steps.size(); ++i) SINAN_CHECK(write_step(session, run.id, i, run.steps[i]));
    return {};
  });
}

Status History::save_step(const RunRecord& run, const StepRecord& step) {
  auto position = static_cast<std::size_t>(&step - run.steps.data());
  return store_->transact([&](Session& session) { return write_step(session, run.id, position, step); });
}

Status History::prune(const std::string& workflow, int keep) {
  return store_->transact([&](Session& session) -> Status {
    std::string old =
        "(SELECT run_id FROM workflow_runs WHERE workflow = ? AND status <> 'running' ORDER BY sequence DESC LIMIT -1 OFFSET ?)";
    std::vector<Cell> parameters{workflow, static_cast<std::int64_t>(keep)};
    auto steps = session.execute("DELETE FROM workflow_steps WHERE run_id IN " + old, parameters);
    if (!steps) return std::unexpected(std::move(steps).error());
    auto runs = session.execute("DELETE FROM workflow_runs WHERE run_id IN " + old, parameters);
    if (!runs) return std::unexpected(std::move(runs).error());
    return {};
  });
}

Result<std::optional<Instant>> History::last_due(const std::string& workflow) const {
  std::optional<Instant> out;
  SINAN_CHECK(store_->read([&](Session& session) {
    return session.query("SELECT last_due_us FROM workflow_schedules WHERE workflow = ?", {workflow}, [&](const Row& row) -> Status {
      out = instant(row, 0);
      return {};
    });
  }));
  return out;
}

Status History::set_last_due(const std::string& workflow, Instant at) {
  return store_->transact([&](Session& session) -> Status {
    auto changed = session.execute(
        "INSERT INTO workflow_schedules (workflow, last_due_us) VALUES (?,?) ON CONFLICT (workflow) DO UPDATE SET last_due_us = "
        "excluded.last_due_us",
        {workflow, cell(at)});
    if (!changed) return std::unexpected(std::move(changed).error());
    return {};
  });
}

}  // namespace sinan::workflow

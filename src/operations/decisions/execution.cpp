// From approval to effect: intent recorded, effect asked for, result recorded; each step durable before the next.
#include "base/kill_point.hpp"
#include "operations/decisions/decisions.hpp"
#include "operations/decisions/states.hpp"
#include "operations/decisions/steps.hpp"

namespace sinan::decisions {
namespace {

constexpr std::size_t kGroup = 256;   // intents in one transaction
constexpr int kMaxOutagesInARow = 3;  // then the system counts as down

bool due(const Decision& d) { return d.state == State::kApproved || d.state == State::kFailed; }

using Outcome = std::pair<Decision, Result<Effect>>;

// Writes down that these are about to take effect; those that another process has finished meanwhile are left out.
Result<std::vector<Decision>> record_intents(audit::Ledger& ledger, std::span<const std::string> ids) {
  std::vector<Decision> out;
  SINAN_CHECK(ledger.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    out.clear();
    for (const std::string& id : ids) {
      SINAN_TRY(Decision decision, load_decision(session, id));
      if (!due(decision)) continue;
      SINAN_CHECK(take_step(session, writer, decision, {"system:act", id, "intended", Json{{"attempt", decision.attempts + 1}}}));
      out.push_back(std::move(decision));
    }
    return {};
  }));
  kill_point("decisions.execute.intent_recorded");
  return out;
}

// An alert is its own effect: it is on record, and the report shows it.
Result<Effect> effect_of(EffectExecutor& executor, const Decision& decision) {
  if (decision.kind == "alert") return Effect{"sinan", decision.id, false};
  return executor.execute(decision);
}

std::vector<Outcome> cause_effects(std::vector<Decision> decisions, EffectExecutor& executor, const CancelToken* cancel, int& outages) {
  std::vector<Outcome> out;
  for (Decision& decision : decisions) {
    if (outages >= kMaxOutagesInARow || (cancel && cancel->cancelled())) break;
    Result<Effect> effect = effect_of(executor, decision);
    kill_point("decisions.execute.effect_done");
    bool down = !effect && (effect.error().code == ErrorCode::kUnavailable || effect.error().code == ErrorCode::kTimeout);
    outages = down ? outages + 1 : 0;
    out.emplace_back(std::move(decision), std::move(effect));
  }
  return out;
}

Status record_results(audit::Ledger& ledger, const std::vector<Outcome>& outcomes, ExecuteReport& report) {
  ExecuteReport group;
  SINAN_CHECK(ledger.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    group = {};
    for (const auto& [before, effect] : outcomes) {
      SINAN_TRY(Decision decision, load_decision(session, before.id));
      if (!due(decision)) continue;  // another process did the same, and was told that it was already there
      if (effect) {
        Json body{{"system", effect->system}, {"reference", effect->reference}, {"already_there", effect->already_there}};
        SINAN_CHECK(take_step(session, writer, decision, {"system:act", decision.id, "executed", std::move(body)}));
        ++group.executed;
        group.already_there += effect->already_there ? 1 : 0;
      } else {
        Json body{{"code", info(effect.error().code).name}, {"message", effect.error().text()}};
        SINAN_CHECK(take_step(session, writer, decision, {"system:act", decision.id, "failed", std::move(body)}));
        group.failed.emplace_back(decision.id, effect.error());
      }
    }
    return {};
  }));
  kill_point("decisions.execute.recorded");
  report.executed += group.executed;
  report.already_there += group.already_there;
  std::ranges::move(group.failed, std::back_inserter(report.failed));
  return {};
}

}  // namespace

Result<ExecuteReport> Decisions::execute_ids(const std::vector<std::string>& ids, EffectExecutor& executor, const CancelToken* cancel) {
  ExecuteReport report;
  int outages = 0;
  for (std::size_t start = 0; start < ids.size(); start += kGroup) {
    std::size_t count = std::min(kGroup, ids.size() - start);
    if (outages >= kMaxOutagesInARow) {
      report.not_tried += static_cast<std::int64_t>(ids.size() - start);
      break;
    }
    if (cancel) SINAN_CHECK(cancel->check());
    SINAN_TRY(std::vector<Decision> intended, record_intents(ledger_, std::span(ids).subspan(start, count)));
    std::size_t wanted = intended.size();
    std::vector<Outcome> outcomes = cause_effects(std::move(intended), executor, cancel, outages);
    report.not_tried += static_cast<std::int64_t>(wanted - outcomes.size());
    SINAN_CHECK(record_results(ledger_, outcomes, report));
    if (cancel) SINAN_CHECK(cancel->check());
  }
  return report;
}

Result<ExecuteReport> Decisions::execute(EffectExecutor& executor, const CancelToken* cancel) {
  std::vector<std::string> ids;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) {
    return session.query("SELECT id FROM decisions WHERE status IN ('approved', 'failed') ORDER BY number", {},
                         [&](const storage::Row& row) -> Status {
                           ids.push_back(row.text(0));
                           return {};
                         });
  }));
  return execute_ids(ids, executor, cancel);
}

Result<Decision> Decisions::execute_one(const std::string& id, EffectExecutor& executor) {
  SINAN_TRY(ExecuteReport report, execute_ids({id}, executor, nullptr));
  Decision decision;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    SINAN_TRY(decision, load_decision(session, id));
    return {};
  }));
  return decision;
}

}  // namespace sinan::decisions

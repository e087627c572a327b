#include "operations/decisions/decisions.hpp"

#include "base/kill_point.hpp"
#include "operations/decisions/states.hpp"
#include "operations/decisions/steps.hpp"

namespace sinan::decisions {
namespace {

constexpr std::int64_t kMaxListed = 100'000;
constexpr auto kAlertSilence = std::chrono::hours(24 * 7);
constexpr std::string_view kNotNeeded = "a newer plan that does not need it";

ProposalBatch::Target target_of(const Decision& d) { return {d.kind, d.item_id, d.location_id, d.topic}; }
ProposalBatch::Target target_of(const Proposal& p) { return {p.kind, p.item_id, p.location_id, p.topic}; }

bool holds_role(const Principal& who, const std::string& role) { return who.is_owner() || who.has(role); }

Status check_proposal(const Proposal& p) {
  if (p.kind.empty()) return fail(ErrorCode::kInvalidInput, "a proposal has no kind");
  if (p.amount.currency.empty() && p.amount.amount != Decimal())
    return fail(ErrorCode::kInvalidInput, "a proposal has an amount without a currency", fmt::format("{} {}", p.item_id, p.location_id));
  return {};
}

}  // namespace

// One propose(): reads what waits and what passed today once, then judges each proposal against it.
class Decisions::Proposing {
 public:
  Proposing(const Decisions& decisions, const Principal& proposer, const ProposalBatch& batch)
      : decisions_(decisions), proposer_(proposer), batch_(batch), now_(decisions.ledger_.clock().now()) {
    day_ = format_date(decisions.zone_.day_of(now_));
  }

  Status read(storage::Session& session) {
    SINAN_CHECK(load_states(session, "WHERE status = 'proposed' ORDER BY number", {}, [&](Decision d) -> Status {
      waiting_[target_of(d)].push_back(std::move(d));
      return {};
    }));
    SINAN_CHECK(load_states(session, "WHERE approved_seq > ? AND kind <> 'alert'", {batch_.basis_seq}, [&](Decision d) -> Status {
      overtaken_.insert(target_of(d));
      return {};
    }));
    SINAN_CHECK(load_states(session, "WHERE day = ? AND verdict = 'automatic'", {day_}, [&](Decision d) -> Status {
      count_today(d);
      return {};
    }));
    SINAN_CHECK(load_states(session, "WHERE status = 'rejected' AND verdict = 'approval' AND created_at > ?",
                            {format_rfc3339(now_ - decisions_.policy_.expires_after)}, [&](const Decision& d) -> Status {
                              if (d.decided_at && format_date(decisions_.zone_.day_of(*d.decided_at)) == day_)
                                declined_[target_of(d)].push_back(d);
                              return {};
                            }));
    // What was approved since for the same item and place was another need.
    SINAN_CHECK(load_states(session, "WHERE approved_seq > 0 AND created_at > ?", {format_rfc3339(now_ - decisions_.policy_.expires_after)},
                            [&](const Decision& d) -> Status {
                              if (auto no = declined_.find(target_of(d)); no != declined_.end())
                                std::erase_if(no->second, [&](const Decision& rejected) { return rejected.number < d.number; });
                              return {};
                            }));
    return load_states(session, "WHERE kind = 'alert' AND created_at > ?", {format_rfc3339(now_ - kAlertSilence)},
                       [&](Decision d) -> Status {
                         if (d.state == State::kExecuted || d.state == State::kMeasured || d.state == State::kApproved)
                           raised_.insert(target_of(d));
                         return {};
                       });
  }

  enum class Left : std::uint8_t { kNo, kOvertaken, kRepeated, kDeclined };
  Left leave_out(const Proposal& p) const {
    if (p.kind == "alert") return raised_.contains(target_of(p)) ? Left::kRepeated : Left::kNo;
    if (overtaken_.contains(target_of(p))) return Left::kOvertaken;
    const auto no = declined_.find(target_of(p));
    if (no == declined_.end() || p.quantity.amount <= Decimal()) return Left::kNo;
    // Another supplier, or a better price, is another question.
    const bool same = std::ranges::any_of(no->second, [&](const Decision& d) {
      return d.supplier_id == p.supplier_id && d.quantity.unit == p.quantity.unit && p.quantity.amount <= d.quantity.amount &&
             p.unit_price >= d.unit_price;
    });
    return same ? Left::kDeclined : Left::kNo;
  }

  Decision judged(const Proposal& p) {
    Decision d = decision_of(p);
    Verdict verdict = judge(decisions_.policy_, p, today_);
    d.verdict = verdict.verdict;
    d.rule = verdict.rule;
    d.rule_place = verdict.place;
    d.verdict_reason = verdict.reason;
    d.role = verdict.role;
    d.proposer = proposer_.user;
    d.run_id = batch_.run_id;
    d.created_at = now_;
    d.day = day_;
    if (verdict.verdict == "approval") d.expires_at = now_ + decisions_.policy_.expires_after;
    if (verdict.verdict == "automatic") count_today(d);
    return d;
  }

  std::vector<Decision> take_waiting(const ProposalBatch::Target& target) {
    auto found = waiting_.find(target);
    if (found == waiting_.end()) return {};
    std::vector<Decision> out = std::move(found->second);
    waiting_.erase(found);
    return out;
  }

 private:
  void count_today(const Decision& d) {
    DayTotal& total = today_[d.rule];
    total.amount += d.amount.amount;
    total.quantity += d.quantity.amount;
    ++total.count;
  }

  const Decisions& decisions_;
  const Principal& proposer_;
  const ProposalBatch& batch_;
  Instant now_;
  std::string day_;
  std::map<ProposalBatch::Target, std::vector<Decision>> waiting_;
  std::set<ProposalBatch::Target> overtaken_;
  std::set<ProposalBatch::Target> raised_;
  std::map<ProposalBatch::Target, std::vector<Decision>> declined_;  // today, by a person
  DayTotals today_;
};

Result<std::unique_ptr<Decisions>> Decisions::open(Context context) {
  SINAN_CHECK(context.ledger.store().migrate(state_migrations()));
  return std::unique_ptr<Decisions>(new Decisions(std::move(context)));
}

namespace {

Status record_proposal(storage::Session& session, audit::Ledger::Writer& writer, Decision& decision, const Evidence& evidence) {
  audit::Entry proposed = proposed_event(decision, evidence);
  SINAN_TRY(audit::Record record, writer.append(kChain, proposed));
  std::optional<Decision> state;
  SINAN_CHECK(fold(state, record, proposed.body));
  if (state->verdict != "approval") {
    audit::Entry entry{"policy", state->id, state->verdict == "automatic" ? "approved" : "rejected", Json::object()};
    SINAN_TRY(record, writer.append(kChain, entry));
    SINAN_CHECK(fold(state, record, entry.body));
  }
  decision = std::move(*state);
  return keep_state(session, decision);
}

}  // namespace

Result<ProposeReport> Decisions::propose(const Principal& proposer, const ProposalBatch& batch) {
  for (const Proposal& p : batch.proposals) SINAN_CHECK(check_proposal(p));
  ProposeReport report;
  SINAN_CHECK(ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    report = {};
    Proposing proposing(*this, proposer, batch);
    SINAN_CHECK(proposing.read(session));
    auto supersede = [&](std::vector<Decision> older, const std::string& by) -> Status {
      for (Decision& old : older) SINAN_CHECK(take_step(session, writer, old, {proposer.user, old.id, "superseded", Json{{"by", by}}}));
      report.superseded += static_cast<std::int64_t>(older.size());
      return {};
    };
    for (const Proposal& p : batch.proposals) {
      std::string& id = report.ids.emplace_back();
      Proposing::Left left = proposing.leave_out(p);
      if (left != Proposing::Left::kNo) {
        ++(left == Proposing::Left::kOvertaken ? report.overtaken : left == Proposing::Left::kDeclined ? report.declined : report.repeated);
        continue;
      }
      // The end of an older proposal is recorded first and names the newcomer, whose number comes behind it.
      std::vector<Decision> older = proposing.take_waiting(target_of(p));
      SINAN_TRY(std::int64_t next, writer.next_seq(kChain));
      id = fmt::format("{}-{}", ledger_.instance(), next + static_cast<std::int64_t>(older.size()));
      SINAN_CHECK(supersede(std::move(older), id));
      Decision decision = proposing.judged(p);
      decision.id = id;
      SINAN_CHECK(record_proposal(session, writer, decision, p.evidence));
      ++(decision.verdict == "automatic" ? report.automatic : decision.verdict == "approval" ? report.waiting : report.forbidden);
    }
    // What is left waiting for a considered target had no successor.
    for (const ProposalBatch::Target& target : batch.considered)
      SINAN_CHECK(supersede(proposing.take_waiting(target), std::string(kNotNeeded)));
    kill_point("decisions.propose.before_store");
    return {};
  }));
  return report;
}

Result<std::vector<Decision>> Decisions::preview(const Principal& proposer, const ProposalBatch& batch) const {
  for (const Proposal& p : batch.proposals) SINAN_CHECK(check_proposal(p));
  std::vector<Decision> out;
  Proposing proposing(*this, proposer, batch);
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) { return proposing.read(session); }));
  for (const Proposal& p : batch.proposals)
    if (proposing.leave_out(p) == Proposing::Left::kNo) out.push_back(proposing.judged(p));
  return out;
}

Result<Decision> Decisions::answer(const std::string& id, const Principal& approver, std::string_view kind, const std::string& note) {
  Decision decision;
  SINAN_CHECK(ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    SINAN_TRY(decision, load_decision(session, id));
    // First of all: what became of a decision is not told to everybody.
    if (decision.role.empty() && !approver.is_owner())
      return fail(ErrorCode::kConflict, fmt::format("decision {} does not wait for a person", id));
    if (!holds_role(approver, decision.role))
      return fail(ErrorCode::kDenied,
                  fmt::format("decision {} waits for the role '{}', which {} does not hold", id, decision.role, approver.user));
    if (decision.state != State::kProposed)
      return fail(ErrorCode::kConflict, fmt::format("decision {} does not wait any more: it {}", id, what_happened(decision)));
    if (decision.expires_at && *decision.expires_at <= ledger_.clock().now())
      return fail(ErrorCode::kConflict, fmt::format("decision {} does not wait any more: it expired at {}; the next plan proposes again",
                                                    id, format_rfc3339(*decision.expires_at)));
    if (approver.user.starts_with("system:"))
      return fail(ErrorCode::kDenied, fmt::format("decision {} waits for a person; {} is a job of the system", id, approver.user));
    if (approver.user == decision.proposer)
      return fail(ErrorCode::kDenied, fmt::format("{} proposed decision {}; somebody else must answer it", approver.user, id));
    return take_step(session, writer, decision, {approver.user, id, std::string(kind), Json{{"note", note}}});
  }));
  return decision;
}

Result<Decision> Decisions::approve(const std::string& id, const Principal& approver, const std::string& note) {
  SINAN_TRY(Decision decision, answer(id, approver, "approved", note));
  kill_point("decisions.approve.after_store");
  return decision;
}

Result<Decision> Decisions::reject(const std::string& id, const Principal& approver, const std::string& reason) {
  if (reason.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(ErrorCode::kInvalidInput, "a rejection needs a reason, which is kept with it");
  return answer(id, approver, "rejected", reason);
}

Result<std::int64_t> Decisions::expire() {
  std::int64_t expired = 0;
  SINAN_CHECK(ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    expired = 0;
    std::vector<Decision> late;
    Instant now = ledger_.clock().now();
    SINAN_CHECK(load_states(session, "WHERE status = 'proposed' ORDER BY number", {}, [&](Decision d) -> Status {
      if (d.expires_at && *d.expires_at <= now) late.push_back(std::move(d));
      return {};
    }));
    for (Decision& d : late) SINAN_CHECK(take_step(session, writer, d, {"policy", d.id, "expired", Json::object()}));
    expired = static_cast<std::int64_t>(late.size());
    return {};
  }));
  return expired;
}

Result<std::int64_t> Decisions::measure(const std::vector<std::pair<std::string, Json>>& outcomes, const std::string& run_id) {
  std::int64_t measured = 0;
  SINAN_CHECK(ledger_.transact([&](storage::Session& session, audit::Ledger::Writer& writer) -> Status {
    measured = 0;
    for (const auto& [id, outcome] : outcomes) {
      SINAN_TRY(Decision decision, load_decision(session, id));
      bool interim = outcome.is_object() && outcome.contains("final") && outcome["final"] == false;
      if (decision.state != State::kExecuted || (interim && !decision.outcome.is_null())) continue;
      Json body = outcome.is_object() ? outcome : Json{{"value", outcome}};
      body["run_id"] = run_id;
      SINAN_CHECK(take_step(session, writer, decision, {"system:measure", id, "measured", std::move(body)}));
      ++measured;
    }
    return {};
  }));
  return measured;
}

Result<std::vector<Decision>> Decisions::list(const ListFilter& filter) const {
  std::string where = "WHERE 1 = 1";
  std::vector<storage::Cell> parameters;
  auto equal = [&](std::string_view column, const std::string& value) {
    if (value.empty()) return;
    where += fmt::format(" AND {} = ?", column);
    parameters.emplace_back(value);
  };
  equal("kind", filter.kind);
  equal("item_id", filter.item_id);
  equal("location_id", filter.location_id);
  equal("supplier_id", filter.supplier_id);
  equal("run_id", filter.run_id);
  equal("role", filter.role);
  if (!filter.states.empty()) {
    std::string marks;
    for (State state : filter.states) {
      marks += marks.empty() ? "?" : ", ?";
      parameters.emplace_back(std::string(name(state)));
    }
    where += fmt::format(" AND status IN ({})", marks);
  }
  if (filter.only_roles) {
    std::string marks;
    for (const std::string& role : *filter.only_roles) {
      marks += marks.empty() ? "?" : ", ?";
      parameters.emplace_back(role);
    }
    where += fmt::format(" AND role <> '' AND role IN ({})", marks);
  }
  where += " ORDER BY number DESC LIMIT ? OFFSET ?";
  parameters.emplace_back(std::clamp<std::int64_t>(filter.limit, 0, kMaxListed));
  parameters.emplace_back(std::max<std::int64_t>(filter.offset, 0));
  std::vector<Decision> out;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) {
    return load_states(session, where, parameters, [&](Decision d) -> Status {
      out.push_back(std::move(d));
      return {};
    });
  }));
  return out;
}

Result<std::map<std::string, std::int64_t>> Decisions::counts(const std::string& run_id) const {
  std::map<std::string, std::int64_t> out;
  std::string where = run_id.empty() ? "" : "WHERE run_id = ?";
  std::vector<storage::Cell> parameters;
  if (!run_id.empty()) parameters.emplace_back(run_id);
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) {
    return session.query(fmt::format("SELECT status, count(*) FROM decisions {} GROUP BY status", where), parameters,
                         [&](const storage::Row& row) -> Status {
                           out[row.text(0)] = row.integer(1);
                           return {};
                         });
  }));
  return out;
}

Result<Dossier> Decisions::show(const std::string& id) const {
  Dossier out;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    SINAN_TRY(out.decision, load_decision(session, id));
    return ledger_.read(session, kChain, id, [&](const audit::Record& record) -> Status {
      SINAN_TRY(Json body, parse_json(record.body, fmt::format("decision {}, record {}", id, record.seq)));
      if (record.kind == "proposed" && body.contains("evidence")) {
        out.evidence = body["evidence"];
        body.erase("evidence");
      }
      out.events.push_back({record.seq, record.at, record.actor, record.kind, std::move(body)});
      return {};
    });
  }));
  return out;
}

Json to_json(const Dossier& dossier) {
  Json out = to_json(dossier.decision);
  out["evidence"] = dossier.evidence;
  out["events"] = Json::array();
  for (const Event& e : dossier.events)
    out["events"].push_back(Json{{"seq", e.seq}, {"at", e.at}, {"actor", e.actor}, {"kind", e.kind}, {"body", e.body}});
  return out;
}

namespace {

Result<std::int64_t> newest(storage::Session& session) {
  std::int64_t seq = 0;
  SINAN_CHECK(session.query("SELECT max(seq) FROM decisions", {}, [&](const storage::Row& row) -> Status {
    if (!row.is_null(0)) seq = row.integer(0);
    return {};
  }));
  return seq;
}

}  // namespace

Result<std::int64_t> Decisions::newest_seq() const {
  std::int64_t seq = 0;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    SINAN_TRY(seq, newest(session));
    return {};
  }));
  return seq;
}

Result<Decisions::Commitments> Decisions::commitments() const {
  Commitments out;
  SINAN_CHECK(ledger_.store().read([&](storage::Session& session) -> Status {
    SINAN_TRY(out.basis_seq, newest(session));
    return load_states(session,
                       "WHERE status IN ('approved', 'failed', 'executed') AND kind IN ('purchase_order', 'transfer') ORDER BY number", {},
                       [&](Decision d) -> Status {
                         out.items.push_back({d.id, d.kind, d.item_id, d.location_id, d.supplier_id, d.state, d.quantity.amount, d.amount,
                                              d.day, d.expected_at, d.executed_at});
                         return {};
                       });
  }));
  return out;
}

}  // namespace sinan::decisions

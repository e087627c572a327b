// The record of decisions: every proposal, verdict, approval, effect and outcome as an event in the chain "decisions" (platform/audit), and
// the table of current states that the events give.
//
// States: proposed → approved → executed → measured; proposed → rejected | expired | superseded; approved → failed → executed.
// Rejected is also what policy forbids; approved at once is what policy lets pass. Approved and failed ones are tried by every execute().
//
// Exactly once: an effect is preceded by a durable intent and carries the decision's id as idempotency key. Killed between the
// effect and its record, the next execute() asks again and is told that it is already there.
//
// Thread-safe; several processes may share the store. What another changed meanwhile is kConflict, and the message says who did what when.
#pragma once

#include "base/cancel.hpp"
#include "operations/decisions/automation.hpp"
#include "operations/decisions/decision.hpp"
#include "operations/decisions/effect.hpp"
#include "platform/audit/ledger.hpp"

namespace sinan::decisions {

// What one planning step proposes together. A proposal of the same kind, item and place that still waits is superseded; one that
// `considered` names and that no proposal replaces is superseded too, as no longer needed.
struct ProposalBatch {
  std::string run_id;
  // The number of the newest decision event when the planner read its position (Decisions::newest_seq()). A proposal for whose kind, item
  // and place something was approved since would buy twice: it is left out, and counted as overtaken.
  std::int64_t basis_seq = 0;
  std::vector<Proposal> proposals;
  struct Target {
    std::string kind, item_id, location_id, topic = {};
    auto operator<=>(const Target&) const = default;
  };
  std::vector<Target> considered;  // what was planned, whether or not it led to a proposal
};

struct ProposeReport {
  std::vector<std::string> ids;  // of the proposals, in their order; empty text where one was left out
  std::int64_t automatic = 0, waiting = 0, forbidden = 0, superseded = 0, overtaken = 0;
  std::int64_t repeated = 0;  // alerts that said the same within the last seven days
  std::int64_t declined = 0;  // that asked for no more, of the same supplier at no better price, than a person rejected on the same day
};

struct ExecuteReport {
  std::int64_t executed = 0;
  std::int64_t already_there = 0;  // of the executed
  std::vector<std::pair<std::string, Error>> failed;
  std::int64_t not_tried = 0;  // left for the next run, because three in a row found their system down
};

struct ListFilter {
  std::vector<State> states;                                    // empty: all
  std::string kind, item_id, location_id, supplier_id, run_id;  // empty: any
  std::string role;                                             // only what this role may approve
  std::optional<std::vector<std::string>> only_roles = {};      // only what one of these may, or might have approved
  std::int64_t limit = 1000;                                    // at most 100,000
  std::int64_t offset = 0;
};

struct Event {
  std::int64_t seq = 0;
  std::string at, actor, kind;  // "proposed", "approved", "rejected", "intended", "executed", "failed", "measured", "expired", "superseded"
  Json body;
};

// One decision with all that led to it.
struct Dossier {
  Decision decision;
  Json evidence;
  std::vector<Event> events;
};
Json to_json(const Dossier& dossier);

// What waits to arrive for an item and place on the strength of decisions.
struct Commitment {
  std::string id, kind, item_id, location_id, supplier_id;
  State state;
  Decimal quantity;
  Money amount;
  std::string day;  // on which it was proposed, in the workspace's zone
  std::optional<Instant> expected_at;
  std::optional<Instant> executed_at;
};

class Decisions {
 public:
  struct Context {
    audit::Ledger& ledger;
    AutomationPolicy policy;
    Zone zone;
  };
  static Result<std::unique_ptr<Decisions>> open(Context context);

  // Records, judges and (where policy lets pass) approves, all in one transaction.
  Result<ProposeReport> propose(const Principal& proposer, const ProposalBatch& batch);
  // As propose(), without recording anything: what would be decided; decisions without ids.
  Result<std::vector<Decision>> preview(const Principal& proposer, const ProposalBatch& batch) const;

  // Durable when it returns. kDenied: the approver proposed it, or lacks the role. kConflict: it does not wait any more.
  Result<Decision> approve(const std::string& id, const Principal& approver, const std::string& note = {});
  Result<Decision> reject(const std::string& id, const Principal& approver, const std::string& reason);

  // Tries the effect of every approved or failed decision, oldest first, in groups of 256 intents; or of one.
  Result<ExecuteReport> execute(EffectExecutor& executor, const CancelToken* cancel = nullptr);
  Result<Decision> execute_one(const std::string& id, EffectExecutor& executor);

  // Ends proposals that waited longer than the policy's expires_after; returns how many.
  Result<std::int64_t> expire();
  // Attaches what came of executed decisions: id → outcome. One with "final": false is an interim look: the first of them is kept, and
  // the decision stays executed; any other makes it measured. Those measured already are left as they are.
  Result<std::int64_t> measure(const std::vector<std::pair<std::string, Json>>& outcomes, const std::string& run_id);

  // Newest first.
  Result<std::vector<Decision>> list(const ListFilter& filter = {}) const;
  Result<std::map<std::string, std::int64_t>> counts(const std::string& run_id = {}) const;  // by state
  // kNotFound names the nearest ids.
  Result<Dossier> show(const std::string& id) const;

  Result<std::int64_t> newest_seq() const;
  // Where the chain ends: to be kept elsewhere, so that an old state that somebody puts back is seen.
  Result<audit::ChainEnd> end() const { return ledger_.end("decisions"); }
  // Approved, failed and executed (not measured) purchase orders and transfers, for the inventory position, with the newest event at that
  // moment.
  struct Commitments {
    std::int64_t basis_seq = 0;
    std::vector<Commitment> items;
  };
  Result<Commitments> commitments() const;

  // Proves the chain, then replays it and compares every field of the table of current states.
  Result<audit::Verification> verify() const;
  // Builds the table of current states again from the chain; for repair after verify() found only it damaged. Owner only.
  Status rebuild(const Principal& principal);

 private:
  explicit Decisions(Context context) : ledger_(context.ledger), policy_(std::move(context.policy)), zone_(std::move(context.zone)) {}
  class Proposing;

  Result<Decision> answer(const std::string& id, const Principal& approver, std::string_view kind, const std::string& note);
  Result<ExecuteReport> execute_ids(const std::vector<std::string>& ids, EffectExecutor& executor, const CancelToken* cancel);

  audit::Ledger& ledger_;
  AutomationPolicy policy_;
  Zone zone_;
};

}  // namespace sinan::decisions

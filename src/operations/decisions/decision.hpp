// A decision: what is proposed, why, who may let it pass, what came of it. The shapes that planners fill and screens read.
//
// Money and quantities are decimals and stand in JSON as strings; times are UTC, RFC 3339 in JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/money.hpp"
#include "base/time.hpp"

namespace sinan::decisions {

// Where a decision stands. Proposed ones wait for a person; approved ones for their effect; failed ones are tried again by the next run.
enum class State : std::uint8_t { kProposed, kApproved, kRejected, kExecuted, kFailed, kMeasured, kExpired, kSuperseded };
std::string_view name(State state);
std::optional<State> parse_state(std::string_view text);

// The same sentence in both languages of the house.
struct Text {
  std::string en;
  std::string zh;
};

// What a decision rests on, complete enough to make it again: kept in the record, never changed.
struct Evidence {
  // One way that was considered. Alternatives are ordered best first; the chosen one has no `why_not`.
  struct Alternative {
    std::string what;  // "supplier S-17"
    Money cost;        // of the whole quantity, landed and with its risk
    Json figures;      // name → text: the parts of the cost
    std::optional<Text> why_not;
  };
  Json inputs = Json::object();  // what was read: {"lake_version": 41, "tables": {…}, "position": {…}}
  std::string model;             // of the numbers behind it: "theta", "croston_sba"
  std::string model_version;
  std::vector<Alternative> alternatives;
  std::vector<std::string> binding_constraints;  // "moq", "pack_size", "budget", …
  Text explanation;
  Json figures = Json::object();  // what it costs, what it avoids: name → text
};
Json to_json(const Evidence& evidence);

// What may be proposed.
inline const std::vector<std::string> kKinds = {"purchase_order", "transfer", "alert", "model_change", "model_review"};

// What a planner hands in. Empty texts mean "does not apply".
struct Proposal {
  std::string kind;   // one of kKinds
  std::string topic;  // of an alert: "no_supplier"; of a forecast model: its version
  std::string item_id;
  std::string location_id;
  std::string from_location_id;
  std::string supplier_id;
  std::string item_class;
  Quantity quantity;
  Decimal unit_price;
  Money amount;                        // exact: unit price × quantity, and what else is paid for it
  std::optional<Instant> expected_at;  // when its effect should be there
  Evidence evidence;
};

struct Decision {
  std::string id;           // "k7m2qxab-1042"; also the idempotency key of its effect
  std::int64_t number = 0;  // of its proposal in the chain "decisions": the part of the id behind the dash
  std::string kind;
  std::string topic;
  State state = State::kProposed;
  std::string item_id;
  std::string location_id;
  std::string from_location_id;
  std::string supplier_id;
  std::string item_class;
  Quantity quantity;
  Decimal unit_price;
  Money amount;
  std::string verdict;         // "automatic", "approval", "forbidden"
  std::string rule;            // the rule's name; empty: the default
  std::string rule_place;      // "policies/automation.yaml:4:7"
  std::string verdict_reason;  // why a rule that seemed to fit did not hold; may be empty
  std::string role;            // who may approve: a role; empty unless verdict is "approval"
  std::string proposer;
  std::string approver;  // who approved or rejected; "policy" for automatic and forbidden ones
  std::string note;      // what the approver wrote
  std::string run_id;
  Instant created_at;
  std::string day;  // of created_at, in the workspace's zone
  std::optional<Instant> expected_at;
  std::optional<Instant> expires_at;
  std::optional<Instant> decided_at;  // approved or rejected
  std::optional<Instant> executed_at;
  std::int64_t approved_seq = 0;  // of the event that approved it; 0 before
  std::int64_t attempts = 0;      // intents recorded
  std::string error;              // of the last attempt
  Json effect;                    // of the execution: {"system", "reference", "already_there"}; null before
  Json outcome;                   // of the measurement; null before
  std::string superseded_by;      // a decision's id, or why nothing takes its place
  std::int64_t seq = 0;           // of its newest record in the chain "decisions"
};

// The decision as its creator knows it, before anything was recorded: number, id, verdict and times are not set.
Decision decision_of(const Proposal& proposal);

// An item of `decisions list --json`: the contract's fields.
Json to_list_json(const Decision& decision);
// Every field, for `decisions show --json` and the API, without evidence and events.
Json to_json(const Decision& decision);

}  // namespace sinan::decisions

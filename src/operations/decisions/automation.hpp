// The automation boundary: which decisions run by themselves, which need whom, which may not be. `automation:` in policies/*.yaml.
//
//   automation:
//     expires_after: 7d
//     default: {verdict: approval, role: owner}
//     rules:
//       - name: small orders
//         kinds: [purchase_order]
//         max_amount: 500
//         currency: EUR
//         per_day: {amount: 5000, count: 40}
//         verdict: automatic
//       - {name: larger orders, kinds: [purchase_order], max_amount: 20000, currency: EUR, verdict: approval, role: manager}
//       - {name: too large, min_amount: 100000, currency: EUR, verdict: forbidden}
//
// How a decision is judged:
// 1. If any `forbidden` rule holds, it is forbidden, wherever that rule stands.
// 2. Else the first rule that holds gives the verdict. A rule holds when all its conditions do; a rule without conditions always holds.
// 3. Else `default`, which is approval by the owner unless written otherwise; it may not be `automatic`.
// An amount in another currency than a rule's bounds cannot be judged by that rule: the rule does not hold, and if it would have
// forbidden the decision, or held it back, a later rule cannot make it automatic: it needs the default's approval. A rule that bounds
// amounts or quantities never lets a negative one pass, and does not hold for what costs nothing (no currency: transfers, alerts). A daily
// total that the decision would exceed makes an automatic rule not hold; totals count what that rule let pass that day, in the workspace's
// zone. Kind "alert" has no effect and asks nobody: it is automatic unless a rule says otherwise.
#pragma once

#include "base/workspace.hpp"
#include "operations/decisions/decision.hpp"

namespace sinan::decisions {

struct DailyLimit {
  std::optional<Decimal> amount;
  std::optional<Decimal> quantity;
  std::optional<std::int64_t> count;
};
const Shape<DailyLimit>& shape_of(const DailyLimit*);

struct AutomationRule {
  Located<std::string> name;                                                  // unique
  std::vector<std::string> kinds, item_classes, suppliers, locations;         // empty: any
  std::optional<Decimal> min_amount, max_amount, min_quantity, max_quantity;  // inclusive
  std::string currency;                                                       // of the amounts
  std::optional<DailyLimit> per_day;
  Located<std::string> verdict;
  Located<std::string> role;
};
const Shape<AutomationRule>& shape_of(const AutomationRule*);

struct AutomationDefault {
  Located<std::string> verdict{"approval", {}};
  Located<std::string> role{"owner", {}};
};
const Shape<AutomationDefault>& shape_of(const AutomationDefault*);

struct AutomationPolicy {
  std::chrono::microseconds expires_after = std::chrono::hours(24 * 7);
  AutomationDefault fallback;
  std::vector<AutomationRule> rules;
  Place place;
};
const Shape<AutomationPolicy>& shape_of(const AutomationPolicy*);

// The key `automation:` of the files in policies/; at most one file has it. Without one, every decision asks the owner.
// `known_roles`: that are defined, besides the owner; a rule that names another one is a mistake.
AutomationPolicy read_automation(const Workspace& workspace, const std::vector<std::string>& known_roles, Diagnostics& diagnostics);
// Roles that rules name and nobody has defined.
void check_automation(const AutomationPolicy& policy, const std::vector<std::string>& known_roles, Diagnostics& diagnostics);

// What one rule has let pass today.
struct DayTotal {
  Decimal amount;
  Decimal quantity;
  std::int64_t count = 0;
};
using DayTotals = std::map<std::string, DayTotal, std::less<>>;  // by rule name

struct Verdict {
  std::string verdict;  // "automatic", "approval", "forbidden"
  std::string rule;     // name; empty: the default
  std::string place;
  std::string role;    // of "approval"
  std::string reason;  // why a rule that seemed to fit did not hold; may be empty
};
Verdict judge(const AutomationPolicy& policy, const Proposal& proposal, const DayTotals& today);

}  // namespace sinan::decisions

#include "operations/decisions/automation.hpp"

namespace sinan::decisions {
namespace {

const std::vector<std::string> kVerdicts{"automatic", "approval", "forbidden"};

void check_rule(const AutomationRule& rule, const YamlNode& node, Diagnostics& out) {
  bool bounds_amount = rule.min_amount || rule.max_amount || (rule.per_day && rule.per_day->amount);
  if (bounds_amount && rule.currency.empty())
    out.add(node.place, "missing_key", fmt::format("the rule '{}' bounds amounts but names no currency", rule.name.value),
            "add `currency: EUR`, or the one that you mean");
  if (rule.verdict.value == "approval" && rule.role.value.empty())
    out.add(node.place, "missing_key", fmt::format("the rule '{}' asks for approval but names no role", rule.name.value),
            "add `role:` with the role that may approve");
  if (rule.verdict.value != "approval" && !rule.role.value.empty())
    out.add(rule.role.place, "useless_key", fmt::format("the rule '{}' is '{}', so nobody is asked", rule.name.value, rule.verdict.value),
            "remove `role:`, or make the verdict `approval`");
  if (rule.per_day && rule.verdict.value != "automatic")
    out.add(node.place, "useless_key", fmt::format("daily limits bound what runs by itself; the rule '{}' does not", rule.name.value),
            "remove `per_day:`, or make the verdict `automatic`");
  if (rule.min_amount && rule.max_amount && *rule.min_amount > *rule.max_amount)
    out.add(node.place, "empty_range", fmt::format("the rule '{}' can never hold: min_amount is above max_amount", rule.name.value),
            "swap the two");
  if (rule.min_quantity && rule.max_quantity && *rule.min_quantity > *rule.max_quantity)
    out.add(node.place, "empty_range", fmt::format("the rule '{}' can never hold: min_quantity is above max_quantity", rule.name.value),
            "swap the two");
}

void check_policy(const AutomationPolicy& policy, const YamlNode&, Diagnostics& out) {
  std::set<std::string> names;
  for (const AutomationRule& rule : policy.rules)
    if (!names.insert(rule.name.value).second)
      out.add(rule.name.place, "duplicate_name", fmt::format("two rules are named '{}'", rule.name.value), "name each rule differently");
}

}  // namespace

const Shape<DailyLimit>& shape_of(const DailyLimit*) {
  static const auto shape = Shape<DailyLimit>("per_day", "What a rule lets pass in one day, at most.")
                                .optional("amount", &DailyLimit::amount, "Sum of amounts, in the rule's currency", {.min = 0})
                                .optional("quantity", &DailyLimit::quantity, "Sum of quantities", {.min = 0})
                                .optional("count", &DailyLimit::count, "Number of decisions", {.min = 0});
  return shape;
}

const Shape<AutomationRule>& shape_of(const AutomationRule*) {
  static const auto shape =
      Shape<AutomationRule>("automation rule", "When a decision runs by itself, needs somebody's approval, or may not be.")
          .required("name", &AutomationRule::name, "How the rule is called in the record of a decision")
          .required("verdict", &AutomationRule::verdict, "What happens when all conditions hold", {.allowed = kVerdicts})
          .optional("role", &AutomationRule::role, "Who may approve")
          .optional("kinds", &AutomationRule::kinds, "Kinds of decisions; default: all", {.allowed = kKinds})
          .optional("item_classes", &AutomationRule::item_classes, "Classes of items, as in ops.items")
          .optional("suppliers", &AutomationRule::suppliers, "Suppliers, by supplier_id")
          .optional("locations", &AutomationRule::locations, "Places, by location_id")
          .optional("min_amount", &AutomationRule::min_amount, "The smallest amount that the rule speaks of", {.min = 0})
          .optional("max_amount", &AutomationRule::max_amount, "The largest amount that the rule speaks of", {.min = 0})
          .optional("currency", &AutomationRule::currency, "Of the amounts; amounts in another currency never run by themselves")
          .optional("min_quantity", &AutomationRule::min_quantity, "The smallest quantity that the rule speaks of", {.min = 0})
          .optional("max_quantity", &AutomationRule::max_quantity, "The largest quantity that the rule speaks of", {.min = 0})
          .optional("per_day", &AutomationRule::per_day, "How much this rule lets pass in one day")
          .check(check_rule);
  return shape;
}

const Shape<AutomationDefault>& shape_of(const AutomationDefault*) {
  static const auto shape = Shape<AutomationDefault>("automation default", "What happens to decisions that no rule speaks of.")
                                .optional("verdict", &AutomationDefault::verdict, "Never automatic", {.allowed = {"approval", "forbidden"}})
                                .optional("role", &AutomationDefault::role, "Who may approve");
  return shape;
}

const Shape<AutomationPolicy>& shape_of(const AutomationPolicy*) {
  static const auto shape =
      Shape<AutomationPolicy>("automation", "Which decisions run by themselves, which need whom, which may not be.")
          .optional("expires_after", &AutomationPolicy::expires_after, "How long a proposal waits for an answer", {.min = 0})
          .optional("default", &AutomationPolicy::fallback, "What happens to decisions that no rule speaks of")
          .optional("rules", &AutomationPolicy::rules, "A forbidding rule that holds wins; else the first rule that holds")
          .check(check_policy);
  return shape;
}

AutomationPolicy read_automation(const Workspace& workspace, const std::vector<std::string>& known_roles, Diagnostics& diagnostics) {
  AutomationPolicy policy;
  for (const WorkspaceFile* file : workspace.files("policies")) {
    const YamlNode* node = file->yaml ? file->yaml->find("automation") : nullptr;
    if (!node) continue;
    if (policy.place.line > 0) {
      diagnostics.add(node->place, "duplicate_key", fmt::format("'automation' is already in {}", policy.place.text()),
                      "keep the whole boundary in one file");
      continue;
    }
    shape_of(static_cast<const AutomationPolicy*>(nullptr)).read(*node, policy, diagnostics);
    policy.place = node->place;
  }
  check_automation(policy, known_roles, diagnostics);
  return policy;
}

void check_automation(const AutomationPolicy& policy, const std::vector<std::string>& known_roles, Diagnostics& diagnostics) {
  auto check = [&](const Located<std::string>& role) {
    if (role.value.empty() || role.value == "owner" || std::ranges::find(known_roles, role.value) != known_roles.end()) return;
    auto near = nearest(role.value, known_roles);
    diagnostics.add(role.place, "unknown_role", fmt::format("no role is named '{}'", role.value),
                    near ? fmt::format("did you mean '{}'?", *near)
                         : fmt::format("roles are: {}", known_roles.empty() ? "owner" : fmt::format("{}", fmt::join(known_roles, ", "))));
  };
  check(policy.fallback.role);
  for (const AutomationRule& rule : policy.rules) check(rule.role);
}

namespace {

bool one_of(const std::vector<std::string>& allowed, const std::string& value) {
  return allowed.empty() || std::ranges::find(allowed, value) != allowed.end();
}

bool bounds_amount(const AutomationRule& rule) { return rule.min_amount || rule.max_amount || (rule.per_day && rule.per_day->amount); }
bool bounds_quantity(const AutomationRule& rule) {
  return rule.min_quantity || rule.max_quantity || (rule.per_day && rule.per_day->quantity);
}

enum class Holds : std::uint8_t { kYes, kNo, kCannotTell };

// Whether the conditions of a rule hold, daily limits apart.
Holds holds(const AutomationRule& rule, const Proposal& p, std::string& reason) {
  if (!one_of(rule.kinds, p.kind) || !one_of(rule.item_classes, p.item_class) || !one_of(rule.suppliers, p.supplier_id) ||
      !one_of(rule.locations, p.location_id))
    return Holds::kNo;
  if (bounds_quantity(rule)) {
    if (p.quantity.amount < Decimal()) {
      reason = "the quantity is negative";
      return Holds::kCannotTell;
    }
    if (rule.min_quantity && p.quantity.amount < *rule.min_quantity) return Holds::kNo;
    if (rule.max_quantity && p.quantity.amount > *rule.max_quantity) return Holds::kNo;
  }
  if (bounds_amount(rule)) {
    if (p.amount.currency.empty()) return Holds::kNo;  // no money is spent, so no rule about money speaks of it
    if (p.amount.currency != rule.currency) {
      reason = fmt::format("the amount is in {}, the rule '{}' in {}", p.amount.currency, rule.name.value, rule.currency);
      return Holds::kCannotTell;
    }
    if (p.amount.amount < Decimal()) {
      reason = "the amount is negative";
      return Holds::kCannotTell;
    }
    if (rule.min_amount && p.amount.amount < *rule.min_amount) return Holds::kNo;
    if (rule.max_amount && p.amount.amount > *rule.max_amount) return Holds::kNo;
  }
  return Holds::kYes;
}

bool within_day(const AutomationRule& rule, const Proposal& p, const DayTotals& today, std::string& reason) {
  if (!rule.per_day) return true;
  auto found = today.find(rule.name.value);
  DayTotal total = found == today.end() ? DayTotal{} : found->second;
  const DailyLimit& limit = *rule.per_day;
  if (limit.count && total.count + 1 > *limit.count)
    reason = fmt::format("the rule '{}' has let pass {} today, its daily number", rule.name.value, total.count);
  else if (limit.amount && total.amount + p.amount.amount > *limit.amount)
    reason = fmt::format("with this one the rule '{}' would let pass {} today; its daily amount is {}", rule.name.value,
                         in_words({total.amount + p.amount.amount, rule.currency}), in_words({*limit.amount, rule.currency}));
  else if (limit.quantity && total.quantity + p.quantity.amount > *limit.quantity)
    reason = fmt::format("with this one the rule '{}' would let pass a quantity of {} today; its daily quantity is {}", rule.name.value,
                         (total.quantity + p.quantity.amount).text(), limit.quantity->text());
  else
    return true;
  return false;
}

Verdict by_default(const AutomationPolicy& policy, std::string reason) {
  return {policy.fallback.verdict.value, "", policy.place.line > 0 ? policy.place.text() : "",
          policy.fallback.verdict.value == "approval" ? policy.fallback.role.value : "", std::move(reason)};
}

}  // namespace

Verdict judge(const AutomationPolicy& policy, const Proposal& proposal, const DayTotals& today) {
  std::string reason;
  bool never_automatic = false;  // a rule that would hold it back could not be judged
  for (const AutomationRule& rule : policy.rules) {
    if (rule.verdict.value != "forbidden") continue;
    Holds held = holds(rule, proposal, reason);
    if (held == Holds::kYes) return {"forbidden", rule.name.value, rule.name.place.text(), "", ""};
    if (held == Holds::kCannotTell) never_automatic = true;
  }
  for (const AutomationRule& rule : policy.rules) {
    if (rule.verdict.value == "forbidden") continue;
    Holds held = holds(rule, proposal, reason);
    bool automatic = rule.verdict.value == "automatic";
    if (held == Holds::kCannotTell && !automatic) never_automatic = true;
    if (held != Holds::kYes) continue;
    if (!automatic) return {"approval", rule.name.value, rule.name.place.text(), rule.role.value, std::move(reason)};
    if (never_automatic) return by_default(policy, std::move(reason));
    if (within_day(rule, proposal, today, reason)) return {"automatic", rule.name.value, rule.name.place.text(), "", ""};
  }
  if (proposal.kind == "alert" && !never_automatic) return {"automatic", "", "", "", ""};
  return by_default(policy, std::move(reason));
}

}  // namespace sinan::decisions

// What waits, what was decided by rule, what failed and what is forbidden: from the record of decisions.
#include <fmt/format.h>

#include "operations/reports/reading.hpp"

namespace sinan::reports {
namespace {

void add_total(std::vector<Money>& totals, const Money& amount) {
  if (amount.currency.empty() || amount.amount == Decimal()) return;
  for (Money& total : totals) {
    if (total.currency == amount.currency) {
      total.amount += amount.amount;
      return;
    }
  }
  totals.push_back(amount);
}

DecisionLine line_of(const decisions::Decision& d) {
  return {.id = d.id,
          .kind = d.kind,
          .state = std::string(decisions::name(d.state)),
          .item_id = d.kind.starts_with("model_") ? d.topic : d.item_id,
          .location_id = d.location_id,
          .supplier_id = d.supplier_id,
          .quantity = d.quantity,
          .amount = d.amount,
          .role = d.role,
          .rule = d.rule,
          .error = d.error,
          .expected_at = d.expected_at};
}

// Counts all, keeps the largest `rows` as lines.
DecisionGroup group_of(std::vector<const decisions::Decision*> found, std::size_t rows) {
  DecisionGroup out;
  out.count = static_cast<std::int64_t>(found.size());
  // What is about models costs nothing and comes seldom: first, or it would never be seen.
  auto first = [](const decisions::Decision* d) { return d->kind.starts_with("model_"); };
  std::stable_sort(found.begin(), found.end(),
                   [&](const auto* a, const auto* b) { return first(a) != first(b) ? first(a) : a->amount.amount > b->amount.amount; });
  std::map<std::string, RuleLine> rules;
  for (const decisions::Decision* d : found) {
    add_total(out.totals, d->amount);
    RuleLine& rule = rules.try_emplace(d->rule, RuleLine{d->rule, d->rule_place, 0, {}}).first->second;
    ++rule.count;
    add_total(rule.totals, d->amount);
    if (out.lines.size() < rows) out.lines.push_back(line_of(*d));
  }
  for (auto& [name, rule] : rules) out.rules.push_back(std::move(rule));
  std::stable_sort(out.rules.begin(), out.rules.end(), [](const RuleLine& a, const RuleLine& b) { return a.count > b.count; });
  return out;
}

// Reasons stand in the evidence, which is read for the lines shown only.
void fill_reasons(decisions::Decisions& record, DecisionGroup& group, const std::map<std::string, Text>& names) {
  for (DecisionLine& line : group.lines) {
    if (auto name = names.find(line.item_id); name != names.end()) line.item_name = name->second;
    auto dossier = record.show(line.id);
    if (!dossier || !dossier->evidence.is_object()) continue;
    Json explanation = dossier->evidence.value("explanation", Json::object());
    if (explanation.is_object()) line.reason = {explanation.value("en", ""), explanation.value("zh", "")};
  }
}

// What the planning step says of orders that its budget left out. Each is an alert too, but only in the first run of a week that leaves
// it out; the step counts them all.
void collect_left_out(const CollectContext& context, DecisionSection& section) {
  auto step = context.outputs.find("plan_orders");
  if (step == context.outputs.end() || !step->second.is_object()) return;
  const Json& output = step->second;
  if (auto count = output.find("over_budget"); count != output.end() && count->is_number_integer()) section.over_budget = count->get<int>();
  auto amount = output.find("left_out");
  auto currency = output.find("currency");
  if (amount == output.end() || !amount->is_string() || currency == output.end() || !currency->is_string()) return;
  if (auto parsed = Decimal::parse(amount->get<std::string>())) section.left_out = Money{*parsed, currency->get<std::string>()};
}

}  // namespace

void collect_decisions(const Reader& reader, ReportData& data) {
  decisions::Decisions* record = reader.context().decisions;
  if (!record) return;
  DecisionSection& section = data.decisions;
  const std::string& run_id = reader.context().run.id;
  section.origins = {{{"Decisions of this run", "本次运行的决策"}, fmt::format("sinan decisions list --run {} --json", run_id)},
                     {{"Decisions that wait", "等待审批的决策"}, "sinan decisions list --status proposed --json"}};
  collect_left_out(reader.context(), section);
  if (auto end = record->end()) section.end = ChainEndLine{end->seq, end->hash};
  auto open = record->list({.states = {decisions::State::kProposed, decisions::State::kFailed}, .limit = 100'000});
  auto of_run = record->list({.run_id = run_id, .limit = 100'000});
  if (!open || !of_run) {
    section.problem = (open ? of_run.error() : open.error()).text();
    return;
  }
  std::vector<const decisions::Decision*> waiting, failed, automatic, forbidden, alerts;
  std::map<std::string, std::int64_t> by_role;
  for (const decisions::Decision& d : *open) {
    (d.state == decisions::State::kProposed ? waiting : failed).push_back(&d);
    if (d.state == decisions::State::kProposed) ++by_role[d.role.empty() ? "owner" : d.role];
  }
  for (const decisions::Decision& d : *of_run) {
    if (d.kind == "alert") {
      if (d.topic != "over_budget") alerts.push_back(&d);
    } else if (d.verdict == "automatic") {
      automatic.push_back(&d);
    } else if (d.verdict == "forbidden") {
      forbidden.push_back(&d);
    }
  }
  Diagnostics ignored;
  auto rows = static_cast<std::size_t>(read_report_config(*reader.context().workspace, ignored).rows);
  section.waiting = group_of(std::move(waiting), rows);
  section.failed = group_of(std::move(failed), rows);
  section.automatic = group_of(std::move(automatic), rows);
  section.forbidden = group_of(std::move(forbidden), rows);
  section.alerts = group_of(std::move(alerts), rows);
  section.waiting_by_role.assign(by_role.begin(), by_role.end());
  std::set<std::string> ids;
  for (const DecisionGroup* group : {&section.waiting, &section.failed, &section.automatic, &section.alerts}) {
    for (const DecisionLine& line : group->lines) ids.insert(line.item_id);
  }
  std::map<std::string, Text> names = item_names(reader, ids);
  for (DecisionGroup* group : {&section.waiting, &section.failed, &section.automatic, &section.alerts})
    fill_reasons(*record, *group, names);
}

}  // namespace sinan::reports

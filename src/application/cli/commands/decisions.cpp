// `sinan decisions list|show|approve|reject|verify`: what is proposed, why, who let it pass, and whether the record is whole.
#include "application/cli/rows_output.hpp"
#include "application/cli/workspace_command.hpp"
#include "base/text.hpp"

namespace sinan::cli {
namespace {

constexpr std::int64_t kMostListed = 100'000;

Result<int> list_decisions(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation));
  decisions::ListFilter filter;
  for (const std::string& text : invocation.texts("status")) {
    auto state = decisions::parse_state(text);
    if (!state) return fail(ErrorCode::kInvalidInput, fmt::format("--status has no '{}'", visible(text)));
    filter.states.push_back(*state);
  }
  filter.kind = invocation.text("kind");
  filter.item_id = invocation.text("item");
  filter.location_id = invocation.text("location");
  filter.run_id = invocation.text("run");
  if (filter.run_id == "latest") {
    SINAN_TRY(const auto latest, workspace->engine().history().show("latest"));
    filter.run_id = latest.id;
  }
  SINAN_TRY(const std::int64_t limit, invocation.integer("limit", invocation.json ? kMostListed : 50, 1));
  if (limit > kMostListed)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("--limit takes at most {}; narrow the list, by --item, --run or --status", kMostListed));
  filter.limit = limit;
  const bool all = workspace->people().may(workspace->user(), identity::kReadDecisions);
  if (!all) filter.only_roles = workspace->user().roles;
  SINAN_TRY(auto found, workspace->decisions().list(filter));
  if (invocation.json) {
    Json out = Json::array();
    for (const auto& decision : found) out.push_back(decisions::to_list_json(decision));
    invocation.print_json(out);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& d : found)
    rows.push_back({d.id, visible(d.kind), std::string(decisions::name(d.state)), visible(d.item_id), visible(d.location_id),
                    visible(d.supplier_id), d.quantity.amount.text(), d.amount.amount.text(2), d.amount.currency,
                    d.approver.empty() && !d.role.empty() ? "for " + d.role : d.approver});
  invocation.print(aligned({"id", "kind", "status", "item", "location", "supplier", "quantity", "amount", "", "who"}, rows,
                           {false, false, false, false, false, false, true, true, false, false}));
  bool narrowed = false;
  for (const char* option : {"status", "kind", "item", "location", "run"}) narrowed = narrowed || invocation.has(option);
  if (found.empty() && narrowed) invocation.say("No decision is as asked for; `sinan decisions list` shows all");
  if (std::ssize(found) == limit) invocation.say(fmt::format("The newest {}; there may be more: --limit N", limit));
  SINAN_TRY(auto counts, workspace->decisions().counts());
  if (all && counts["proposed"] > 0 && !narrowed)
    invocation.say(fmt::format("{} wait for approval: sinan decisions approve ID --as USER", counts["proposed"]));
  return 0;
}

// "what: supplier L7, cost: 120.00, figures: (unit_price: 2.50, lead_time_days: 12)"; null is left out.
std::string in_words(const Json& value, bool chinese) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return dump(value);
  if (value.is_object() && value.contains("en") && value.contains("zh")) return in_words(value[chinese ? "zh" : "en"], chinese);
  std::string out;
  for (const auto& [key, part] : value.items()) {
    if (part.is_null()) continue;
    const std::string text = in_words(part, chinese);
    if (!out.empty()) out += ", ";
    if (value.is_object()) out += key + ": ";
    out += part.is_structured() && !(part.is_object() && part.contains("en")) ? "(" + text + ")" : text;
  }
  return out;
}

void print_dossier(const Invocation& invocation, const decisions::Dossier& dossier, bool chinese) {
  const decisions::Decision& d = dossier.decision;
  invocation.print(fmt::format("{}  {}  {}\n", d.id, visible(d.kind), decisions::name(d.state)));
  auto line = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) invocation.print(fmt::format("  {:<22} {}\n", label, visible(text)));
  };
  line("item", d.item_id);
  line("location", d.location_id);
  line("supplier", d.supplier_id);
  line("quantity", d.quantity.amount.text() + " " + d.quantity.unit);
  line("amount", d.amount.amount.text(2) + " " + d.amount.currency);
  line("verdict", d.verdict + (d.rule.empty() ? "" : ", rule '" + d.rule + "' at " + d.rule_place) +
                      (d.verdict_reason.empty() ? "" : "; " + d.verdict_reason));
  line("approver", d.approver.empty() && !d.role.empty() ? "waits for " + d.role : d.approver);
  line("note", d.note);
  line("error", d.error);
  const Json& evidence = dossier.evidence;
  if (evidence.contains("explanation") && evidence["explanation"].is_object())
    line("why", evidence["explanation"].value(chinese ? "zh" : "en", ""));
  if (evidence.contains("model")) line("model", evidence.value("model", "") + " " + evidence.value("model_version", ""));
  if (evidence.contains("figures"))
    for (const auto& [key, value] : evidence["figures"].items()) line(key, value.is_string() ? value.get<std::string>() : dump(value));
  if (evidence.contains("alternatives"))
    for (const Json& alternative : evidence["alternatives"]) line("considered", in_words(alternative, chinese));
  if (evidence.contains("inputs")) line("inputs", in_words(evidence["inputs"], chinese));
  for (const decisions::Event& event : dossier.events)
    line("event", fmt::format("{} {} by {} (record {})", event.at, event.kind, event.actor, event.seq));
}

Result<int> show_decision(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation));
  SINAN_TRY(auto dossier, workspace->decisions().show(invocation.text("id")));
  if (!workspace->user().has(dossier.decision.role)) SINAN_CHECK(workspace->people().expect(workspace->user(), identity::kReadDecisions));
  if (invocation.json)
    invocation.print_json(decisions::to_json(dossier));
  else
    print_dossier(invocation, dossier, workspace->workspace().settings().language == "zh");
  return 0;
}

// Exit code 0 once the approval is durable; a failing effect is told, and the next run tries it again.
Result<int> approve_decision(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation));
  SINAN_TRY(auto decision, workspace->decisions().approve(invocation.text("id"), workspace->user(), invocation.text("note")));
  auto executed = workspace->decisions().execute_one(decision.id, workspace->effects());
  if (executed) decision = *executed;
  if (invocation.json) invocation.print_json(decisions::to_json(decision));
  if (!executed || decision.state == decisions::State::kFailed)
    invocation.say(fmt::format("{} is approved; its effect failed ({}) and the next run tries again", decision.id,
                               visible(executed ? decision.error : executed.error().text())));
  else
    invocation.say(fmt::format("{} is approved and {}", decision.id, decisions::name(decision.state)));
  return 0;
}

Result<int> reject_decision(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation));
  SINAN_TRY(auto decision, workspace->decisions().reject(invocation.text("id"), workspace->user(), invocation.text("reason")));
  if (invocation.json) invocation.print_json(decisions::to_json(decision));
  invocation.say(fmt::format("{} is rejected", decision.id));
  return 0;
}

Result<int> verify_decisions(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation, identity::kReadDecisions));
  SINAN_TRY(auto verification, workspace->decisions().verify());
  return say_verification(invocation, verification);
}

const OptionInfo kId{.name = "id", .value = "ID", .summary = "The decision", .required = true, .positional = true};

}  // namespace

CommandInfo decisions_list() {
  return {
      .name = "decisions list",
      .summary = "List decisions, newest first",
      .details = "Status: proposed, approved, rejected, executed, failed, measured, expired, superseded.",
      .options = {{.name = "status",
                   .value = "STATUS",
                   .summary = "Only these; may be given several times",
                   .repeated = true,
                   .allowed = {"proposed", "approved", "rejected", "executed", "failed", "measured", "expired", "superseded"}},
                  {.name = "kind", .value = "KIND", .summary = "Only of this kind", .allowed = decisions::kKinds},
                  {.name = "item", .value = "ID", .summary = "Only of this item"},
                  {.name = "location", .value = "ID", .summary = "Only at this place"},
                  {.name = "run", .value = "ID", .summary = "Only of this run; latest: the newest"},
                  {.name = "limit", .value = "N", .summary = "At most so many; default 50, with --json all"}},
      .examples = {"sinan decisions list --status proposed"},
      .run = list_decisions,
  };
}

CommandInfo decisions_show() {
  return {.name = "decisions show",
          .summary = "Show one decision with its evidence and history",
          .details = {},
          .options = {kId},
          .examples = {},
          .run = show_decision};
}

CommandInfo decisions_approve() {
  return {
      .name = "decisions approve",
      .summary = "Approve a decision, and carry it out",
      .details = "Exit code 0 once the approval is durable. The proposer cannot approve; the role that the decision waits for can.",
      .options = {kId, {.name = "note", .value = "TEXT", .summary = "Kept with the approval"}},
      .examples = {"sinan decisions approve k7m2qxab-12 --as ben"},
      .run = approve_decision,
  };
}

CommandInfo decisions_reject() {
  return {
      .name = "decisions reject",
      .summary = "Reject a decision",
      .details = {},
      .options = {kId, {.name = "reason", .value = "TEXT", .summary = "Kept with the rejection", .required = true}},
      .examples = {},
      .run = reject_decision,
  };
}

CommandInfo decisions_verify() {
  return {
      .name = "decisions verify",
      .summary = "Prove that no record was changed, removed or cut off",
      .details = "Exit code 1 names the places where something was.",
      .options = {},
      .examples = {},
      .run = verify_decisions,
  };
}

}  // namespace sinan::cli

#include "operations/decisions/decision.hpp"

namespace sinan::decisions {
namespace {

constexpr std::array<std::string_view, 8> kStates{"proposed", "approved", "rejected", "executed",
                                                  "failed",   "measured", "expired",  "superseded"};

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
Json time_or_null(const std::optional<Instant>& at) { return at ? Json(format_rfc3339(*at)) : Json(nullptr); }
Json to_json(const Text& text) { return Json{{"en", text.en}, {"zh", text.zh}}; }

}  // namespace

std::string_view name(State state) { return kStates.at(static_cast<std::size_t>(state)); }

std::optional<State> parse_state(std::string_view text) {
  auto found = std::find(kStates.begin(), kStates.end(), text);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<State>(found - kStates.begin());
}

Json to_json(const Evidence& evidence) {
  Json alternatives = Json::array();
  for (const Evidence::Alternative& a : evidence.alternatives)
    alternatives.push_back(Json{{"what", a.what},
                                {"cost", a.cost.amount.text(2)},
                                {"currency", a.cost.currency},
                                {"figures", a.figures},
                                {"why_not", a.why_not ? to_json(*a.why_not) : Json(nullptr)}});
  return Json{{"inputs", evidence.inputs},
              {"model", evidence.model},
              {"model_version", evidence.model_version},
              {"alternatives", std::move(alternatives)},
              {"binding_constraints", evidence.binding_constraints},
              {"explanation", to_json(evidence.explanation)},
              {"figures", evidence.figures}};
}

Decision decision_of(const Proposal& proposal) {
  Decision d;
  d.kind = proposal.kind;
  d.topic = proposal.topic;
  d.item_id = proposal.item_id;
  d.location_id = proposal.location_id;
  d.from_location_id = proposal.from_location_id;
  d.supplier_id = proposal.supplier_id;
  d.item_class = proposal.item_class;
  d.quantity = proposal.quantity;
  d.unit_price = proposal.unit_price;
  d.amount = proposal.amount;
  d.expected_at = proposal.expected_at;
  return d;
}

Json to_list_json(const Decision& d) {
  return Json{{"id", d.id},
              {"kind", d.kind},
              {"status", name(d.state)},
              {"item_id", text_or_null(d.item_id)},
              {"location_id", text_or_null(d.location_id)},
              {"supplier_id", text_or_null(d.supplier_id)},
              {"quantity", d.quantity.amount.text()},
              {"unit", text_or_null(d.quantity.unit)},
              {"amount", d.amount.amount.text(2)},
              {"currency", text_or_null(d.amount.currency)},
              {"verdict", d.verdict},
              {"approver", text_or_null(d.approver)},
              {"created_at", format_rfc3339(d.created_at)},
              {"run_id", text_or_null(d.run_id)}};
}

Json to_json(const Decision& d) {
  Json out = to_list_json(d);
  out["topic"] = text_or_null(d.topic);
  out["from_location_id"] = text_or_null(d.from_location_id);
  out["item_class"] = text_or_null(d.item_class);
  out["unit_price"] = d.unit_price.text(2);
  out["rule"] = text_or_null(d.rule);
  out["rule_place"] = text_or_null(d.rule_place);
  out["verdict_reason"] = text_or_null(d.verdict_reason);
  out["role"] = text_or_null(d.role);
  out["proposer"] = d.proposer;
  out["note"] = text_or_null(d.note);
  out["day"] = d.day;
  out["expected_at"] = time_or_null(d.expected_at);
  out["expires_at"] = time_or_null(d.expires_at);
  out["decided_at"] = time_or_null(d.decided_at);
  out["executed_at"] = time_or_null(d.executed_at);
  out["attempts"] = d.attempts;
  out["error"] = text_or_null(d.error);
  out["effect"] = d.effect;
  out["outcome"] = d.outcome;
  out["superseded_by"] = text_or_null(d.superseded_by);
  return out;
}

}  // namespace sinan::decisions

// Decisions: list with filters and pages, show with evidence, approve, reject, verify the record.
#include <fmt/format.h>

#include "application/api/api.hpp"
#include "application/api/wire.hpp"

namespace sinan::api {
namespace {

Result<Json> list_decisions(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(known_parameters(request, {"status", "kind", "item_id", "location_id", "supplier_id", "run_id", "role", "limit", "offset"}));
  decisions::ListFilter filter{.kind = text_parameter(request, "kind"),
                               .item_id = text_parameter(request, "item_id"),
                               .location_id = text_parameter(request, "location_id"),
                               .supplier_id = text_parameter(request, "supplier_id"),
                               .run_id = text_parameter(request, "run_id"),
                               .role = text_parameter(request, "role")};
  std::string statuses = text_parameter(request, "status");
  for (std::size_t at = 0; at < statuses.size();) {
    std::size_t end = std::min(statuses.find(',', at), statuses.size());
    auto state = decisions::parse_state(statuses.substr(at, end - at));
    if (!state) {
      return fail(ErrorCode::kInvalidInput,
                  "there is no such status; there are proposed, approved, rejected, executed, failed, measured, expired, superseded",
                  "status");
    }
    filter.states.push_back(*state);
    at = end + 1;
  }
  SINAN_TRY(filter.limit, integer_parameter(request, "limit", 100, 1, 1000));
  SINAN_TRY(filter.offset, integer_parameter(request, "offset", 0, 0, 100'000'000));
  if (!context.people.may(context.user, identity::kReadDecisions)) filter.only_roles = context.user.roles;
  SINAN_TRY(std::vector<decisions::Decision> found, context.decisions->list(filter));
  Json items = Json::array();
  for (const decisions::Decision& decision : found) items.push_back(decisions::to_list_json(decision));
  Json next = static_cast<std::int64_t>(found.size()) == filter.limit ? Json(filter.offset + filter.limit) : Json(nullptr);
  return Json{{"items", std::move(items)}, {"next_offset", std::move(next)}};
}

Result<Json> show_decision(const ApiContext& context, const http::Request& request) {
  SINAN_CHECK(known_parameters(request, {}));
  SINAN_TRY(decisions::Dossier dossier, context.decisions->show(request.parameter("id")));
  if (!context.user.has(dossier.decision.role)) SINAN_CHECK(context.people.expect(context.user, identity::kReadDecisions));
  return decisions::to_json(dossier);
}

Json verification_json(const audit::Verification& verification) {
  Json findings = Json::array();
  for (const audit::Finding& finding : verification.findings) {
    findings.push_back({{"chain", finding.chain},
                        {"seq", finding.seq},
                        {"subject", finding.subject},
                        {"what", audit::name(finding.what)},
                        {"field", finding.field},
                        {"message", finding.message}});
  }
  return {{"ok", verification.ok()}, {"records", verification.records}, {"findings", std::move(findings)}};
}

// The approval is durable first; then its effect is tried, and what came of that is in the answer.
Result<Json> approve(const ApiContext& context, const http::Request& request) {
  SINAN_TRY(Json body, json_body(request, {"note"}));
  SINAN_TRY(std::string note, text_of(body, "note"));
  SINAN_TRY(decisions::Decision decision, context.decisions->approve(request.parameter("id"), context.user, note));
  if (context.execute) {
    auto executed = context.execute(decision.id);
    if (executed) {
      decision = std::move(*executed);
    } else {
      Json out = decisions::to_json(decision);
      out["effect_error"] = {{"code", info(executed.error().code).name}, {"message", executed.error().text()}};
      return out;
    }
  }
  return decisions::to_json(decision);
}

Result<Json> reject(const ApiContext& context, const http::Request& request) {
  SINAN_TRY(Json body, json_body(request, {"reason"}));
  SINAN_TRY(std::string reason, text_of(body, "reason"));
  SINAN_TRY(decisions::Decision decision, context.decisions->reject(request.parameter("id"), context.user, reason));
  return decisions::to_json(decision);
}

}  // namespace

std::vector<http::Route> decisions_routes(const ApiContext& context) {
  return {
      {http::Method::kGet, "/api/v1/decisions", [context](const http::Request& r) { return answer(list_decisions(context, r)); }},
      {http::Method::kGet, "/api/v1/decisions/verify",
       [context](const http::Request& r) -> http::Response {
         if (auto known = known_parameters(r, {}); !known) return http::error_response(known.error());
         if (auto may = context.people.expect(context.user, identity::kReadDecisions); !may) return http::error_response(may.error());
         auto verification = context.decisions->verify();
         if (!verification) return http::error_response(verification.error());
         return http::json_response(verification_json(*verification));
       }},
      {http::Method::kGet, "/api/v1/decisions/{id}", [context](const http::Request& r) { return answer(show_decision(context, r)); }},
      {http::Method::kPost, "/api/v1/decisions/{id}/approve", [context](const http::Request& r) { return answer(approve(context, r)); }},
      {http::Method::kPost, "/api/v1/decisions/{id}/reject", [context](const http::Request& r) { return answer(reject(context, r)); }},
  };
}

}  // namespace sinan::api

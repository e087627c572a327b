#include "operations/decisions/steps.hpp"

#include "base/yaml.hpp"

namespace sinan::decisions {

Result<Decision> load_decision(storage::Session& session, const std::string& id) {
  std::optional<Decision> found;
  SINAN_CHECK(load_states(session, "WHERE id = ?", {id}, [&](Decision d) -> Status {
    found = std::move(d);
    return {};
  }));
  if (found) return std::move(*found);
  std::vector<std::string> ids;
  SINAN_CHECK(session.query("SELECT id FROM decisions ORDER BY number DESC LIMIT 1000", {}, [&](const storage::Row& row) -> Status {
    ids.push_back(row.text(0));
    return {};
  }));
  std::optional<std::string> near = nearest(id, ids);
  return fail(ErrorCode::kNotFound, fmt::format("no decision has the id '{}'; {}", id,
                                                near ? fmt::format("did you mean '{}'?", *near) : "`sinan decisions list` shows them"));
}

Status take_step(storage::Session& session, audit::Ledger::Writer& writer, Decision& decision, audit::Entry entry) {
  entry.subject = decision.id;
  SINAN_TRY(audit::Record record, writer.append(kChain, entry));
  std::optional<Decision> next = std::move(decision);
  SINAN_CHECK(fold(next, record, entry.body));
  decision = std::move(*next);
  return keep_state(session, decision);
}

std::string what_happened(const Decision& d) {
  auto when = [](const std::optional<Instant>& at) { return at ? format_rfc3339(*at) : std::string("an unknown time"); };
  switch (d.state) {
    case State::kProposed: return fmt::format("waits for {} since {}", d.role.empty() ? "an answer" : d.role, format_rfc3339(d.created_at));
    case State::kApproved: return fmt::format("was approved by {} at {}", d.approver, when(d.decided_at));
    case State::kRejected: return fmt::format("was rejected by {} at {}", d.approver, when(d.decided_at));
    case State::kFailed:
      return fmt::format("was approved by {} at {}; its effect failed and is tried again", d.approver, when(d.decided_at));
    case State::kExecuted:
    case State::kMeasured: return fmt::format("was approved by {} and took effect at {}", d.approver, when(d.executed_at));
    case State::kExpired: return fmt::format("expired at {}", when(d.expires_at));
    case State::kSuperseded: return fmt::format("was superseded by {}", d.superseded_by);
  }
  return "";
}

}  // namespace sinan::decisions

// The table of current states: how events become a decision (fold), and how a decision lies in the store, text by text.
#pragma once

#include "operations/decisions/decision.hpp"
#include "platform/audit/chain.hpp"
#include "platform/storage/store.hpp"

namespace sinan::decisions {

inline constexpr std::string_view kChain = "decisions";

// The event that makes a decision; all that the fold needs is in it.
audit::Entry proposed_event(const Decision& decision, const Evidence& evidence);

// Applies one event. The first must be "proposed"; kCorrupt names an event that does not fit. Pure: replay gives the same bits.
Status fold(std::optional<Decision>& decision, const audit::Record& record);
// The same for who has the body at hand.
Status fold(std::optional<Decision>& decision, const audit::Record& record, const Json& body);

// The columns of the table `decisions`, in order, and a decision's values in them.
const std::vector<std::string>& state_columns();
std::vector<std::string> state_row(const Decision& decision);

const storage::Migrations& state_migrations();
Status keep_state(storage::Session& session, const Decision& decision);
// Decisions `where` … (SQL behind FROM decisions).
Status load_states(storage::Session& session, std::string_view where, const std::vector<storage::Cell>& parameters,
                   const std::function<Status(Decision)>& each);
// The stored texts themselves, for verify(); nullopt if there is no such row.
Result<std::optional<std::vector<std::string>>> load_state_row(storage::Session& session, const std::string& id);

}  // namespace sinan::decisions

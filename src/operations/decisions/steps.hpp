// What every change of a decision has in common: load it, append the event, fold it, keep the new state.
#pragma once

#include "operations/decisions/states.hpp"
#include "platform/audit/ledger.hpp"

namespace sinan::decisions {

// kNotFound names the nearest id.
Result<Decision> load_decision(storage::Session& session, const std::string& id);

// Appends the event and keeps what the decision has become.
Status take_step(storage::Session& session, audit::Ledger::Writer& writer, Decision& decision, audit::Entry entry);

// "was approved by ben at 2026-03-01T08:15:00Z": why a decision does not wait any more.
std::string what_happened(const Decision& decision);

}  // namespace sinan::decisions

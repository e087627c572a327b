// Reads what the planner needs from ops.* at one lake version: one Need per item and place that has a forecast.
#pragma once

#include "operations/inventory/planning.hpp"

namespace sinan::inventory {

struct Snapshot {
  lake::Version version = 0;
  std::vector<Need> needs;               // by item, then place
  std::set<std::string> decisions_seen;  // ids that ops.purchase_orders carries
};

Result<Snapshot> read_snapshot(fabric::Fabric& fabric, const PlanRequest& request);

// Adds what is decided and not yet visible to the positions.
void add_commitments(Snapshot& snapshot, const decisions::Decisions::Commitments& commitments, Instant now);

}  // namespace sinan::inventory

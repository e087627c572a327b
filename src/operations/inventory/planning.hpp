// The inventory plan of a whole company: reads ops.* at a pinned lake version, plans every item and place, writes ops.stock_policies and
// hands back the proposals. Same version, decisions and configuration: same plan, at any thread count.
#pragma once

#include "data/fabric/fabric.hpp"
#include "operations/decisions/decisions.hpp"
#include "operations/inventory/planner.hpp"

namespace sinan::inventory {

struct PlanRequest {
  PlanConfig config;
  std::string run_id;
  std::optional<lake::Version> at;  // default: the current version
  Instant now;
  Zone zone;  // in which the days of the budget are cut
  unsigned threads = 1;
  bool write_policies = true;  // ops.stock_policies; false for a dry run
  const CancelToken* cancel = nullptr;
  Progress progress = {};
};

struct PlanReport {
  lake::Version version = 0;       // that was read
  decisions::ProposalBatch batch;  // ready for Decisions::propose()
  std::int64_t planned = 0;        // items at places with demand
  std::int64_t orders = 0, alerts = 0;
  std::int64_t over_budget = 0;  // orders left out because the budget was spent
  Money left_out;                // what these would have cost
  Money spend;                   // of the orders in the plan's currency
  double waiting_loss = 0;       // sales lost if they wait for the next review, in the plan's currency
};

// Commitments are decisions whose effect ops.purchase_orders does not show yet (Decisions::commitments()): what is approved, failed or
// executed counts as on its way until a row there carries its id, or, where no id comes back, until it should have arrived.
Result<PlanReport> plan(fabric::Fabric& fabric, const decisions::Decisions::Commitments& commitments, const PlanRequest& request);

}  // namespace sinan::inventory

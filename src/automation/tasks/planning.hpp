// The plan that plan_orders reports and decide_proposals records: the same version, decisions and configuration give the same plan, so it
// is worked out again rather than carried from step to step.
#pragma once

#include "automation/tasks/rooms.hpp"
#include "operations/inventory/planning.hpp"

namespace sinan::tasks {

// `at`: the lake version to read; default: the current one.
Result<inventory::PlanReport> plan(Rooms& rooms, workflow::TaskContext& context, std::optional<lake::Version> at, bool write_policies);

}  // namespace sinan::tasks

// Which workflows are due: their schedules against the clock and against what fired before.
//
// A time that passed while nobody watched is made up for once, not once per missed time. A workflow seen for the first time waits for its
// next time. The due time is recorded before it is handed out: a crash between the two skips that time rather than running it twice.
#pragma once

#include "automation/workflow/definition.hpp"
#include "automation/workflow/history.hpp"

namespace sinan::workflow {

struct Due {
  const Workflow* workflow = nullptr;
  Instant at;  // the newest time that has passed
};

// Pointers into `workflows`, in their order.
Result<std::vector<Due>> take_due(const std::vector<Workflow>& workflows, History& history, Instant now);

// The next time that a workflow runs by itself; nullopt without a schedule.
Result<std::optional<Instant>> next_due(const Workflow& workflow, const History& history, Instant now);

}  // namespace sinan::workflow

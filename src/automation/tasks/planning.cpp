#include "automation/tasks/planning.hpp"

namespace sinan::tasks {

Result<inventory::PlanReport> plan(Rooms& rooms, workflow::TaskContext& context, std::optional<lake::Version> at, bool write_policies) {
  SINAN_CHECK(expect_view(rooms, "items", "what may be bought is read from"));
  SINAN_CHECK(expect_view(rooms, "stock", "orders are planned from the stock in"));
  SINAN_TRY(auto commitments, rooms.decisions.commitments());
  inventory::PlanRequest request;
  request.config = rooms.plan;
  request.run_id = context.run_id;
  request.at = at;
  request.now = rooms.clock.now();
  request.zone = rooms.workspace.zone();
  request.threads = static_cast<unsigned>(rooms.threads);
  request.write_policies = write_policies && !context.dry_run;
  request.cancel = &context.cancel;
  request.progress = context.progress;
  return inventory::plan(rooms.fabric, commitments, request);
}

}  // namespace sinan::tasks

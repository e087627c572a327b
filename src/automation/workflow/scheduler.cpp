#include "automation/workflow/scheduler.hpp"

namespace sinan::workflow {

Result<std::vector<Due>> take_due(const std::vector<Workflow>& workflows, History& history, Instant now) {
  std::vector<Due> out;
  for (const Workflow& workflow : workflows) {
    if (!workflow.timing) continue;
    SINAN_TRY(std::optional<Instant> last, history.last_due(workflow.name));
    if (!last) {
      SINAN_CHECK(history.set_last_due(workflow.name, now));
      continue;
    }
    std::optional<Instant> next = workflow.timing->next_after(*last);
    if (!next || *next > now) continue;
    // The newest time that has passed: stepping from the last one could take long after a long pause, so by doubling back from now.
    Instant newest = *next;
    for (auto back = std::chrono::microseconds{std::chrono::minutes{1}}; now - back > *last; back *= 2) {
      std::optional<Instant> candidate = workflow.timing->next_after(now - back);
      if (!candidate || *candidate > now) continue;
      newest = *candidate;
      break;
    }
    while (true) {
      std::optional<Instant> later = workflow.timing->next_after(newest);
      if (!later || *later > now) break;
      newest = *later;
    }
    SINAN_CHECK(history.set_last_due(workflow.name, newest));
    out.push_back({&workflow, newest});
  }
  return out;
}

Result<std::optional<Instant>> next_due(const Workflow& workflow, const History& history, Instant now) {
  if (!workflow.timing) return std::optional<Instant>();
  SINAN_TRY(std::optional<Instant> last, history.last_due(workflow.name));
  return workflow.timing->next_after(last ? std::max(*last, now) : now);
}

}  // namespace sinan::workflow

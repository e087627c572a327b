// execute_decisions: carries out what was approved, once; what failed before is tried again.
#include "automation/tasks/rooms.hpp"
#include "base/text.hpp"

namespace sinan::tasks {
namespace {

class ExecuteDecisions final : public workflow::Task {
 public:
  explicit ExecuteDecisions(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info = workflow::task_info<workflow::NoOptions>("execute_decisions", "Carries out approved decisions, each once");
    return info;
  }

  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    if (context.dry_run) return workflow::TaskOutput(Json{{"executed", 0}, {"dry_run", true}});
    SINAN_TRY(auto report, rooms_->decisions.execute(rooms_->effects, &context.cancel));
    Json failed = Json::array();
    for (const auto& [id, error] : report.failed) failed.push_back(Json{{"id", id}, {"error", error.text()}});
    if (report.not_tried > 0 && !report.failed.empty()) {
      Error down = report.failed.back().second;
      return fail(std::move(down).within(
          fmt::format("{} could not be carried out; the next run tries again",
                      counted(report.not_tried + static_cast<std::int64_t>(report.failed.size()), "approved decision"))));
    }
    SINAN_TRY(auto waiting, rooms_->decisions.counts());
    Json output{
        {"executed", report.executed}, {"already_there", report.already_there}, {"failed", failed}, {"waiting", waiting["proposed"]}};
    if (waiting["proposed"] == 0) return workflow::TaskOutput(std::move(output));
    return workflow::TaskOutput(std::move(output), workflow::Verdict::kWaiting,
                                fmt::format("{} {} for approval: see `sinan decisions list --status proposed`",
                                            counted(waiting["proposed"], "decision"), waiting["proposed"] == 1 ? "waits" : "wait"));
  }

 private:
  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> execute_decisions(Rooms* rooms) { return std::make_unique<ExecuteDecisions>(rooms); }

}  // namespace sinan::tasks

// measure_outcomes: attaches what came of earlier orders to their decisions.
#include "automation/tasks/rooms.hpp"
#include "operations/inventory/outcome.hpp"

namespace sinan::tasks {
namespace {

class MeasureOutcomes final : public workflow::Task {
 public:
  explicit MeasureOutcomes(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info =
        workflow::task_info<workflow::NoOptions>("measure_outcomes", "Joins what came of earlier orders to their decisions");
    return info;
  }

  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    inventory::MeasureRequest request;
    request.now = rooms_->clock.now();
    request.zone = rooms_->workspace.zone();
    request.cancel = &context.cancel;
    SINAN_TRY(auto report, inventory::measure(rooms_->fabric, rooms_->decisions, request));
    std::int64_t measured = 0;
    if (!context.dry_run) {
      SINAN_TRY(measured, rooms_->decisions.measure(report.outcomes, context.run_id));
    }
    return workflow::TaskOutput(Json{{"measured", measured},
                                     {"final", report.final_ones},
                                     {"stock_outs", report.stock_outs},
                                     {"overstocks", report.overstocks},
                                     {"late", report.late},
                                     {"wape", report.wape}});
  }

 private:
  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> measure_outcomes(Rooms* rooms) { return std::make_unique<MeasureOutcomes>(rooms); }

}  // namespace sinan::tasks

// plan_orders: works out what to buy, and writes the stock policies; decide_proposals records it.
#include "automation/tasks/planning.hpp"

namespace sinan::tasks {
namespace {

class PlanOrders final : public workflow::Task {
 public:
  explicit PlanOrders(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info = workflow::task_info<workflow::NoOptions>("plan_orders", "Plans what to buy from whom");
    return info;
  }

  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    SINAN_TRY(auto report, plan(*rooms_, context, std::nullopt, true));
    return workflow::TaskOutput(Json{{"read_version", report.version},
                                     {"planned", report.planned},
                                     {"orders", report.orders},
                                     {"alerts", report.alerts},
                                     {"over_budget", report.over_budget},
                                     {"spend", report.spend.amount.text(2)},
                                     {"currency", report.spend.currency},
                                     {"left_out", report.left_out.amount.text(2)},
                                     {"waiting_loss", fmt::format("{:.2f}", report.waiting_loss)}});
  }

 private:
  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> plan_orders(Rooms* rooms) { return std::make_unique<PlanOrders>(rooms); }

}  // namespace sinan::tasks

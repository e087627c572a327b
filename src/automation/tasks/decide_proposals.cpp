// decide_proposals: records what was planned; policy lets it pass, asks a person, or forbids it.
#include "automation/tasks/planning.hpp"
#include "operations/models/proposals.hpp"

namespace sinan::tasks {
namespace {

constexpr std::size_t kShown = 200;

class DecideProposals final : public workflow::Task {
 public:
  explicit DecideProposals(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info = workflow::task_info<workflow::NoOptions>("decide_proposals", "Records proposals and lets policy judge them");
    return info;
  }

  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    // The version that the step plan_orders read, when there is one before this step.
    std::optional<lake::Version> at;
    for (const auto& [step, output] : context.outputs)
      if (output.is_object() && output.contains("read_version") && output.contains("planned"))
        at = output["read_version"].get<lake::Version>();
    SINAN_TRY(auto plan_report, plan(*rooms_, context, at, false));
    SINAN_TRY(auto about_models, models::proposals(rooms_->models, rooms_->decisions));
    std::ranges::move(about_models, std::back_inserter(plan_report.batch.proposals));
    Principal planner = system_principal("planner");
    if (context.dry_run) return preview(planner, plan_report.batch);
    SINAN_TRY(auto expired, rooms_->decisions.expire());
    SINAN_TRY(auto report, rooms_->decisions.propose(planner, plan_report.batch));
    Json output{{"proposals", report.ids.size()}, {"automatic", report.automatic},   {"waiting", report.waiting},
                {"forbidden", report.forbidden},  {"superseded", report.superseded}, {"overtaken", report.overtaken},
                {"repeated", report.repeated},    {"declined", report.declined},     {"expired", expired}};
    std::string note;
    if (report.declined > 0)
      note = fmt::format("{} left out, which people rejected today for the same item, place, supplier and price", report.declined);
    return workflow::TaskOutput(std::move(output), workflow::Verdict::kDone, std::move(note));
  }

 private:
  Result<workflow::TaskOutput> preview(const Principal& planner, const decisions::ProposalBatch& batch) {
    SINAN_TRY(auto would_be, rooms_->decisions.preview(planner, batch));
    Json shown = Json::array();
    for (const auto& decision : would_be)
      if (shown.size() < kShown) shown.push_back(decisions::to_list_json(decision));
    return workflow::TaskOutput(Json{{"proposals", would_be.size()}, {"dry_run", true}, {"decisions", shown}});
  }

  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> decide_proposals(Rooms* rooms) { return std::make_unique<DecideProposals>(rooms); }

}  // namespace sinan::tasks

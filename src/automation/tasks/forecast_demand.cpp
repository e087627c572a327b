// forecast_demand: forecasts every item at every place into ops.forecasts.
#include "automation/tasks/rooms.hpp"
#include "operations/demand/events/vector_store.hpp"
#include "operations/models/cycle.hpp"

namespace sinan::tasks {
namespace {

class ForecastDemand final : public workflow::Task {
 public:
  explicit ForecastDemand(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info =
        workflow::task_info<workflow::NoOptions>("forecast_demand", "Forecasts the demand of every item at every place");
    return info;
  }

  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    SINAN_CHECK(expect_view(*rooms_, "sales", "demand is forecast from"));
    models::ForecastRequest request;
    request.config = rooms_->forecast;
    request.run_id = context.run_id;
    request.now = rooms_->clock.now();
    request.zone = rooms_->workspace.zone();
    request.threads = rooms_->threads;
    request.cancel = &context.cancel;
    request.progress = context.progress;
    request.embed = demand::embed_of(rooms_->workspace, rooms_->lasting, rooms_->clock.now(), &context.cancel);
    SINAN_TRY(auto report, models::forecast(rooms_->fabric, rooms_->models, request));
    Json output{{"series", report.series},
                {"values", report.values},
                {"bursts", report.bursts},
                {"sums", report.sums},
                {"classes", report.classes},
                {"models", report.models},
                {"model_version", report.champion},
                {"challengers", report.challengers},
                {"registered", report.registered},
                {"warm", Json{{"unchanged", report.counts.unchanged},
                              {"grown", report.counts.grown},
                              {"learnt", report.counts.learnt},
                              {"cold", report.cold}}},
                {"notes", report.notes},
                {"scored", report.scored},
                {"tests", report.tests},
                {"winners", report.winners},
                {"alarms", report.alarms},
                {"read_version", report.read_version},
                {"version", report.version}};
    return workflow::TaskOutput(std::move(output), workflow::Verdict::kDone, fmt::format("{}", fmt::join(report.notes, "; ")));
  }

 private:
  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> forecast_demand(Rooms* rooms) { return std::make_unique<ForecastDemand>(rooms); }

}  // namespace sinan::tasks

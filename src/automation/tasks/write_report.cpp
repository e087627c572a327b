// write_report: the daily report as one HTML page, also after a failure.
#include "automation/tasks/rooms.hpp"
#include "automation/workflow/history.hpp"
#include "operations/reports/collect.hpp"
#include "operations/reports/render.hpp"

namespace sinan::tasks {
namespace {

class WriteReport final : public workflow::Task {
 public:
  explicit WriteReport(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info = workflow::task_info<workflow::NoOptions>("write_report", "Writes the daily report");
    return info;
  }

  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    reports::CollectContext collect;
    collect.workspace = &rooms_->workspace;
    collect.fabric = &rooms_->fabric;
    collect.decisions = &rooms_->decisions;
    collect.models = &rooms_->models;
    collect.contest = rooms_->forecast.contest;
    collect.principal = system_principal("reports");
    collect.version = rooms_->lake.current();
    collect.now = rooms_->clock.now();
    collect.generated_at = SystemClock().now();
    collect.sinan_version = rooms_->sinan_version;
    collect.cancel = &context.cancel;
    SINAN_TRY(auto history, workflow::History::open(rooms_->lasting));
    SINAN_TRY(auto record, history.show(context.run_id));
    collect.run = section_of(record, collect.generated_at);
    for (const workflow::StepRecord& step : record.steps)
      if (auto output = context.outputs.find(step.id); output != context.outputs.end()) collect.outputs[step.task] = output->second;
    SINAN_TRY(auto data, reports::collect(collect));
    const reports::Archive archive(rooms_->reports);
    SINAN_TRY(auto file, archive.save(data.day, reports::render_html(data)));
    return workflow::TaskOutput(Json{{"day", format_date(data.day)}, {"file", file.string()}});
  }

 private:
  static reports::RunSection section_of(const workflow::RunRecord& record, Instant until) {
    auto seconds = [](std::chrono::microseconds duration) { return std::chrono::duration<double>(duration).count(); };
    reports::RunSection out;
    out.id = record.id;
    out.status = workflow::name(record.status);
    out.message = record.message;
    out.started_at = record.started_at;
    out.duration_s = seconds(record.duration(until));
    out.dry_run = record.dry_run;
    for (const workflow::StepRecord& step : record.steps) {
      reports::StepLine line{
          step.id,      step.task,   std::string(workflow::name(step.status)), 0, 0, static_cast<int>(step.attempts.size()),
          step.message, step.waiting};
      if (step.started_at) {
        line.start_s = seconds(*step.started_at - record.started_at);
        line.duration_s = seconds((step.ended_at ? *step.ended_at : until) - *step.started_at);
      }
      out.steps.push_back(std::move(line));
    }
    return out;
  }

  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> write_report(Rooms* rooms) { return std::make_unique<WriteReport>(rooms); }

}  // namespace sinan::tasks

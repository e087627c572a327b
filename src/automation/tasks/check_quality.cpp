// check_quality: judges all tables by their rules; bad rows are held back, and too many of them stop the cycle.
#include "automation/tasks/rooms.hpp"

namespace sinan::tasks {
namespace {

class CheckQuality final : public workflow::Task {
 public:
  explicit CheckQuality(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info = workflow::task_info<workflow::NoOptions>("check_quality", "Judges all tables by their quality rules");
    return info;
  }

  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    quality::CheckOptions options;
    options.principal = system_principal("quality");
    options.run_id = context.run_id;
    options.language = rooms_->workspace.settings().language;
    options.now = rooms_->clock.now();
    options.zone = rooms_->workspace.zone();
    options.cancel = &context.cancel;
    SINAN_TRY(auto report, quality::check(rooms_->quality, rooms_->fabric, options));
    Json output = quality::to_json(report);
    if (report.verdict != quality::Verdict::kStop) return workflow::TaskOutput(std::move(output));
    return workflow::TaskOutput(std::move(output), workflow::Verdict::kStop, stop_message(report));
  }

 private:
  std::string stop_message(const quality::Report& report) const {
    bool chinese = rooms_->workspace.settings().language == "zh";
    std::string message;
    for (const quality::TableResult& table : report.tables) {
      if (table.verdict != quality::Verdict::kStop) continue;
      if (!message.empty()) message += "; ";
      message += chinese ? table.stop.zh : table.stop.en;
    }
    return "quality stopped the cycle: " + message;
  }

  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> check_quality(Rooms* rooms) { return std::make_unique<CheckQuality>(rooms); }

}  // namespace sinan::tasks

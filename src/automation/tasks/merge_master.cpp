// merge_master: joins what several systems say of one thing into golden records.
#include "automation/tasks/rooms.hpp"

namespace sinan::tasks {
namespace {

class MergeMaster final : public workflow::Task {
 public:
  explicit MergeMaster(Rooms* rooms) : rooms_(rooms) {}

  const workflow::TaskInfo& info() const override {
    static const auto info =
        workflow::task_info<workflow::NoOptions>("merge_master", "Joins records of several systems into golden records");
    return info;
  }

  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    Json entities = Json::array();
    for (const master::Entity& entity : rooms_->entities) {
      master::Options options;
      options.principal = system_principal("master");
      options.run_id = context.run_id;
      options.now = rooms_->clock.now();
      options.threads = static_cast<unsigned>(rooms_->threads);
      options.cancel = &context.cancel;
      auto report = master::resolve(entity, rooms_->fabric, options);
      if (!report) return fail(std::move(report.error()).within("golden records cannot be made", entity.place.text()));
      entities.push_back(master::to_json(*report));
    }
    return workflow::TaskOutput(Json{{"entities", entities}});
  }

 private:
  Rooms* rooms_;
};

}  // namespace

std::unique_ptr<workflow::Task> merge_master(Rooms* rooms) { return std::make_unique<MergeMaster>(rooms); }

}  // namespace sinan::tasks

// The tasks, from their manifest.
#include "automation/tasks/rooms.hpp"

namespace sinan::tasks {

#define SINAN_TASK(name) std::unique_ptr<workflow::Task> name(Rooms* rooms);
#include "automation/tasks/tasks.inc"
#undef SINAN_TASK

std::vector<std::unique_ptr<workflow::Task>> make_tasks(Rooms* rooms) {
  std::vector<std::unique_ptr<workflow::Task>> out;
#define SINAN_TASK(name) out.push_back(name(rooms));
#include "automation/tasks/tasks.inc"
#undef SINAN_TASK
  return out;
}

Status expect_view(const Rooms& rooms, std::string_view name, std::string_view what) {
  if (std::ranges::any_of(rooms.workspace.files("model"), [&](const WorkspaceFile* file) { return file->name == name; })) return {};
  return fail(
      ErrorCode::kPrecondition,
      fmt::format("{} ops.{}, and there is no model/{}.sql, which makes that of the lake's tables; docs/canonical-model.md says which "
                  "columns it has",
                  what, name, name));
}

}  // namespace sinan::tasks

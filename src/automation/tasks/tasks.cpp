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

}  // namespace sinan::tasks

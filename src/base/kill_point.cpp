#include "base/kill_point.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "base/result.hpp"

namespace sinan {

const std::vector<std::string_view>& kill_points() {
  static const std::vector<std::string_view> kNames{
      "store.transact.before_commit",
      "store.transact.after_commit",
      "lake.stage.mid_file",
      "lake.commit.files_written",
      "lake.commit.before_store",
      "lake.commit.after_store",
      "sync.table.read",
      "decisions.propose.before_store",
      "decisions.approve.after_store",
      "decisions.execute.intent_recorded",
      "decisions.execute.effect_done",
      "decisions.execute.recorded",
      "workflow.step.started",
      "workflow.step.finished",
  };
  return kNames;
}

namespace {

struct Target {
  std::string name;
  long remaining = 0;
};

Target read_target() {
  const char* text = std::getenv("SINAN_KILL_POINT");
  if (!text) return {};
  Target target{text, 1};
  if (std::size_t colon = target.name.find(':'); colon != std::string::npos) {
    target.remaining = std::strtol(target.name.c_str() + colon + 1, nullptr, 10);
    target.name.resize(colon);
  }
  return target;
}

}  // namespace

void kill_point(std::string_view name) {
  static const Target kTarget = read_target();
  if (kTarget.name.empty()) return;
  const auto& names = kill_points();
  if (std::find(names.begin(), names.end(), name) == names.end()) broken("kill points are listed in base/kill_point.cpp");
  static std::atomic<long> left{kTarget.remaining};
  if (name == kTarget.name && left.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

}  // namespace sinan

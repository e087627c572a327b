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
      "state.restore.before_swap",
      "state.restore.swapped",
      "audit.transact.head_announced",
      "audit.transact.committed",
      "lake.stage.mid_file",
      "lake.commit.files_written",
      "lake.commit.before_store",
      "lake.commit.after_store",
      "sync.table.read",
      "sync.commit.positions_written",
      "decisions.propose.before_store",
      "decisions.approve.after_store",
      "decisions.execute.intent_recorded",
      "decisions.execute.effect_done",
      "decisions.execute.recorded",
      "workflow.step.started",
      "workflow.step.finished",
      "example.advance.begun",
      "example.advance.announced",
      "example.advance.committed",
  };
  return kNames;
}

namespace {

struct Target {
  std::string name;
  std::atomic<long> passes = 0;
};

void set(Target& target, std::string_view text) {
  target.name = text;
  target.passes = 1;
  if (std::size_t colon = target.name.find(':'); colon != std::string::npos) {
    target.passes = std::strtol(target.name.c_str() + colon + 1, nullptr, 10);
    target.name.resize(colon);
  }
}

Target& target() {
  static Target instance;
  static const bool kRead = [] {
    if (const char* text = std::getenv("SINAN_KILL_POINT")) set(instance, text);
    return true;
  }();
  (void)kRead;
  return instance;
}

}  // namespace

void arm_kill_point(std::string_view name, long passes) { set(target(), fmt::format("{}:{}", name, passes)); }

void kill_point(std::string_view name) {
  Target& armed = target();
  if (armed.name.empty()) return;
  const auto& names = kill_points();
  if (std::find(names.begin(), names.end(), name) == names.end()) broken("kill points are listed in base/kill_point.cpp");
  if (name == armed.name && armed.passes.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

}  // namespace sinan

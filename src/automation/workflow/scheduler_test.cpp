#include "automation/workflow/scheduler.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace sinan::workflow {
namespace {

class SchedulerTest : public testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::temp_directory_path() / fmt::format("sinan-scheduler-{}.sqlite", ::getpid());
    clean();
    store_ = storage::Store::open(file_).value();
  }
  void TearDown() override {
    store_.reset();
    clean();
  }
  void clean() {
    for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(file_.string() + ending);
  }
  static Workflow scheduled(const std::string& name, const std::string& schedule) {
    Workflow out;
    out.name = name;
    out.timing = Schedule::parse(schedule, Zone()).value();
    return out;
  }
  std::vector<std::string> due(const std::vector<Workflow>& workflows, const std::string& now) {
    History history = History::open(*store_).value();
    std::vector<std::string> out;
    for (const Due& d : take_due(workflows, history, parse_instant(now).value()).value()) {
      out.push_back(d.workflow->name + " " + format_rfc3339(d.at));
    }
    return out;
  }

  std::filesystem::path file_;
  std::unique_ptr<storage::Store> store_;
};

TEST_F(SchedulerTest, EachTimeFiresOnceAndMissedOnesAreMadeUpForOnce) {
  std::vector<Workflow> workflows{scheduled("daily", "0 6 * * *"), scheduled("often", "every 15m"), Workflow{}};
  using Names = std::vector<std::string>;
  EXPECT_EQ(due(workflows, "2026-03-01T05:50:00Z"), Names{}) << "seen for the first time";
  EXPECT_EQ(due(workflows, "2026-03-01T05:59:59Z"), Names{});
  EXPECT_EQ(due(workflows, "2026-03-01T06:00:00Z"), (Names{"daily 2026-03-01T06:00:00Z", "often 2026-03-01T06:00:00Z"}));
  EXPECT_EQ(due(workflows, "2026-03-01T06:00:30Z"), Names{});
  EXPECT_EQ(due(workflows, "2026-03-11T07:20:00Z"), (Names{"daily 2026-03-11T06:00:00Z", "often 2026-03-11T07:15:00Z"})) << "ten days off";
  EXPECT_EQ(due(workflows, "2026-03-11T07:20:00Z"), Names{});
  History history = History::open(*store_).value();
  Instant now = parse_instant("2026-03-11T07:20:00Z").value();
  EXPECT_EQ(format_rfc3339(*next_due(workflows[0], history, now).value()), "2026-03-12T06:00:00Z");
  EXPECT_FALSE(next_due(workflows[2], history, now).value().has_value());
}

}  // namespace
}  // namespace sinan::workflow

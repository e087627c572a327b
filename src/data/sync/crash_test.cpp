// A read that is killed, at every kill point and at random moments, and then done again: no row is lost, none is there twice.
#include <sys/wait.h>
#include <time.h>

#include "base/kill_point.hpp"
#include "data/sync/changing_company.hpp"

namespace sinan::sync {
namespace {

// SIGKILL for this process after `delay`.
void die_after(std::chrono::microseconds delay) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  itimerspec when{};
  when.it_value.tv_sec = delay.count() / 1'000'000;
  when.it_value.tv_nsec = std::max<long>(1, delay.count() % 1'000'000 * 1000);
  if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || ::timer_settime(timer, 0, &when, nullptr) != 0) ::_exit(99);
}

int random_rounds() {
  const char* text = std::getenv("SINAN_CRASH_ROUNDS");
  return text ? std::atoi(text) : 5;
}

class CrashTest : public testing_company::Company {
 protected:
  // Reads in a process of its own, armed by `arm`; true if that was killed.
  bool killed(const std::function<void()>& arm) {
    pid_t child = ::fork();
    if (child == 0) {
      arm();
      ::_exit(read() ? 0 : 98);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL;
    EXPECT_EQ(WEXITSTATUS(status), 0) << "the read itself failed";
    return false;
  }

  // One killed read after a change, and one that is left alone.
  bool round(std::mt19937& random, const std::function<void()>& arm) {
    auto before = in_lake();
    change(random);
    auto now = in_source();
    bool was_killed = killed(arm);
    auto left = in_lake();
    EXPECT_TRUE(left == before || left == now) << "a part of a read became visible";
    auto report = read();
    EXPECT_TRUE(report) << report.error().text();
    EXPECT_EQ(in_lake(), now);
    return was_killed;
  }

  // The first pass of each point, and the later ones of the points that a read passes more than once.
  void at_every_kill_point() {
    std::mt19937 random(11);
    round(random, [] {});
    // A new process reserves row numbers for three tables, each in a transaction, before the one that commits the rows.
    constexpr long kTransactions = 4;
    for (std::string_view point : kill_points()) {
      if (!point.starts_with("sync.") && !point.starts_with("lake.") && !point.starts_with("store.")) continue;
      for (long pass : point.starts_with("store.") ? std::vector<long>{1, kTransactions} : std::vector<long>{1}) {
        SCOPED_TRACE(fmt::format("{}:{}", point, pass));
        EXPECT_TRUE(round(random, [&] { arm_kill_point(point, pass); })) << "the read does not pass this point";
      }
    }
  }

  void at_random_moments() {
    std::mt19937 random(12);
    round(random, [] {});
    auto start = clock_.elapsed();
    round(random, [] {});
    auto whole = std::chrono::duration_cast<std::chrono::microseconds>(clock_.elapsed() - start);
    int kills = 0;
    for (int i = 0; i < random_rounds(); ++i) {
      std::chrono::microseconds delay(random() % std::max<std::uint64_t>(1, static_cast<std::uint64_t>(whole.count())));
      SCOPED_TRACE(fmt::format("round {}, killed after {} µs", i, delay.count()));
      kills += round(random, [&] { die_after(delay / 2); }) ? 1 : 0;
    }
    RecordProperty("kills", kills);
    EXPECT_GT(kills, 0);
  }
};

TEST_F(CrashTest, AReadOfSqliteKilledAtAnyKillPointLosesAndRepeatsNothing) {
  start_sqlite();
  at_every_kill_point();
}

TEST_F(CrashTest, AReadOfSqliteKilledAtRandomMomentsLosesAndRepeatsNothing) {
  start_sqlite();
  at_random_moments();
}

TEST_F(CrashTest, AReadOfPostgresKilledAtAnyKillPointLosesAndRepeatsNothing) {
  start_postgres();
  at_every_kill_point();
}

TEST_F(CrashTest, AReadOfPostgresKilledAtRandomMomentsLosesAndRepeatsNothing) {
  start_postgres();
  at_random_moments();
}

}  // namespace
}  // namespace sinan::sync

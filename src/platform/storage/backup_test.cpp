// A backup restores to the same bytes, tells when it was damaged, and a crash while restoring leaves one whole state.
#include "platform/storage/backup.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/kill_point.hpp"
#include "platform/storage/state_folder.hpp"

namespace sinan::storage {
namespace {

namespace fs = std::filesystem;

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("sinan-backup-" + std::to_string(::getpid()));
    fs::remove_all(root_);
    ASSERT_TRUE(prepare_state_folder(state_));
    write("lake/lake.t/data-1.parquet", std::string(100'000, 'p'));
    write("lake/tmp/spill", "not state");
    write("keys/audit", "secret");
    fs::permissions(state_ / "keys/audit", fs::perms::owner_read | fs::perms::owner_write);
    open();
    ASSERT_TRUE(store_->migrate({"test", {"CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT"}}));
    put(1);
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(root_);
  }
  void open() { store_ = std::move(*Store::open(state_ / "state.db")); }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories((state_ / name).parent_path());
    std::ofstream(state_ / name) << text;
  }
  void put(std::int64_t id) {
    ASSERT_TRUE(store_->transact([&](Session& session) -> Status {
      SINAN_CHECK(session.execute("INSERT INTO t VALUES (?)", {id}));
      return {};
    }));
  }
  std::int64_t count() {
    std::int64_t out = -1;
    EXPECT_TRUE(store_->read([&](Session& session) {
      return session.query("SELECT COUNT(*) FROM t", {}, [&](const Row& row) -> Status {
        out = row.integer(0);
        return {};
      });
    }));
    return out;
  }

  fs::path root_ = fs::temp_directory_path() / ("sinan-backup-" + std::to_string(::getpid()));
  fs::path state_ = root_ / ".sinan";
  fs::path backup_ = root_ / "backup";
  FixedClock clock_{*parse_instant("2026-03-01T08:00:00Z")};
  std::unique_ptr<Store> store_;
};

TEST_F(BackupTest, ATrialWorksOnACopyThatIsGoneAfterwards) {
  write("lake/lake.t/data-1.parquet", "rows");
  fs::create_directories(state_ / "trial" / "left");  // by a crash
  fs::path place;
  {
    auto trial = TrialState::make(state_, *store_);
    ASSERT_TRUE(trial) << trial.error().text();
    place = trial->path();
    EXPECT_EQ(place.parent_path(), state_ / "trial");
    EXPECT_FALSE(fs::exists(state_ / "trial" / "left"));
    EXPECT_FALSE(fs::exists(place / "trial"));
    EXPECT_TRUE(fs::exists(place / "lake/lake.t/data-1.parquet"));
    auto copy = Store::open(place / "state.db");
    ASSERT_TRUE(copy) << copy.error().text();
    ASSERT_TRUE((*copy)->transact([](Session& session) -> Status {
      SINAN_CHECK(session.execute("DELETE FROM t"));
      return {};
    }));
    fs::remove(place / "lake/lake.t/data-1.parquet");
  }
  EXPECT_FALSE(fs::exists(place));
  EXPECT_FALSE(fs::exists(state_ / "trial"));
  EXPECT_TRUE(fs::exists(state_ / "lake/lake.t/data-1.parquet"));
  EXPECT_EQ(count(), 1);
}

// Without its store the state would begin anew, and buy again.
TEST_F(BackupTest, AStoreThatIsGoneOrEmptyIsNotBegunAnewWhereRecordsWereSealed) {
  EXPECT_TRUE(expect_store(state_));
  write("heads/decisions.json", "{}");
  EXPECT_TRUE(expect_store(state_));
  store_.reset();
  fs::resize_file(state_ / "state.db", 0);
  EXPECT_EQ(expect_store(state_).error().code, ErrorCode::kCorrupt);
  fs::remove(state_ / "state.db");
  EXPECT_EQ(expect_store(state_).error().code, ErrorCode::kCorrupt);
  fs::remove(state_ / "heads" / "decisions.json");
  EXPECT_TRUE(expect_store(state_)) << "nothing was ever decided";
  write("version", "junk");
  EXPECT_EQ(prepare_state_folder(state_).error().code, ErrorCode::kCorrupt);
  write("version", "");
  EXPECT_TRUE(prepare_state_folder(state_)) << "cut off as it was made";
}

TEST_F(BackupTest, ARestoredStateIsTheOneThatWasBackedUpAndTheOldOneIsKept) {
  auto info = backup_state(state_, *store_, backup_, clock_);
  ASSERT_TRUE(info) << info.error().text();
  EXPECT_EQ(info->files, 4);
  put(2);
  write("lake/lake.t/data-2.parquet", "later");
  store_.reset();
  auto restored = restore_state(backup_, state_, clock_);
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_EQ(restored->previous.filename(), ".sinan.before-restore-20260301T080000");
  EXPECT_TRUE(fs::exists(restored->previous / "lake/lake.t/data-2.parquet"));
  EXPECT_FALSE(fs::exists(state_ / "lake/lake.t/data-2.parquet"));
  EXPECT_FALSE(fs::exists(state_ / "lake/tmp/spill"));
  EXPECT_EQ(fs::file_size(state_ / "lake/lake.t/data-1.parquet"), 100'000U);
  EXPECT_EQ(fs::status(state_ / "keys/audit").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  open();
  EXPECT_EQ(count(), 1);
  EXPECT_TRUE(StateLock::acquire(state_, "run cycle", clock_));
}

TEST_F(BackupTest, ABackupIsRestoredWhereNothingWas) {
  ASSERT_TRUE(backup_state(state_, *store_, backup_, clock_));
  store_.reset();
  auto restored = restore_state(backup_, root_ / "other" / ".sinan", clock_);
  ASSERT_TRUE(restored) << restored.error().text();
  EXPECT_TRUE(restored->previous.empty());
  state_ = root_ / "other" / ".sinan";
  open();
  EXPECT_EQ(count(), 1);
}

TEST_F(BackupTest, ABackupThatWasDamagedIsNamedAndNothingIsRestored) {
  ASSERT_TRUE(backup_state(state_, *store_, backup_, clock_));
  put(2);
  store_.reset();
  {
    std::fstream file(backup_ / "lake/lake.t/data-1.parquet", std::ios::in | std::ios::out);
    file.seekp(500);
    file.put('q');
  }
  auto restored = restore_state(backup_, state_, clock_);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(restored.error().place.find("data-1.parquet"), std::string::npos);
  fs::remove(backup_ / "lake/lake.t/data-1.parquet");
  EXPECT_EQ(restore_state(backup_, state_, clock_).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(restore_state(root_ / "nowhere", state_, clock_).error().code, ErrorCode::kNotFound);
  std::ofstream(backup_ / "backup.json") << R"({"state_version":1,"created_at":"2026-03-01","files":[{"path":"../x","sha256":""}]})";
  EXPECT_EQ(restore_state(backup_, state_, clock_).error().code, ErrorCode::kCorrupt);
  open();
  EXPECT_EQ(count(), 2);
}

TEST_F(BackupTest, ARunAtWorkAndAnOpenStoreAreRespected) {
  {
    auto lock = StateLock::acquire(state_, "run cycle", clock_);
    EXPECT_EQ(backup_state(state_, *store_, backup_, clock_).error().code, ErrorCode::kUnavailable);
    EXPECT_FALSE(fs::exists(backup_));
  }
  ASSERT_TRUE(backup_state(state_, *store_, backup_, clock_));
  EXPECT_EQ(backup_state(state_, *store_, backup_, clock_).error().code, ErrorCode::kConflict);
  auto restored = restore_state(backup_, state_, clock_);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kUnavailable);
}

TEST_F(BackupTest, AKillWhileRestoringLeavesOneWholeState) {
  ASSERT_TRUE(backup_state(state_, *store_, backup_, clock_));
  put(2);
  for (auto [point, rows] : {std::pair{"state.restore.before_swap", 2}, std::pair{"state.restore.swapped", 1}}) {
    store_.reset();
    pid_t child = ::fork();
    if (child == 0) {
      arm_kill_point(point);
      (void)restore_state(backup_, state_, clock_);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << point;
    open();
    EXPECT_EQ(count(), rows) << point;
  }
}

TEST_F(BackupTest, ARestorePutsAwayWhatKilledOnesLeft) {
  ASSERT_TRUE(backup_state(state_, *store_, backup_, clock_));
  put(2);
  store_.reset();
  auto beside = [&] {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(root_)) out.push_back(entry.path().filename().string());
    std::ranges::sort(out);
    return out;
  };
  for (std::string point : {"state.restore.before_swap", "state.restore.swapped"}) {
    pid_t child = ::fork();
    if (child == 0) {
      arm_kill_point(point);
      (void)restore_state(backup_, state_, clock_);
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    auto left = beside();
    ASSERT_TRUE(std::ranges::any_of(left, [](const std::string& name) { return name.starts_with(".sinan.partial-"); })) << point;
  }
  auto restored = restore_state(backup_, state_, clock_);
  ASSERT_TRUE(restored) << restored.error().text();
  auto now = beside();
  ASSERT_EQ(now.size(), 4U);  // the state of before the crash, and that of after it
  EXPECT_EQ(now[0], ".sinan");
  EXPECT_EQ(now[1], ".sinan.before-restore-20260301T080000");
  EXPECT_TRUE(now[2].starts_with(".sinan.before-restore-20260301T080000-")) << now[2];
  EXPECT_FALSE(fs::exists(state_ / "backup.json"));
  store_ = std::move(*Store::open(root_ / now[1] / "state.db"));
  EXPECT_EQ(count(), 2) << "what a crash left of the old state is kept";
}

}  // namespace
}  // namespace sinan::storage

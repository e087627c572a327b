// The store and the state folder: transactions, migrations, what a crash, a full disk or a damaged file leave behind.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/kill_point.hpp"
#include "platform/storage/state_folder.hpp"
#include "platform/storage/store.hpp"

namespace sinan::storage {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("sinan-store-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    store_ = std::move(*Store::open(folder_ / "state.db"));
    ASSERT_TRUE(store_->migrate({"test", {"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT"}}));
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static std::int64_t count(Store& store) {
    std::int64_t out = -1;
    EXPECT_TRUE(store.read([&](Session& session) {
      return session.query("SELECT COUNT(*) FROM t", {}, [&](const Row& row) -> Status {
        out = row.integer(0);
        return {};
      });
    }));
    return out;
  }
  static Status insert(Session& session, std::int64_t id, const std::string& name) {
    SINAN_CHECK(session.execute("INSERT INTO t VALUES (?, ?)", {id, name}));
    return {};
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, ATransactionIsAllOrNothing) {
  auto failed = store_->transact([](Session& session) -> Status {
    SINAN_CHECK(insert(session, 1, "a"));
    return insert(session, 1, "b");
  });
  EXPECT_EQ(failed.error().code, ErrorCode::kConflict);
  EXPECT_EQ(count(*store_), 0);
  EXPECT_TRUE(store_->transact([](Session& session) { return insert(session, 1, "a"); }));
  EXPECT_EQ(count(*store_), 1);
}

TEST_F(StoreTest, AnExceptionRollsBack) {
  EXPECT_THROW((void)store_->transact([](Session& session) -> Status {
    SINAN_CHECK(insert(session, 1, "a"));
    broken("on purpose");
  }),
               std::logic_error);
  EXPECT_EQ(count(*store_), 0);
  EXPECT_TRUE(store_->transact([](Session& session) { return insert(session, 2, "b"); }));
}

TEST_F(StoreTest, MigrationsRunOnceAndRefuseAnOlderProgram) {
  Migrations two{
      "test",
      {"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT", "ALTER TABLE t ADD COLUMN more TEXT; CREATE INDEX i ON t (more)"}};
  ASSERT_TRUE(store_->migrate(two));
  ASSERT_TRUE(store_->migrate(two));
  auto older = store_->migrate({"test", {two.statements[0]}});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, ErrorCode::kPrecondition);
}

TEST_F(StoreTest, ValuesComeBackAsTheyWere) {
  std::string nasty("a\0b'\"; DROP TABLE t; 司", 24);
  ASSERT_TRUE(store_->transact([&](Session& session) { return insert(session, INT64_MIN, nasty); }));
  ASSERT_TRUE(store_->read([&](Session& session) {
    return session.query("SELECT id, name, NULL, 0.1 FROM t", {}, [&](const Row& row) -> Status {
      EXPECT_EQ(row.integer(0), INT64_MIN);
      EXPECT_EQ(row.text(1), nasty);
      EXPECT_TRUE(row.is_null(2));
      EXPECT_EQ(row.real(3), 0.1);
      return {};
    });
  }));
}

// Runs `body` in a process of its own; returns its wait status.
int in_child(const std::function<void()>& body) {
  pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST_F(StoreTest, AKillBeforeCommitLosesTheTransactionAndAKillAfterItDoesNot) {
  std::filesystem::path file = folder_ / "state.db";
  for (auto [point, expected] : {std::pair{"store.transact.before_commit", 0}, std::pair{"store.transact.after_commit", 1}}) {
    store_.reset();
    int status = in_child([&] {
      auto store = Store::open(file);
      arm_kill_point(point);
      (void)(*store)->transact([](Session& session) { return insert(session, 7, "x"); });
    });
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << point;
    store_ = std::move(*Store::open(file));
    EXPECT_EQ(count(*store_), expected) << point;
  }
}

TEST_F(StoreTest, AFullDiskIsAClearErrorAndNothingIsLost) {
  ASSERT_TRUE(store_->transact([](Session& session) { return insert(session, 1, "kept"); }));
  std::filesystem::path file = folder_ / "state.db";
  store_.reset();
  int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    auto store = Store::open(file);
    struct rlimit limit{64 * 1024, 64 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto full = (*store)->transact([](Session& session) { return insert(session, 2, std::string(1 << 20, 'x')); });
    ::_exit(!full && full.error().code == ErrorCode::kDiskFull ? 42 : 1);
  });
  EXPECT_EQ(WEXITSTATUS(status), 42);
  store_ = std::move(*Store::open(file));
  EXPECT_EQ(count(*store_), 1);
}

TEST_F(StoreTest, ADamagedFileIsCorrupt) {
  std::ofstream(folder_ / "bad.db") << std::string(8192, 'z');
  auto store = Store::open(folder_ / "bad.db");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kCorrupt);
}

TEST_F(StoreTest, BackupIsAConsistentCopyAndNeverOverwrites) {
  ASSERT_TRUE(store_->transact([](Session& session) { return insert(session, 1, "a"); }));
  ASSERT_TRUE(store_->backup(folder_ / "copy.db"));
  auto copy = Store::open(folder_ / "copy.db");
  EXPECT_EQ(count(**copy), 1);
  EXPECT_EQ(store_->backup(folder_ / "copy.db").error().code, ErrorCode::kConflict);
}

TEST_F(StoreTest, TheLockNamesItsHolderAndIsFreeWhenTheHolderDies) {
  FixedClock clock(*parse_instant("2026-03-01T08:00:00Z"));
  ASSERT_TRUE(prepare_state_folder(folder_));
  {
    auto lock = StateLock::acquire(folder_, "run cycle", clock);
    ASSERT_TRUE(lock);
    auto second = StateLock::acquire(folder_, "serve", clock);
    ASSERT_FALSE(second);
    const std::string& said = second.error().message;
    EXPECT_NE(said.find("'run cycle' (process " + std::to_string(::getpid()) + ") since 20"), std::string::npos) << said;
    EXPECT_EQ(said.find("2026-03-01T08"), std::string::npos) << "the real time, whatever the present of the workspace: " << said;
  }
  int status = in_child([&] {
    auto lock = StateLock::acquire(folder_, "run cycle", clock);
    ::kill(::getpid(), SIGKILL);
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(StateLock::acquire(folder_, "run cycle", clock));
}

TEST_F(StoreTest, AStateFolderOfANewerProgramIsRefused) {
  ASSERT_TRUE(prepare_state_folder(folder_));
  std::ofstream(folder_ / "version") << 99;
  EXPECT_EQ(prepare_state_folder(folder_).error().code, ErrorCode::kPrecondition);
}

}  // namespace
}  // namespace sinan::storage

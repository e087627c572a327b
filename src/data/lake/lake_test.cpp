// The lake against a simple model in memory, at every version; and what crashes, schema changes and vacuum do.
#include "data/lake/lake.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <set>

#include "base/kill_point.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::lake {
namespace {

const Schema kSchema{{{"id", Type{TypeId::kText}, false}, {"amount", Type{TypeId::kInt}, true}}};
using Rows = std::map<std::string, std::optional<std::int64_t>>;

class LakeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("sinan-lake-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    open();
  }
  void TearDown() override {
    lake_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    lake_.reset();
    store_ = std::move(*storage::Store::open(folder_ / "state.db"));
    auto lake = Lake::open(folder_ / "lake", *store_, clock_, {.memory_mb = 256, .threads = 1});
    ASSERT_TRUE(lake) << lake.error().text();
    lake_ = std::move(*lake);
  }

  std::unique_ptr<Staged> staged(const std::vector<std::pair<std::string, std::optional<std::int64_t>>>& rows,
                                 const Schema& schema = kSchema) {
    auto out = lake_->stage("lake.t", schema, {"id"});
    EXPECT_TRUE(out) << out.error().text();
    Batch batch;
    for (const Field& field : schema.fields) batch.columns.emplace_back(field.type);
    for (const auto& [id, amount] : rows) {
      batch.columns[0].append_text(id);
      if (schema.fields.size() > 2) batch.columns[2].append_text("new");
      if (schema.fields.size() < 2) continue;
      if (!amount)
        batch.columns[1].append_null();
      else if (schema.fields[1].type.id == TypeId::kDouble)
        batch.columns[1].append_double(static_cast<double>(*amount));
      else
        batch.columns[1].append_int(*amount);
    }
    EXPECT_TRUE((*out)->append(batch));
    return std::move(*out);
  }
  Result<Version> commit(std::unique_ptr<Staged> rows, Mode mode, std::unique_ptr<Staged> deleted = nullptr, LoadCounts* counts = nullptr) {
    std::vector<Lake::Load> loads;
    Lake::Load& load = loads.emplace_back();
    load.staged = std::move(rows);
    load.mode = mode;
    load.table = "lake.t";
    load.counts = counts;
    if (deleted) load.deleted_keys.push_back(std::move(deleted));
    return lake_->commit(std::move(loads));
  }
  Table read(Version at, bool with_rejected = false) {
    auto database = duck::Database::open({.memory_mb = 256, .threads = 1});
    auto connection = database->connect();
    auto table = connection->table("SELECT * FROM " + *lake_->scan_sql("lake.t", at, with_rejected) + " ORDER BY 1, 2");
    EXPECT_TRUE(table) << table.error().text();
    return std::move(*table);
  }
  Rows visible(Version at) {
    Rows out;
    Table table = read(at);
    for (const Batch& batch : table.batches)
      for (std::size_t i = 0; i < batch.rows(); ++i) {
        std::string id(batch.columns[0].text(i));
        EXPECT_FALSE(out.contains(id)) << "the key " << id << " is there twice";
        out[id] = batch.columns[1].is_null(i) ? std::nullopt : std::optional(batch.columns[1].ints[i]);
      }
    EXPECT_EQ(lake_->table("lake.t", at)->rows, static_cast<std::int64_t>(out.size()));
    return out;
  }

  std::filesystem::path folder_;
  FixedClock clock_{*parse_instant("2026-03-01T00:00:00Z")};
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Lake> lake_;
};

TEST_F(LakeTest, RandomLoadsLeaveTheRowsThatAModelHasAtEveryVersion) {
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    TearDown();
    SetUp();
    std::mt19937 random(seed);
    Rows model;
    std::map<Version, Rows> history;
    for (int step = 0; step < 25; ++step) {
      std::vector<std::pair<std::string, std::optional<std::int64_t>>> rows;
      for (std::uint32_t i = random() % 12; i > 0; --i)
        rows.emplace_back("k" + std::to_string(random() % 20),
                          random() % 6 == 0 ? std::nullopt : std::optional<std::int64_t>(random() % 3));
      Mode mode = std::array{Mode::kUpsert, Mode::kMerge, Mode::kUpsert, Mode::kReplace}[random() % 4];
      if (mode == Mode::kReplace) {  // equal keys are the caller's in a replacement
        std::map<std::string, std::optional<std::int64_t>> unique(rows.begin(), rows.end());
        rows.assign(unique.begin(), unique.end());
      }
      Rows before = model;
      std::unique_ptr<Staged> deleted;
      if (mode == Mode::kUpsert && random() % 2 == 0) {
        std::string key = "k" + std::to_string(random() % 20);
        deleted = staged({{key, std::nullopt}}, Schema{{kSchema.fields[0]}});
        model.erase(key);
      }
      if (mode != Mode::kUpsert) model.clear();
      for (const auto& [id, amount] : rows) model[id] = amount;
      auto version = commit(staged(rows), mode, std::move(deleted));
      ASSERT_TRUE(version) << version.error().text();
      history[*version] = model;
      if (random() % 8 == 0) ASSERT_TRUE(lake_->vacuum(std::chrono::hours{1}));
    }
    for (const auto& [version, rows] : history) EXPECT_EQ(visible(version), rows) << "version " << version;
    EXPECT_EQ(visible(lake_->current()), model);
    clock_.set(clock_.now() + std::chrono::hours{2});
    ASSERT_TRUE(lake_->vacuum(std::chrono::hours{1}));
    EXPECT_EQ(visible(lake_->current()), model);
  }
}

TEST_F(LakeTest, CountsTellNewChangedAndGoneRowsAndUnchangedOnesKeepTheirNumber) {
  ASSERT_TRUE(commit(staged({{"a", 1}, {"b", 2}, {"c", 3}}), Mode::kMerge));
  Table before = read(1);
  LoadCounts counts;
  ASSERT_TRUE(commit(staged({{"a", 1}, {"b", 20}, {"d", 4}}), Mode::kMerge, nullptr, &counts));
  EXPECT_EQ(counts.read, 3);
  EXPECT_EQ(counts.inserted, 1);
  EXPECT_EQ(counts.changed, 1);
  EXPECT_EQ(counts.deleted, 1);
  Table after = read(2);
  EXPECT_EQ(after.batches[0].columns[2].ints[0], before.batches[0].columns[2].ints[0]);
  EXPECT_NE(after.batches[0].columns[2].ints[1], before.batches[0].columns[2].ints[1]);
}

TEST_F(LakeTest, RejectedRowsAreHeldBackUntilTheListChanges) {
  ASSERT_TRUE(commit(staged({{"a", 1}, {"b", 2}}), Mode::kUpsert));
  std::int64_t row_b = read(1).batches[0].columns[2].ints[1];
  ASSERT_TRUE(lake_->reject("lake.t", {row_b}));
  EXPECT_EQ(visible(lake_->current()), (Rows{{"a", 1}}));
  EXPECT_EQ(lake_->table("lake.t", lake_->current())->rejected, 1);
  EXPECT_EQ(read(lake_->current(), true).rows(), 2U);
  // The row is mended at the source: a new row, not on the list.
  ASSERT_TRUE(commit(staged({{"b", 3}}), Mode::kUpsert));
  EXPECT_EQ(visible(lake_->current()), (Rows{{"a", 1}, {"b", 3}}));
  ASSERT_TRUE(lake_->reject("lake.t", {}));
  EXPECT_EQ(lake_->table("lake.t", lake_->current())->rejected, 0);
}

TEST_F(LakeTest, ASchemaThatGrowsIsFollowedAndOneThatCannotBeIsNamed) {
  ASSERT_TRUE(commit(staged({{"a", 1}}), Mode::kUpsert));
  Schema wide{{{"id", Type{TypeId::kText}, false}, {"amount", Type{TypeId::kDouble}, true}}};
  ASSERT_TRUE(commit(staged({{"b", 2}}, wide), Mode::kUpsert));
  EXPECT_EQ(lake_->table("lake.t", lake_->current())->schema.fields[1].type.id, TypeId::kDouble);
  EXPECT_EQ(read(lake_->current()).rows(), 2U);
  Schema more = wide;
  more.fields.push_back({"note", Type{TypeId::kText}, true});
  ASSERT_TRUE(commit(staged({{"c", 3}}, more), Mode::kUpsert));
  ASSERT_TRUE(commit(staged({}, more), Mode::kUpsert));
  Table grown = read(lake_->current());
  EXPECT_EQ(grown.rows(), 3U);
  EXPECT_TRUE(grown.batches[0].columns[2].is_null(0));
  EXPECT_EQ(grown.batches[0].columns[2].to_text(2), "new");
  auto removed = commit(staged({{"d", 0}}, Schema{{kSchema.fields[0]}}), Mode::kUpsert);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::kConflict);
  EXPECT_NE(removed.error().message.find("'amount'"), std::string::npos);
  EXPECT_EQ(read(lake_->current()).rows(), 3U);
}

TEST_F(LakeTest, AKillAtAnyPointLeavesAllOfACommitOrNothingAndVacuumClearsUp) {
  ASSERT_TRUE(commit(staged({{"a", 1}}), Mode::kUpsert));
  for (std::string point : {"lake.commit.files_written", "lake.commit.before_store", "store.transact.before_commit",
                            "store.transact.after_commit", "lake.commit.after_store"}) {
    Version before = lake_->current();
    lake_.reset();
    store_.reset();
    pid_t child = ::fork();
    if (child == 0) {
      open();
      auto rows = staged({{point, 7}});
      arm_kill_point(point);
      (void)commit(std::move(rows), Mode::kUpsert);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << point;
    open();
    bool committed = point.ends_with("after_commit") || point.ends_with("after_store");
    EXPECT_EQ(lake_->current(), before + (committed ? 1 : 0)) << point;
    EXPECT_EQ(visible(lake_->current()).contains(point), committed) << point;
    ASSERT_TRUE(commit(staged({{point, 8}}), Mode::kUpsert));
    EXPECT_EQ(visible(lake_->current())[point], 8);
  }
  Rows rows = visible(lake_->current());
  clock_.set(clock_.now() + std::chrono::hours{2});
  ASSERT_TRUE(lake_->vacuum(std::chrono::seconds{0}));
  EXPECT_EQ(visible(lake_->current()), rows);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "lake")) files += entry.path().extension() == ".parquet";
  EXPECT_LE(files, 20U);
}

TEST_F(LakeTest, AFullDiskIsAClearErrorNothingIsLostAndTheNextLoadGoesOn) {
  ASSERT_TRUE(commit(staged({{"a", 1}}), Mode::kUpsert));
  lake_.reset();
  store_.reset();
  pid_t child = ::fork();
  if (child == 0) {
    open();
    ::signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit{200'000, 200'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto rows = lake_->stage("lake.t", kSchema, {"id"});
    std::mt19937_64 random(1);
    Status status;
    for (int i = 0; i < 200 && status; ++i) {
      Batch batch;
      for (const Field& field : kSchema.fields) batch.columns.emplace_back(field.type);
      for (int row = 0; row < 2000; ++row) {
        batch.columns[0].append_text(std::to_string(random()));
        batch.columns[1].append_int(row);
      }
      status = (*rows)->append(batch);
    }
    if (status) status = (*rows)->finish();
    if (!status) fmt::print(stderr, "{}\n", status.error().text());
    ::_exit(!status && status.error().code == ErrorCode::kDiskFull ? 42 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 42);
  open();
  EXPECT_EQ(visible(lake_->current()), (Rows{{"a", 1}}));
  ASSERT_TRUE(commit(staged({{"b", 2}}), Mode::kUpsert));
  EXPECT_EQ(visible(lake_->current()), (Rows{{"a", 1}, {"b", 2}}));
}

TEST_F(LakeTest, AnAppendOfNothingAndAnUpsertOfTheSameKeepTheVersionOfTheTable) {
  ASSERT_TRUE(commit(staged({{"a", 1}}), Mode::kUpsert));
  Version before = lake_->table("lake.t", lake_->current())->version;
  ASSERT_TRUE(commit(staged({{"a", 1}}), Mode::kUpsert));
  ASSERT_TRUE(commit(staged({}), Mode::kAppend));
  EXPECT_EQ(lake_->table("lake.t", lake_->current())->version, before);
}

TEST_F(LakeTest, ACommitThatMeetsAnotherOnesIsAConflictAndLosesNothing) {
  ASSERT_TRUE(commit(staged({{"a", 1}}), Mode::kUpsert));
  auto other_store = std::move(*storage::Store::open(folder_ / "state.db"));
  auto other = std::move(*Lake::open(folder_ / "lake", *other_store, clock_, {.memory_mb = 256, .threads = 1}));
  std::vector<Lake::Load> loads(1);
  loads[0].staged = staged({{"b", 2}});
  loads[0].mode = Mode::kUpsert;
  // The other process commits while this one's transaction is about to begin.
  auto theirs = std::move(*other->stage("lake.t", kSchema, {"id"}));
  Batch batch;
  for (const Field& field : kSchema.fields) batch.columns.emplace_back(field.type);
  batch.columns[0].append_text("c");
  batch.columns[1].append_int(3);
  ASSERT_TRUE(theirs->append(batch));
  std::vector<Lake::Load> their_loads(1);
  their_loads[0].staged = std::move(theirs);
  their_loads[0].mode = Mode::kUpsert;
  ASSERT_TRUE(other->commit(std::move(their_loads)));
  auto second = lake_->commit(std::move(loads));
  if (!second) {
    EXPECT_EQ(second.error().code, ErrorCode::kConflict);
    ASSERT_TRUE(commit(staged({{"b", 2}}), Mode::kUpsert));
  }
  EXPECT_EQ(visible(lake_->current()), (Rows{{"a", 1}, {"b", 2}, {"c", 3}}));
  std::set<std::int64_t> numbers;
  for (const Batch& rows : read(lake_->current()).batches)
    for (std::int64_t number : rows.columns[2].ints)
      EXPECT_TRUE(numbers.insert(number).second) << "the row number " << number << " is there twice";
}

TEST_F(LakeTest, ACommitAndWhatGoesWithItAreOne) {
  ASSERT_TRUE(commit(staged({{"a", 1}}), Mode::kUpsert));
  std::vector<Lake::Load> loads;
  loads.emplace_back().staged = staged({{"b", 2}});
  auto failed = lake_->commit(std::move(loads), [](storage::Session&, Version) -> Status { return fail(ErrorCode::kPrecondition, "no"); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(visible(lake_->current()), (Rows{{"a", 1}}));
}

}  // namespace
}  // namespace sinan::lake

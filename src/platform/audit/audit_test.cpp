// The chain names every change of what it holds.
#include <gtest/gtest.h>

#include <fstream>

#include "base/kill_point.hpp"
#include "platform/audit/ledger.hpp"
#include "platform/audit/lock.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::audit {
namespace {

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() / fmt::format("sinan-audit-{}", secrets::random_token(8));
    std::filesystem::create_directories(dir_);
    reopen();
  }
  void TearDown() override {
    ledger_.reset();
    store_.reset();
    std::filesystem::remove_all(dir_);
  }

  void reopen() {
    ledger_.reset();
    store_.reset();
    store_ = *storage::Store::open(dir_ / "store.db");
    ledger_ = *Ledger::open(*store_, dir_, clock_);
  }

  void append(std::string subject, std::string amount) {
    auto status = ledger_->append("decisions", {"anna", subject, "proposed", Json{{"amount", amount}, {"item", "A-1"}}});
    ASSERT_TRUE(status) << status.error().text();
  }

  void tamper(const std::string& sql) {
    auto status = store_->transact([&](storage::Session& session) -> Status {
      SINAN_CHECK(session.execute(sql));
      return {};
    });
    ASSERT_TRUE(status) << status.error().text();
  }

  Verification verify() { return *ledger_->verify("decisions"); }

  std::filesystem::path dir_;
  FixedClock clock_{*parse_instant("2026-03-01T08:00:00Z")};
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(LedgerTest, AChainThatNobodyTouchedVerifiesAndStaysSoAcrossOpenings) {
  EXPECT_TRUE(verify().ok());
  for (int i = 0; i < 5; ++i) append(fmt::format("d{}", i), "10.00");
  reopen();
  append("d5", "11.00");
  Verification seen = verify();
  EXPECT_TRUE(seen.ok());
  EXPECT_EQ(seen.records, 6);
  EXPECT_EQ(seen.end.seq, 6);
}

// A new key would make forgeries of all that was sealed with the old one.
TEST_F(LedgerTest, AKeyThatIsGoneIsToldAndNotReplaced) {
  append("d1", "10.00");
  ledger_.reset();
  std::filesystem::rename(dir_ / "keys" / "chain", dir_ / "away");
  auto opened = Ledger::open(*store_, dir_, clock_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(opened.error().message.contains("put it back"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "keys" / "chain"));
  std::filesystem::rename(dir_ / "away", dir_ / "keys" / "chain");
  reopen();
  EXPECT_TRUE(verify().ok());
}

TEST_F(LedgerTest, AStoreThatGoesOnFromACopyGivesIdentifiersAnotherNameAndStillKnowsItsOwn) {
  std::string first = ledger_->instance();
  ASSERT_TRUE(ledger_->begin_anew("owner", Json{{"backup_of", "2026-02-28T08:00:00Z"}}));
  std::string second = ledger_->instance();
  reopen();
  EXPECT_EQ(ledger_->instance(), second);
  EXPECT_NE(first, second);
  for (const std::string& known : {first + "-7", second + "-8"}) EXPECT_TRUE(ledger_->issued(known)) << known;
  for (const std::string& strange : {std::string("aaaaaaaa-7"), first, first + "x-7"}) EXPECT_FALSE(ledger_->issued(strange)) << strange;
  Json body;
  ASSERT_TRUE(store_->read([&](storage::Session& session) {
    return ledger_->read(session, "audit", "state", [&](const Record& record) -> Status {
      SINAN_TRY(body, parse_json(record.body));
      return {};
    });
  }));
  EXPECT_EQ(body, (Json{{"backup_of", "2026-02-28T08:00:00Z"}, {"instance", second}}));
}

// Hash and seal of the first record, computed here from the description in chain.hpp.
TEST_F(LedgerTest, TheHashIsSha256OverTheCanonicalRecordAndItsPredecessor) {
  append("d0", "10.00");
  Record seen;
  ASSERT_TRUE(store_->read([&](storage::Session& session) {
    return ledger_->read(session, "decisions", "d0", [&](const Record& record) -> Status {
      seen = record;
      return {};
    });
  }));
  EXPECT_EQ(seen.body, R"({"amount":"10.00","item":"A-1"})");
  EXPECT_EQ(seen.prev, secrets::sha256("the beginning of chain decisions"));
  Json whole = Json::array({"decisions", 1, "2026-03-01T08:00:00Z", "anna", "d0", "proposed", seen.body, seen.digests, seen.prev});
  EXPECT_EQ(seen.hash, secrets::sha256(canonical(whole)));
}

struct Attack {
  std::string what;
  std::string sql;
  Finding::Class finding;
  std::int64_t seq;
  std::string field;
};

TEST_F(LedgerTest, EveryChangedFieldRemovalInsertionMoveAndCutIsNamed) {
  using enum Finding::Class;
  std::vector<Attack> attacks{
      {"a value of the body", R"(UPDATE audit_records SET body = replace(body, '10.00', '99.00') WHERE seq = 3)", kChanged, 3,
       "body.amount"},
      {"a key added to the body", R"(UPDATE audit_records SET body = replace(body, '{', '{"a":1,') WHERE seq = 3)", kChanged, 3, "body.a"},
      {"a body that is no JSON", "UPDATE audit_records SET body = 'x' WHERE seq = 3", kChanged, 3, "body"},
      {"the time", "UPDATE audit_records SET at = '2026-03-02T08:00:00Z' WHERE seq = 4", kChanged, 4, "at"},
      {"the actor", "UPDATE audit_records SET actor = 'ben' WHERE seq = 1", kChanged, 1, "actor"},
      {"the subject", "UPDATE audit_records SET subject = 'd9' WHERE seq = 2", kChanged, 2, "subject"},
      {"the kind", "UPDATE audit_records SET kind = 'approved' WHERE seq = 6", kChanged, 6, "kind"},
      {"the link", "UPDATE audit_records SET prev = hash WHERE seq = 5", kChanged, 5, "prev"},
      {"the hash", "UPDATE audit_records SET hash = prev WHERE seq = 5", kChanged, 5, "hash"},
      {"the digests", "UPDATE audit_records SET digests = '{}' WHERE seq = 5", kChanged, 5, "digests"},
      {"the seal", "UPDATE audit_records SET seal = hash WHERE seq = 5", kInserted, 5, "seal"},
      {"the chain's name", "UPDATE audit_records SET chain = 'audit' WHERE seq = 4", kMissing, 4, ""},
      {"one removed", "DELETE FROM audit_records WHERE seq = 2", kMissing, 2, ""},
      {"the first removed", "DELETE FROM audit_records WHERE seq = 1", kMissing, 1, ""},
      {"the newest removed", "DELETE FROM audit_records WHERE seq > 4", kCutOff, 5, ""},
      {"all removed", "DELETE FROM audit_records", kCutOff, 1, ""},
      {"a copy added",
       "INSERT INTO audit_records SELECT chain, 7, at, actor, subject, kind, body, digests, prev, hash, seal FROM audit_records WHERE seq "
       "= 6",
       kMoved, 7, "seq"},
      {"two swapped", "UPDATE audit_records SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3); ", kMissing, 2, ""},
  };
  for (int i = 0; i < 6; ++i) append(fmt::format("d{}", i), "10.00");
  for (const Attack& attack : attacks) {
    SCOPED_TRACE(attack.what);
    tamper("CREATE TABLE whole AS SELECT * FROM audit_records");
    tamper(attack.sql);
    Verification seen = verify();
    bool named = std::ranges::any_of(
        seen.findings, [&](const Finding& f) { return f.what == attack.finding && f.seq == attack.seq && f.field == attack.field; });
    EXPECT_TRUE(named) << [&] {
      std::string all;
      for (const Finding& f : seen.findings) all += fmt::format("{} {} {}: {}\n", name(f.what), f.seq, f.field, f.message);
      return all;
    }();
    tamper("DELETE FROM audit_records");
    tamper("INSERT INTO audit_records SELECT * FROM whole");
    tamper("DROP TABLE whole");
    EXPECT_TRUE(verify().ok());
  }
}

TEST_F(LedgerTest, RecordsThatChangePlacesAreNamed) {
  for (int i = 0; i < 6; ++i) append(fmt::format("d{}", i), "10.00");
  tamper("UPDATE audit_records SET seq = 100 WHERE seq = 2");
  tamper("UPDATE audit_records SET seq = 2 WHERE seq = 3");
  tamper("UPDATE audit_records SET seq = 3 WHERE seq = 100");
  Verification seen = verify();
  ASSERT_EQ(seen.findings.size(), 2U);
  EXPECT_EQ(seen.findings[0].what, Finding::Class::kMoved);
  EXPECT_EQ(seen.findings[0].seq, 2);
  EXPECT_EQ(seen.findings[1].seq, 3);
}

TEST_F(LedgerTest, HashesComputedAnewWithoutTheKeyAreSeenAtTheFirstRecordTouched) {
  for (int i = 0; i < 6; ++i) append(fmt::format("d{}", i), "10.00");
  std::vector<Record> records;
  ASSERT_TRUE(store_->read([&](storage::Session& session) {
    return ledger_->read(session, "decisions", "", [&](const Record& record) -> Status {
      records.push_back(record);
      return {};
    });
  }));
  for (std::size_t i = 2; i < records.size(); ++i) {
    Json body = *parse_json(records[i].body);
    if (i == 2) body["amount"] = "99.00";
    records[i].prev = records[i - 1].hash;
    close_record(records[i], body, "a guess");
    const Record& r = records[i];
    tamper(fmt::format("UPDATE audit_records SET body = '{}', prev = '{}', digests = '{}', hash = '{}', seal = '{}' WHERE seq = {}", r.body,
                       r.prev, r.digests, r.hash, r.seal, r.seq));
  }
  Verification seen = verify();
  ASSERT_FALSE(seen.ok());
  EXPECT_EQ(seen.findings[0].seq, 3);
  EXPECT_EQ(seen.findings[0].what, Finding::Class::kInserted);
}

TEST_F(LedgerTest, AHeadThatIsChangedOrGoneIsNamedAndNothingIsWrittenOnTop) {
  for (int i = 0; i < 3; ++i) append(fmt::format("d{}", i), "10.00");
  std::filesystem::path head = dir_ / "heads" / "decisions.json";
  std::filesystem::copy_file(head, dir_ / "kept");

  std::ofstream(head) << R"({"chain":"decisions","last":{"seq":2,"hash":"00"},"mac":"00"})";
  ASSERT_EQ(verify().findings.size(), 1U);
  EXPECT_EQ(verify().findings[0].what, Finding::Class::kHead);
  EXPECT_EQ(ledger_->append("decisions", {"anna", "d9", "proposed", Json::object()}).error().code, ErrorCode::kCorrupt);

  std::filesystem::remove(head);
  EXPECT_EQ(verify().findings.at(0).what, Finding::Class::kHead);
  EXPECT_EQ(ledger_->append("decisions", {"anna", "d9", "proposed", Json::object()}).error().code, ErrorCode::kCorrupt);

  std::filesystem::copy_file(dir_ / "kept", head);
  EXPECT_TRUE(verify().ok());
  tamper("DELETE FROM audit_records WHERE seq = 3");
  EXPECT_EQ(ledger_->append("decisions", {"anna", "d9", "proposed", Json::object()}).error().code, ErrorCode::kCorrupt);
}

TEST_F(LedgerTest, ATransactionThatFailsLeavesNoRecord) {
  append("d0", "10.00");
  auto status = ledger_->transact([&](storage::Session&, Ledger::Writer& writer) -> Status {
    SINAN_CHECK(writer.append("decisions", {"anna", "d1", "proposed", Json::object()}));
    return fail(ErrorCode::kConflict, "changed meanwhile");
  });
  EXPECT_EQ(status.error().code, ErrorCode::kConflict);
  EXPECT_EQ(verify().records, 1);
  append("d1", "10.00");
  EXPECT_TRUE(verify().ok());
}

// A process that dies between announcing the end and committing it leaves either end; both are settled by the next opening.
TEST_F(LedgerTest, AKillOnEitherSideOfTheCommitLeavesAWholeChain) {
  append("d0", "10.00");
  for (const char* point : {"audit.transact.head_announced", "audit.transact.committed"}) {
    SCOPED_TRACE(point);
    std::int64_t before = verify().records;
    EXPECT_EXIT(
        {
          arm_kill_point(point);
          reopen();
          (void)ledger_->append("decisions", {"anna", "dx", "proposed", Json::object()});
          std::_Exit(0);
        },
        ::testing::KilledBySignal(SIGKILL), "");
    EXPECT_TRUE(verify().ok());
    reopen();
    EXPECT_EQ(verify().records, before + (std::string_view(point).ends_with("committed") ? 1 : 0));
    append("dy", "10.00");
    EXPECT_TRUE(verify().ok());
  }
}

TEST_F(LedgerTest, SeveralWritersMakeOneChain) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto store = *storage::Store::open(dir_ / "store.db");
      auto ledger = *Ledger::open(*store, dir_, clock_);
      for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(ledger->append("decisions", {"anna", fmt::format("{}-{}", t, i), "proposed", Json::object()}));
    });
  for (auto& thread : threads) thread.join();
  Verification seen = verify();
  EXPECT_TRUE(seen.ok());
  EXPECT_EQ(seen.records, 40);
}

}  // namespace
}  // namespace sinan::audit

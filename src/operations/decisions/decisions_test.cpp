// Decisions: judged, answered, done exactly once, and proved.
#include "operations/decisions/decisions.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/kill_point.hpp"
#include "operations/decisions/states.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::decisions {
namespace {

// A system outside that keeps its rows in a folder, so that it survives the death of this process, as an ERP does.
class FolderErp final : public EffectExecutor {
 public:
  explicit FolderErp(std::filesystem::path folder) : folder_(std::move(folder)) { std::filesystem::create_directories(folder_); }
  Result<Effect> execute(const Decision& decision) override {
    ++calls;
    if (down) return fail(ErrorCode::kUnavailable, "cannot connect to the ERP; start it", "erp");
    std::filesystem::path row = folder_ / decision.id;
    if (std::filesystem::exists(row)) return Effect{"erp", decision.id, true};
    std::ofstream(row) << decision.quantity.amount.text();
    return Effect{"erp", decision.id, false};
  }
  std::size_t rows() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator{}));
  }
  bool down = false;
  int calls = 0;

 private:
  std::filesystem::path folder_;
};

AutomationPolicy boundary() {
  Diagnostics diagnostics;
  AutomationPolicy policy;
  auto node = parse_yaml(R"(expires_after: 2d
rules:
  - {name: small, kinds: [purchase_order], max_amount: 500, currency: EUR, verdict: automatic, per_day: {amount: 1000}}
  - {name: medium, max_amount: 20000, currency: EUR, verdict: approval, role: manager}
  - {name: huge, min_amount: 100000, currency: EUR, verdict: forbidden}
)",
                         "policies/automation.yaml", diagnostics);
  shape_of(static_cast<const AutomationPolicy*>(nullptr)).read(*node, policy, diagnostics);
  if (!diagnostics.ok()) broken("the boundary of this test is well written");
  return policy;
}

const Principal kPlanner{"system:planner", {}};
const Principal kBen{"ben", {"manager"}};
const Principal kAnna{"anna", {"buyer"}};
const Principal kOwner{"owner", {"owner"}};

Proposal order(std::string item, std::string_view amount) {
  Proposal p;
  p.kind = "purchase_order";
  p.item_id = std::move(item);
  p.location_id = "W1";
  p.supplier_id = "S1";
  p.quantity = {Decimal::whole(10), "each"};
  p.unit_price = *Decimal::parse("1.25");
  p.amount = {*Decimal::parse(amount), "EUR"};
  p.evidence.inputs = Json{{"lake_version", 7}};
  p.evidence.model = "theta";
  p.evidence.alternatives = {{"supplier S2", {Decimal::whole(11), "EUR"}, Json::object(), Text{"dearer", "更贵"}}};
  p.evidence.explanation = {"Stock is below the reorder point.", "库存低于再订货点。"};
  return p;
}

class DecisionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() / fmt::format("sinan-decisions-{}", secrets::random_token(8));
    std::filesystem::create_directories(dir_);
    reopen();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(dir_);
  }
  void close() {
    decisions_.reset();
    ledger_.reset();
    store_.reset();
  }
  void reopen() {
    close();
    store_ = *storage::Store::open(dir_ / "store.db");
    ledger_ = *audit::Ledger::open(*store_, dir_, clock_);
    decisions_ = *Decisions::open({*ledger_, boundary(), Zone()});
  }
  ProposeReport propose(std::vector<Proposal> proposals, std::string run = "r1", std::vector<ProposalBatch::Target> considered = {}) {
    auto report = decisions_->propose(kPlanner, {std::move(run), *decisions_->newest_seq(), std::move(proposals), std::move(considered)});
    if (!report) ADD_FAILURE() << report.error().text();
    return report ? *report : ProposeReport{};
  }
  Decision get(const std::string& id) { return decisions_->show(id)->decision; }
  void tamper(const std::string& sql) {
    auto status = store_->transact([&](storage::Session& session) -> Status {
      SINAN_CHECK(session.execute(sql));
      return {};
    });
    ASSERT_TRUE(status) << sql << ": " << status.error().text();
  }
  void expect_whole() {
    auto seen = decisions_->verify();
    ASSERT_TRUE(seen) << seen.error().text();
    for (const auto& finding : seen->findings) ADD_FAILURE() << finding.message;
  }

  std::filesystem::path dir_;
  FixedClock clock_{*parse_instant("2026-03-01T08:00:00Z")};
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<audit::Ledger> ledger_;
  std::unique_ptr<Decisions> decisions_;
};

TEST_F(DecisionsTest, ProposalsAreJudgedAndOnlyThoseThatPassOrArePassedTakeEffect) {
  FolderErp erp(dir_ / "erp");
  ProposeReport report = propose({order("small", "400"), order("medium", "5000"), order("huge", "100000"), order("small 2", "601"),
                                  order("small 3", "500"), order("over the day", "200")});
  EXPECT_EQ(report.automatic, 2);
  EXPECT_EQ(report.waiting, 3);
  EXPECT_EQ(report.forbidden, 1);
  EXPECT_EQ(get(report.ids[2]).state, State::kRejected);
  EXPECT_EQ(get(report.ids[2]).approver, "policy");
  EXPECT_EQ(get(report.ids[5]).role, "manager");

  EXPECT_EQ(decisions_->execute(erp)->executed, 2);
  EXPECT_EQ(erp.rows(), 2U);
  EXPECT_EQ(decisions_->execute(erp)->executed, 0);
  auto approved = decisions_->approve(report.ids[1], kBen, "needed for Easter");
  ASSERT_TRUE(approved) << approved.error().text();
  EXPECT_EQ(approved->approver, "ben");
  Decision done = *decisions_->execute_one(report.ids[1], erp);
  EXPECT_EQ(done.state, State::kExecuted);
  EXPECT_EQ(erp.rows(), 3U);
  expect_whole();
}

TEST_F(DecisionsTest, AnAnswerNeedsTheRoleAndSomebodyElseThanTheProposer) {
  auto by_ben = decisions_->propose(kBen, {"r1", 0, {order("a", "5000")}, {}});
  std::string id = by_ben->ids[0];
  EXPECT_EQ(decisions_->approve(id, kBen).error().code, ErrorCode::kDenied);
  EXPECT_EQ(decisions_->approve(id, kAnna).error().code, ErrorCode::kDenied);
  EXPECT_EQ(decisions_->approve(id, {"system:act", {"manager"}}).error().code, ErrorCode::kDenied);
  EXPECT_TRUE(decisions_->approve(id, kOwner));
  EXPECT_EQ(decisions_->reject(id, kOwner, "too late").error().code, ErrorCode::kConflict);
  auto unknown = decisions_->approve(id + "0", kOwner);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
  EXPECT_NE(unknown.error().message.find(id), std::string::npos);
  expect_whole();
}

TEST_F(DecisionsTest, ANewPlanSupersedesWhatWaitsAndNeverBuysTwice) {
  ProposeReport first = propose({order("a", "5000"), order("b", "5000"), order("c", "5000"), order("d", "100")});
  std::int64_t basis = *decisions_->newest_seq();
  ASSERT_TRUE(decisions_->approve(first.ids[1], kBen));  // while the next plan is being made
  auto second = decisions_->propose(
      kPlanner, {"r2", basis, {order("a", "6000"), order("b", "6000")}, {{"purchase_order", "a", "W1"}, {"purchase_order", "c", "W1"}}});
  ASSERT_TRUE(second) << second.error().text();
  EXPECT_EQ(second->superseded, 2);
  EXPECT_EQ(second->overtaken, 1);
  EXPECT_EQ(second->ids[1], "");
  EXPECT_EQ(get(first.ids[0]).superseded_by, second->ids[0]);
  EXPECT_EQ(get(first.ids[2]).state, State::kSuperseded);
  EXPECT_EQ(get(first.ids[1]).state, State::kApproved);
  auto late = decisions_->approve(first.ids[0], kBen);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_NE(late.error().message.find(second->ids[0]), std::string::npos);
  auto commitments = *decisions_->commitments();
  EXPECT_EQ(commitments.items.size(), 2U);  // b approved by ben, d by policy
  expect_whole();
}

TEST_F(DecisionsTest, WhatAPersonRejectedIsNotAskedAgainOnTheSameDay) {
  const std::string id = propose({order("a", "5000")}).ids[0];
  EXPECT_FALSE(decisions_->reject(id, kBen, "  ")) << "a reason is required";
  ASSERT_TRUE(decisions_->reject(id, kBen, "we have enough"));
  ProposeReport again = propose({order("a", "5000"), order("b", "5000")});
  EXPECT_EQ(again.declined, 1);
  EXPECT_EQ(again.ids[0], "");
  EXPECT_EQ(again.waiting, 1);
  Proposal more = order("a", "5000");
  more.quantity.amount = more.quantity.amount + Decimal::whole(1);
  EXPECT_EQ(propose({more}).declined, 0) << "more is needed than was rejected";
  Proposal cheaper = order("a", "5000");
  cheaper.unit_price = *Decimal::parse("1.24");
  EXPECT_EQ(propose({cheaper}).declined, 0);
  Proposal other = order("a", "5000");
  other.supplier_id = "S2";
  const ProposeReport bought = propose({other});
  EXPECT_EQ(bought.declined, 0);
  ASSERT_TRUE(decisions_->approve(bought.ids[0], kBen));
  EXPECT_EQ(propose({order("a", "5000")}).declined, 0) << "what is needed after that was approved is another need";
  clock_.set(clock_.now() + std::chrono::hours(24));
  EXPECT_EQ(propose({order("a", "5000")}).declined, 0);
  expect_whole();
}

TEST_F(DecisionsTest, WhatNobodyAnswersExpires) {
  std::string id = propose({order("a", "5000")}).ids[0];
  clock_.set(clock_.now() + std::chrono::hours(48));
  EXPECT_EQ(decisions_->approve(id, kBen).error().code, ErrorCode::kConflict);
  EXPECT_EQ(*decisions_->expire(), 1);
  EXPECT_EQ(get(id).state, State::kExpired);
  expect_whole();
}

TEST_F(DecisionsTest, AnEffectThatFailsIsTriedAgainAndASystemThatIsDownIsNotAskedForEver) {
  FolderErp erp(dir_ / "erp");
  erp.down = true;
  std::vector<Proposal> many;
  for (int i = 0; i < 10; ++i) many.push_back(order(fmt::format("i{}", i), "10"));
  ProposeReport report = propose(many);
  auto first = *decisions_->execute(erp);
  EXPECT_EQ(first.failed.size(), 3U);
  EXPECT_EQ(first.not_tried, 7);
  EXPECT_EQ(erp.calls, 3);
  EXPECT_EQ(get(report.ids[0]).state, State::kFailed);
  EXPECT_EQ(get(report.ids[0]).error, "erp: cannot connect to the ERP; start it");
  erp.down = false;
  EXPECT_EQ(decisions_->execute(erp)->executed, 10);
  EXPECT_EQ(erp.rows(), 10U);
  expect_whole();
}

TEST_F(DecisionsTest, AnAlertIsRaisedOnceAWeek) {
  Proposal alert;
  alert.kind = "alert";
  alert.topic = "no_supplier";
  alert.item_id = "a";
  FolderErp erp(dir_ / "erp");
  EXPECT_EQ(propose({alert}).automatic, 1);
  EXPECT_EQ(decisions_->execute(erp)->executed, 1);
  EXPECT_EQ(erp.calls, 0);
  clock_.set(clock_.now() + std::chrono::hours(24));
  EXPECT_EQ(propose({alert}).repeated, 1);
  clock_.set(clock_.now() + std::chrono::hours(24 * 7));
  EXPECT_EQ(propose({alert}).automatic, 1);
}

TEST_F(DecisionsTest, OutcomesAreAttachedOnce) {
  FolderErp erp(dir_ / "erp");
  ProposeReport report = propose({order("a", "10"), order("b", "5000")});
  ASSERT_TRUE(decisions_->execute(erp));
  Json outcome{{"stock_out", false}, {"cost", "12.50"}};
  Json interim{{"final", false}, {"cost", "1"}};
  EXPECT_EQ(*decisions_->measure({{report.ids[0], interim}}, "r2"), 1);
  EXPECT_EQ(*decisions_->measure({{report.ids[0], interim}}, "r2"), 0);
  EXPECT_EQ(get(report.ids[0]).state, State::kExecuted);
  EXPECT_EQ(get(report.ids[0]).outcome["cost"], "1");
  EXPECT_EQ(*decisions_->measure({{report.ids[0], outcome}, {report.ids[1], outcome}}, "r2"), 1);
  EXPECT_EQ(*decisions_->measure({{report.ids[0], outcome}}, "r3"), 0);
  EXPECT_EQ(get(report.ids[0]).outcome["cost"], "12.50");
  EXPECT_EQ(get(report.ids[0]).state, State::kMeasured);
  expect_whole();
}

TEST_F(DecisionsTest, ListsHaveTheFieldsOfTheContractWithAmountsAsTexts) {
  ProposeReport report = propose({order("a", "400"), order("b", "5000.5")});
  auto all = *decisions_->list();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(
      dump(to_list_json(all[0])),
      fmt::format(
          R"({{"id":"{}","kind":"purchase_order","status":"proposed","item_id":"b","location_id":"W1","supplier_id":"S1","quantity":"10",)"
          R"("unit":"each","amount":"5000.50","currency":"EUR","verdict":"approval","approver":null,)"
          R"("created_at":"2026-03-01T08:00:00Z","run_id":"r1"}})",
          report.ids[1]));
  EXPECT_EQ(decisions_->list({.states = {State::kApproved}})->size(), 1U);
  EXPECT_EQ(decisions_->list({.role = "manager"})->size(), 1U);
  EXPECT_EQ(decisions_->list({.only_roles = std::vector<std::string>{"buyer", "manager"}})->size(), 1U);
  EXPECT_EQ(decisions_->list({.only_roles = std::vector<std::string>{"buyer"}})->size(), 0U);
  EXPECT_EQ(decisions_->list({.only_roles = std::vector<std::string>{}})->size(), 0U);
  EXPECT_EQ(decisions_->list({.limit = 1, .offset = 1})->at(0).item_id, "a");
  Dossier dossier = *decisions_->show(report.ids[0]);
  EXPECT_EQ(dossier.evidence["alternatives"][0]["why_not"]["zh"], "更贵");
  ASSERT_EQ(dossier.events.size(), 2U);
  EXPECT_EQ(dossier.events[1].kind, "approved");
}

// Every column of every table involved, of every row, changed one at a time.
TEST_F(DecisionsTest, AnyStoredFieldThatIsChangedIsNamed) {
  FolderErp erp(dir_ / "erp");
  ProposeReport report = propose({order("a", "400"), order("b", "5000"), order("c", "200000")});
  ASSERT_TRUE(decisions_->execute(erp));
  ASSERT_TRUE(decisions_->approve(report.ids[1], kBen, "good"));
  expect_whole();
  for (const std::string& column : state_columns()) {
    for (const std::string& id : report.ids) {
      SCOPED_TRACE(column + " of " + id);
      tamper("CREATE TABLE kept AS SELECT * FROM decisions");
      bool integer = column == "number" || column == "seq" || column == "approved_seq" || column == "attempts";
      tamper(fmt::format("UPDATE decisions SET {} = {} WHERE id = '{}'", column, integer ? column + " + 100" : column + " || 'x'", id));
      auto seen = *decisions_->verify();
      ASSERT_FALSE(seen.ok());
      EXPECT_TRUE(seen.findings[0].subject == id || seen.findings[0].subject == id + "x");
      if (column != "id") EXPECT_EQ(seen.findings[0].field, column);
      tamper("DELETE FROM decisions");
      tamper("INSERT INTO decisions SELECT * FROM kept");
      tamper("DROP TABLE kept");
    }
  }
  for (std::string_view column : {"chain", "seq", "at", "actor", "subject", "kind", "body", "digests", "prev", "hash", "seal"}) {
    SCOPED_TRACE(column);
    tamper("CREATE TABLE kept AS SELECT * FROM audit_records");
    tamper(fmt::format("UPDATE audit_records SET {} = {} WHERE seq = 2 AND chain = 'decisions'", column,
                       column == "seq" ? "1000" : fmt::format("{} || 'x'", column)));
    auto seen = *decisions_->verify();
    ASSERT_FALSE(seen.ok());
    EXPECT_EQ(seen.findings[0].seq, 2);
    tamper("DELETE FROM audit_records");
    tamper("INSERT INTO audit_records SELECT * FROM kept");
    tamper("DROP TABLE kept");
  }
  tamper("UPDATE audit_instance SET id = 'aaaaaaaa'");
  reopen();
  EXPECT_EQ(decisions_->verify()->findings.at(0).field, "instance");
}

TEST_F(DecisionsTest, RowsOfStatesThatAreRemovedOrAddedAreNamedAndCanBeBuiltAgain) {
  ProposeReport report = propose({order("a", "400"), order("b", "5000")});
  tamper(fmt::format("DELETE FROM decisions WHERE id = '{}'", report.ids[0]));
  EXPECT_EQ(decisions_->verify()->findings.at(0).subject, report.ids[0]);
  tamper(fmt::format("UPDATE decisions SET id = 'forged-1' WHERE id = '{}'", report.ids[1]));
  auto seen = *decisions_->verify();
  EXPECT_TRUE(std::ranges::any_of(seen.findings, [](const auto& f) { return f.subject == "forged-1"; }));
  EXPECT_EQ(decisions_->rebuild(kAnna).error().code, ErrorCode::kDenied);
  ASSERT_TRUE(decisions_->rebuild(kOwner));
  expect_whole();
  tamper("DELETE FROM audit_records WHERE seq > 2");
  EXPECT_EQ(decisions_->rebuild(kOwner).error().code, ErrorCode::kCorrupt);
}

// Killed at every point of the way; whatever was acknowledged is there once, and the record is whole.
TEST_F(DecisionsTest, AKillAtAnyPointLosesNothingAndDoesNothingTwice) {
  struct Case {
    std::string point;
    std::int64_t decisions_after;
  };
  int round = 0;
  std::int64_t proposed = 0;
  for (std::string_view point : kill_points()) {
    if (!point.starts_with("decisions.") && !point.starts_with("audit.") && !point.starts_with("store.transact")) continue;
    for (long pass = 1; pass <= 4; ++pass) {
      SCOPED_TRACE(fmt::format("{}:{}", point, pass));
      ++round;
      close();
      std::filesystem::path acknowledged = dir_ / "acknowledged";
      std::filesystem::remove(acknowledged);
      pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        reopen();
        arm_kill_point(point, pass);
        FolderErp erp(dir_ / "erp");
        auto report = decisions_->propose(
            kPlanner,
            {fmt::format("r{}", round), 0, {order(fmt::format("x{}", round), "0.01"), order(fmt::format("y{}", round), "5000")}, {}});
        if (report) std::ofstream(acknowledged) << report->ids[0] << "\n";
        if (report && decisions_->approve(report->ids[1], kBen)) std::ofstream(acknowledged, std::ios::app) << report->ids[1] << "\n";
        (void)decisions_->execute(erp);
        std::_Exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      reopen();
      FolderErp erp(dir_ / "erp");
      auto report = decisions_->execute(erp);
      ASSERT_TRUE(report) << report.error().text();
      expect_whole();
      std::ifstream in(acknowledged);
      for (std::string id; std::getline(in, id);) EXPECT_EQ(get(id).state, State::kExecuted) << id;
      proposed = static_cast<std::int64_t>(decisions_->list({.states = {State::kExecuted}})->size());
      EXPECT_EQ(static_cast<std::size_t>(proposed), erp.rows());
    }
  }
  EXPECT_GT(proposed, 20);
}

TEST_F(DecisionsTest, TwoProcessesThatApproveAndExecuteDoItOnce) {
  std::vector<Proposal> many;
  for (int i = 0; i < 40; ++i) many.push_back(order(fmt::format("i{}", i), i % 2 ? "10" : "5000"));
  ProposeReport report = propose(many);
  std::atomic<int> approved = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      auto store = *storage::Store::open(dir_ / "store.db");
      auto ledger = *audit::Ledger::open(*store, dir_, clock_);
      auto decisions = *Decisions::open({*ledger, boundary(), Zone()});
      FolderErp erp(dir_ / "erp");
      for (const std::string& id : report.ids)
        if (auto answer = decisions->approve(id, kBen))
          ++approved;
        else
          EXPECT_EQ(answer.error().code, ErrorCode::kConflict) << answer.error().text();
      EXPECT_TRUE(decisions->execute(erp));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(approved, 20);
  EXPECT_EQ(FolderErp(dir_ / "erp").rows(), 40U);
  EXPECT_EQ(decisions_->list({.states = {State::kExecuted}})->size(), 40U);
  expect_whole();
}

TEST_F(DecisionsTest, TheOutboxWritesACompleteFileOnceAndNoFormula) {
  Outbox outbox(dir_ / "outbox");
  Proposal p = order("=HYPERLINK(\"x\")", "10");
  std::string id = propose({p}).ids[0];
  Decision decision = get(id);
  Effect first = *outbox.execute(decision);
  EXPECT_FALSE(first.already_there);
  EXPECT_TRUE(outbox.execute(decision)->already_there);
  std::ifstream in(dir_ / "outbox" / first.reference);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_NE(text.find("\"'=HYPERLINK(\"\"x\"\")\""), std::string::npos) << text;
  std::filesystem::rename(dir_ / "outbox" / first.reference, dir_ / "outbox" / "taken" / first.reference);
  EXPECT_TRUE(outbox.execute(decision)->already_there);
  EXPECT_EQ(csv_cell("-12.5"), "-12.5");
  EXPECT_EQ(csv_cell("-1+cmd"), "'-1+cmd");
  EXPECT_EQ(csv_cell("@a"), "'@a");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
}

TEST_F(DecisionsTest, APreviewRecordsNothing) {
  auto seen = *decisions_->preview(kPlanner, {"r1", 0, {order("a", "400"), order("b", "5000")}, {}});
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].verdict, "automatic");
  EXPECT_EQ(*decisions_->newest_seq(), 0);
}

}  // namespace
}  // namespace sinan::decisions

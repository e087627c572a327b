// The API over a real store, engine and record of decisions; handlers are called as the server calls them, serve() over a real socket.
#include "application/api/api.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <future>
#include <sstream>

#include "application/api/serve.hpp"
#include "application/api/talk.hpp"
#include "platform/http/uri.hpp"

namespace sinan::api {
namespace {

// A task that waits at a gate, so that tests decide when a run ends.
class GateTask final : public workflow::Task {
 public:
  const workflow::TaskInfo& info() const override {
    static const auto info = workflow::task_info<workflow::NoOptions>("pass_gate", "Waits until the gate is open.");
    return info;
  }
  Result<workflow::TaskOutput> run(workflow::TaskContext& context) override {
    while (!open.load() && !context.cancel.cancelled()) std::this_thread::yield();
    if (!open.load()) return fail(ErrorCode::kCancelled, "cancelled");
    return Json{{"rows", 3}};
  }
  std::atomic<bool> open = true;
};

class ApiTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::temp_directory_path() /
           fmt::format("sinan-api-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    store_ = storage::Store::open(dir_ / "store.sqlite").value();
    ledger_ = audit::Ledger::open(*store_, dir_, clock_).value();
    decisions_ = decisions::Decisions::open({.ledger = *ledger_, .policy = {}, .zone = Zone()}).value();
    engine_ = workflow::Engine::open(*store_, {&gate_}, {.lock_dir = dir_}).value();
    add_workflow("cycle", "steps: [{id: a, task: pass_gate}]\n");
    context_.engine = engine_.get();
    context_.workflows = &workflows_;
    context_.decisions = decisions_.get();
    context_.reports = reports::Archive(dir_ / "reports");
    context_.user = Principal{"anna", {"owner"}};
    context_.name = "Test";
    context_.clock = &clock_;
    context_.version = "0.1.0";
    start_launcher();
  }
  void TearDown() override {
    launcher_.reset();
    engine_.reset();
    decisions_.reset();
    ledger_.reset();
    store_.reset();
    std::filesystem::remove_all(dir_);
  }
  void add_workflow(const std::string& name, const std::string& text) {
    Diagnostics out;
    auto parsed = workflow::parse_workflow(name, text, name, Zone(), engine_->tasks(), out);
    ASSERT_TRUE(parsed.has_value()) << out.error().text();
    workflows_.push_back(std::move(*parsed));
  }
  void start_launcher() {
    launcher_ = std::make_unique<Launcher>([this](const auto& workflow, const auto& request) { return engine_->run(workflow, request); },
                                           [this](const std::string&, const auto&) { ++ended_; });
    context_.launcher = launcher_.get();
  }
  // Proposes one purchase order; returns its id.
  std::string propose(const std::string& item) {
    decisions::Proposal proposal;
    proposal.kind = "purchase_order";
    proposal.item_id = item;
    proposal.location_id = "ham";
    proposal.supplier_id = "S1";
    proposal.quantity = {Decimal::whole(10), "each"};
    proposal.unit_price = Decimal::whole(5);
    proposal.amount = {Decimal::whole(50), "EUR"};
    decisions::ProposalBatch batch;
    batch.run_id = "cycle-1";
    batch.basis_seq = decisions_->newest_seq().value();
    batch.proposals.push_back(proposal);
    auto report = decisions_->propose(system_principal("planner"), batch);
    EXPECT_TRUE(report.has_value()) << report.error().text();
    return report->ids.at(0);
  }
  http::Response call(http::Method method, const std::string& target, const std::string& body = {}) {
    http::Router router(routes(context_));
    auto parsed = http::parse_target(target).value();
    http::Router::Match match = router.find(method, parsed.path);
    if (!match.route) return {.status = 404};
    http::Request request{.method = method, .target = target, .path = parsed.path, .query = parsed.query, .body = body};
    request.headers["content-type"] = "application/json";
    request.parameters = match.parameters;
    return match.route->handler(request);
  }
  Json get(const std::string& target, int status = 200) {
    http::Response response = call(http::Method::kGet, target);
    EXPECT_EQ(response.status, status) << target << ": " << response.body;
    return Json::parse(response.body);
  }
  Json post(const std::string& target, const std::string& body = {}, int status = 200) {
    http::Response response = call(http::Method::kPost, target, body);
    EXPECT_EQ(response.status, status) << target << ": " << response.body;
    return Json::parse(response.body);
  }
  void wait_for_runs(int count) {
    while (ended_.load() < count) std::this_thread::yield();
  }

  std::filesystem::path dir_;
  FixedClock clock_{parse_instant("2026-03-01T06:00:00Z").value()};
  GateTask gate_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<audit::Ledger> ledger_;
  std::unique_ptr<decisions::Decisions> decisions_;
  std::unique_ptr<workflow::Engine> engine_;
  std::vector<workflow::Workflow> workflows_;
  std::unique_ptr<Launcher> launcher_;
  std::atomic<int> ended_ = 0;
  ApiContext context_;
};

TEST_F(ApiTest, EveryRouteIsInTheContractAndTheOtherWayRound) {
  std::ifstream file("api/openapi.yaml");
  std::stringstream text;
  text << file.rdbuf();
  Diagnostics out;
  auto contract = parse_yaml(text.str(), "api/openapi.yaml", out);
  ASSERT_TRUE(contract.has_value() && out.ok()) << (out.ok() ? "" : out.error().text());
  std::set<std::string> written;
  for (const auto& path : contract->find("paths")->entries) {
    for (const auto& operation : path.value.entries) written.insert(operation.key + " " + path.key);
  }
  std::set<std::string> served;
  for (const http::Route& route : routes(context_)) {
    std::string method(http::name(route.method));
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    served.insert(method + " " + route.pattern);
  }
  EXPECT_EQ(written, served);
}

TEST_F(ApiTest, OnlyTheProbesArePublic) {
  for (const http::Route& route : routes(context_)) {
    EXPECT_EQ(route.access == http::Access::kPublic, route.pattern.starts_with("/api/v1/health/")) << route.pattern;
  }
  EXPECT_EQ(get("/api/v1/health/live"), (Json{{"status", "live"}}));
  EXPECT_EQ(get("/api/v1/health/ready"), (Json{{"status", "ready"}}));
  EXPECT_EQ(get("/api/v1/about")["user"], "anna");
}

TEST_F(ApiTest, RunsAreStartedListedShownAndCancelled) {
  gate_.open = false;
  std::string id = post("/api/v1/runs", R"({"workflow": "cycle"})", 202)["id"];
  EXPECT_EQ(post("/api/v1/runs", "{}", 409)["code"], "conflict");
  EXPECT_EQ(get("/api/v1/runs?status=running")["items"].size(), 1U);
  gate_.open = true;
  wait_for_runs(1);
  Json run = get("/api/v1/runs/" + id);
  EXPECT_EQ(run["status"], "done");
  EXPECT_EQ(run["trigger"], "api");
  EXPECT_EQ(run["requested_by"], "anna");
  EXPECT_EQ(run["steps"][0]["output"], (Json{{"rows", 3}}));

  gate_.open = false;
  std::string second = post("/api/v1/runs", R"({"dry_run": true})", 202)["id"];
  post("/api/v1/runs/" + second + "/cancel", "", 202);
  wait_for_runs(2);
  EXPECT_EQ(get("/api/v1/runs/latest")["status"], "cancelled");
  EXPECT_EQ(get("/api/v1/runs/latest")["dry_run"], true);
  EXPECT_EQ(post("/api/v1/runs/" + second + "/cancel", "", 412)["code"], "precondition");

  Json page = get("/api/v1/runs?limit=1");
  EXPECT_EQ(page["items"][0]["id"], second);
  EXPECT_EQ(get("/api/v1/runs?limit=1&before=" + page["next_before"].get<std::string>())["items"][0]["id"], id);
  EXPECT_EQ(get("/api/v1/runs/none", 404)["code"], "not_found");
}

TEST_F(ApiTest, WhoMayNotSeeOrStartIsRefused) {
  const std::string id = propose("A");
  const std::string role = get("/api/v1/decisions/" + id)["role"];
  context_.user = Principal{"gert", {"guest"}};
  for (const char* target : {"/api/v1/runs", "/api/v1/runs/latest", "/api/v1/reports"}) EXPECT_EQ(get(target, 403)["code"], "denied");
  EXPECT_EQ(call(http::Method::kGet, "/").status, 403);
  EXPECT_EQ(call(http::Method::kGet, "/reports/latest").status, 403);
  EXPECT_EQ(post("/api/v1/runs", "{}", 403)["code"], "denied");
  EXPECT_EQ(post("/api/v1/runs/none/cancel", "", 403)["code"], "denied");
  EXPECT_EQ(get("/api/v1/decisions")["items"].size(), 0U);
  EXPECT_EQ(get("/api/v1/decisions/" + id, 403)["code"], "denied");
  EXPECT_EQ(get("/api/v1/decisions/verify", 403)["code"], "denied");
  EXPECT_EQ(get("/api/v1/schedule")["items"][0]["last_run"], nullptr);
  EXPECT_EQ(post("/api/v1/decisions/" + id + "/reject", R"({"reason": "no"})", 403)["code"], "denied");
  context_.user = Principal{"mia", {role}};
  EXPECT_EQ(get("/api/v1/decisions")["items"].size(), 1U) << "what waits for her role";
  EXPECT_EQ(get("/api/v1/decisions/" + id)["id"], id);
}

TEST_F(ApiTest, DecisionsAreListedShownApprovedAndRejected) {
  std::string a = propose("A");
  std::string b = propose("B");
  Json list = get("/api/v1/decisions?status=proposed");
  ASSERT_EQ(list["items"].size(), 2U);
  EXPECT_EQ(get("/api/v1/decisions?item_id=B")["items"][0]["id"], b);
  EXPECT_EQ(get("/api/v1/decisions?limit=1")["next_offset"], 1);
  for (const char* key : {"id", "kind", "status", "item_id", "location_id", "supplier_id", "quantity", "unit", "amount", "currency",
                          "verdict", "approver", "created_at", "run_id"}) {
    EXPECT_TRUE(list["items"][0].contains(key)) << key;
  }
  EXPECT_TRUE(list["items"][0]["amount"].is_string());

  bool tried = false;
  context_.execute = [&](const std::string& id) -> Result<decisions::Decision> {
    tried = id == a;
    return fail(ErrorCode::kUnavailable, "erp is down");
  };
  Json approved = post("/api/v1/decisions/" + a + "/approve", R"({"note": "yes"})");
  EXPECT_TRUE(tried);
  EXPECT_EQ(approved["status"], "approved") << approved.dump();
  EXPECT_EQ(approved["effect_error"]["code"], "unavailable");
  EXPECT_EQ(post("/api/v1/decisions/" + a + "/approve", "", 409)["code"], "conflict");
  EXPECT_EQ(post("/api/v1/decisions/" + b + "/reject", R"({"reason": "too much"})")["status"], "rejected");
  EXPECT_EQ(get("/api/v1/decisions/verify")["ok"], true);
  EXPECT_EQ(get("/api/v1/decisions/none", 404)["code"], "not_found");
}

TEST_F(ApiTest, MistakesNameTheParameter) {
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {"/api/v1/runs?limit=0", "", "limit"},     {"/api/v1/runs?limit=x", "", "limit"},          {"/api/v1/runs?colour=red", "", "colour"},
      {"/api/v1/runs?status=odd", "", "status"}, {"/api/v1/decisions?status=odd", "", "status"}, {"/api/v1/schedule?x=1", "", "x"},
  };
  for (const auto& [target, body, place] : cases) EXPECT_EQ(get(target, 400)["place"], place) << target;
  EXPECT_EQ(post("/api/v1/runs", "[]", 400)["place"], "body");
  EXPECT_EQ(post("/api/v1/runs", "{", 400)["code"], "invalid_input");
  EXPECT_EQ(post("/api/v1/runs", R"({"workflow": 5})", 400)["place"], "body.workflow");
  EXPECT_EQ(post("/api/v1/runs", R"({"dry": true})", 400)["place"], "body.dry");
  EXPECT_EQ(post("/api/v1/runs", R"({"workflow": "none"})", 404)["place"], "body.workflow");
}

TEST_F(ApiTest, ReportsAreServedAsPages) {
  EXPECT_EQ(call(http::Method::kGet, "/").status, 404);
  ASSERT_TRUE(context_.reports.save(parse_date("2026-03-01").value(), "<p>first</p>").has_value());
  ASSERT_TRUE(context_.reports.save(parse_date("2026-03-02").value(), "<p>second</p>").has_value());
  http::Response page = call(http::Method::kGet, "/");
  EXPECT_EQ(page.body, "<p>second</p>");
  EXPECT_NE(page.content_security_policy.find("style-src 'sha256-"), std::string::npos);
  EXPECT_EQ(call(http::Method::kGet, "/reports/2026-03-01").body, "<p>first</p>");
  EXPECT_EQ(call(http::Method::kGet, "/reports/latest").body, "<p>second</p>");
  EXPECT_EQ(call(http::Method::kGet, "/reports/x%3Cscript%3E").status, 400);
  EXPECT_EQ(get("/api/v1/reports")["items"][1]["href"], "/reports/2026-03-01");
}

TEST_F(ApiTest, TheScheduleTellsWhatRunsNext) {
  add_workflow("nightly", "summary: At night\nschedule: \"30 2 * * *\"\nsteps: [{id: a, task: pass_gate}]\n");
  Json schedule = get("/api/v1/schedule");
  EXPECT_EQ(schedule["items"][0]["next_at"], nullptr);
  EXPECT_EQ(schedule["items"][1]["next_at"], "2026-03-02T02:30:00Z");
  EXPECT_EQ(schedule["items"][1]["steps"][0]["task"], "pass_gate");
}

TEST_F(ApiTest, ServingStopsInOrderAndTakesUpWhatWasCutOff) {
  std::string token = server_token(dir_).value();
  EXPECT_EQ(server_token(dir_).value(), token) << "a browser keeps it over restarts";
  gate_.open = false;
  std::string head = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " + token + "\r\n";
  auto serve_until = [&](CancelToken& stop, std::promise<std::string>& address) {
    return std::async(std::launch::async, [&] {
      ServeOptions options;
      options.http.token = token;
      options.on_ready = [&](const std::string& at) { address.set_value(at); };
      return serve(context_, std::move(options), stop);
    });
  };
  {
    CancelToken stop;
    std::promise<std::string> address;
    auto served = serve_until(stop, address);
    std::string at = address.get_future().get();
    EXPECT_NE(talk(at, "GET /api/v1/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").find("{\"status\":\"live\"}"),
              std::string::npos);
    std::string answer = talk(at, "POST /api/v1/runs " + head + "Content-Length: 0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 202")) << answer;
    stop.cancel();
    EXPECT_TRUE(served.get().has_value());
  }
  EXPECT_EQ(engine_->history().show("latest").value().status, workflow::RunStatus::kInterrupted);

  gate_.open = true;
  start_launcher();
  int before = ended_;
  CancelToken stop;
  std::promise<std::string> address;
  auto served = serve_until(stop, address);
  wait_for_runs(before + 1);
  workflow::RunRecord run = engine_->history().show("latest").value();
  EXPECT_EQ(run.status, workflow::RunStatus::kDone);
  EXPECT_EQ(run.resumed, 1);
  stop.cancel();
  EXPECT_TRUE(served.get().has_value());
}

}  // namespace
}  // namespace sinan::api

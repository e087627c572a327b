// Sales posted to a real server: what is counted, what is refused and where, and that policy hides without a trace.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <future>

#include "application/api/serve.hpp"
#include "application/api/talk.hpp"
#include "data/fabric/small_company.hpp"

namespace sinan::api {
namespace {

constexpr const char* kPolicies =
    "users:\n  nora: {roles: [north, till]}\n  karl: {roles: [north]}\n  gast: {roles: [guest]}\n"
    "roles: {north: Sees N, till: Sells, guest: Sees nothing}\n"
    "permissions: {post_sales: [till, guest]}\n"
    "tables:\n"
    "  lake.erp_sales: {north: {rows: \"location_id = 'N'\"}}\n"
    "  lake.erp_items: {north: all}\n"
    "  lake.erp_locations: {north: all}\n"
    "  ops.forecasts: {north: all}\n";

const std::string kToken(64, 'a');

struct Answer {
  int status = 0;
  std::string body;
  Json json() const { return Json::parse(body); }
};

// A pot at N and at S, of which ten are forecast each day; the server runs until the end of the test.
class LiveApiTest : public ::testing::Test {
 protected:
  LiveApiTest()
      : company_({{"model/sales.sql", "SELECT * FROM lake.erp_sales"},
                  {"model/items.sql", "SELECT * FROM lake.erp_items"},
                  {"model/locations.sql", "SELECT * FROM lake.erp_locations"},
                  {"policies/people.yaml", kPolicies}}) {
    company_.clock.set(*parse_instant("2026-03-02T06:00:00Z"));
    company_.lake.put("lake.erp_items", "SELECT 'pot' AS item_id, 'active' AS status");
    company_.lake.put("lake.erp_locations", "SELECT unnest(['N', 'S']) AS location_id, 'UTC' AS timezone");
    company_.lake.put("lake.erp_sales",
                      "SELECT 'pot' AS item_id, unnest(['N', 'S']) AS location_id, CAST(DATE '2026-03-02' - CAST(d AS INTEGER) AS "
                      "TIMESTAMP) + INTERVAL (d % 24) HOUR AS sold_at, CAST(10 AS DECIMAL(18,4)) AS quantity, false AS lost_sales FROM "
                      "range(1, 61) t(d)");
    std::string quantiles;
    for (double level : demand::quantile_levels())
      quantiles += fmt::format("{}::DOUBLE AS {}, ", 4 + 12 * level, demand::quantile_name(level));
    company_.lake.put("ops.forecasts",
                      fmt::format("SELECT 'pot' AS item_id, unnest(['N', 'S']) AS location_id, CAST(DATE '2026-03-02' + CAST(h AS INTEGER) "
                                  "AS DATE) AS ds, 10::DOUBLE AS mean, {} 'cycle-1' AS run_id, 'm1' AS model_version FROM range(14) t(h)",
                                  quantiles));
    context_.clock = &company_.clock;
    people_ = identity::Directory::read(company_.workspace(), company_.diagnostics);
    context_.people = people_;
    live_.emplace(company_.fabric(), company_.clock, Zone());
    context_.live = &*live_;
    EXPECT_TRUE(company_.diagnostics.ok()) << company_.diagnostics.error().text();
  }
  ~LiveApiTest() override { end(); }

  void serve_as(const std::string& user) {
    end();
    context_.user = *people_.resolve(user);
    stop_.emplace();
    auto address = std::make_shared<std::promise<std::string>>();
    served_ = std::async(std::launch::async, [this, address] {
      ServeOptions options;
      options.http.token = kToken;
      options.schedule = false;
      bool ready = false;
      options.on_ready = [&](const std::string& at) { ready = true, address->set_value(at); };
      Status status = serve(context_, std::move(options), *stop_);
      if (!ready) address->set_value("");
      return status;
    });
    address_ = address->get_future().get();
    ASSERT_FALSE(address_.empty());
  }
  void end() {
    if (!stop_) return;
    stop_->cancel();
    EXPECT_TRUE(served_.get().has_value());
    stop_.reset();
  }
  Answer ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    std::string text = talk(address_, fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n"
                                                  "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                                                  method, target, kToken, body.size(), body));
    Answer out;
    if (text.size() > 12) out.status = std::stoi(text.substr(9, 3));
    if (auto at = text.find("\r\n\r\n"); at != std::string::npos) out.body = text.substr(at + 4);
    return out;
  }
  Answer post(const std::string& sales) { return ask("POST", "/api/v1/sales", "{\"sales\": [" + sales + "]}"); }
  static std::string sale(const std::string& id, const std::string& place, const std::string& quantity = "1",
                          const std::string& time = "2026-03-02T05:00:00Z") {
    return fmt::format(R"({{"id": "{}", "item_id": "pot", "location_id": "{}", "time": "{}", "quantity": "{}"}})", id, place, time,
                       quantity);
  }

  fabric::test::Company company_;
  identity::Directory people_;
  std::optional<demand::LiveDemand> live_;
  ApiContext context_;
  std::optional<CancelToken> stop_;
  std::future<Status> served_;
  std::string address_;
};

TEST_F(LiveApiTest, EachSaleIsAnsweredAndCountedOnce) {
  serve_as("owner");
  Answer answer = post(sale("1", "N", "2.5") + ", " + sale("1", "N", "2.5") + ", " + sale("1", "N", "3") + ", " + sale("2", "X") + ", " +
                       sale("3", "N", "1", "2026-03-01T23:59:59Z") + ", " + sale("4", "N", "1", "2026-03-02T08:00:00+01:00") + ", " +
                       sale("5", "N", "-1", "2026-03-02T06:00:00+01:00"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  std::vector<std::string> statuses;
  for (const Json& item : answer.json()["items"]) statuses.push_back(item["status"]);
  EXPECT_EQ(fmt::format("{}", fmt::join(statuses, " ")), "accepted duplicate conflict unknown late early accepted");
  EXPECT_EQ(answer.json()["accepted"], 2);
  const Json shown = ask("GET", "/api/v1/live/pot/N").json();
  EXPECT_EQ(shown["sold"], "1.5") << shown.dump();
  EXPECT_EQ(shown["sales"], 2);
  EXPECT_EQ(shown["forecast"], "10");
  EXPECT_EQ(shown["newest_at"], "2026-03-02T05:00:00Z");
  EXPECT_EQ(shown["since"], "2026-03-02T06:00:00Z");
  EXPECT_EQ(shown["model_version"], "m1");
  EXPECT_EQ(shown["lead_days"], 7);
  EXPECT_TRUE(shown["lead_quantiles"]["q95"].is_string());
  EXPECT_EQ(shown["burst"], nullptr);
}

TEST_F(LiveApiTest, TheListIsPagedAndHasWhatBursts) {
  serve_as("owner");
  std::string sales = sale("0", "N");
  for (int k = 1; k < 80; ++k) sales += ", " + sale(std::to_string(k), "S");
  ASSERT_EQ(post(sales).json()["accepted"], 80);
  const Json first = ask("GET", "/api/v1/live?limit=1").json();
  EXPECT_EQ(first["items"][0]["location_id"], "S");
  EXPECT_EQ(first["items"][0]["burst"]["running"], true) << first.dump();
  EXPECT_GT(first["items"][0]["burst"]["confidence"], 0.9);
  EXPECT_EQ(first["next_offset"], 1);
  const Json last = ask("GET", "/api/v1/live?limit=1&offset=1").json();
  EXPECT_EQ(last["items"][0]["location_id"], "N");
  EXPECT_EQ(last["next_offset"], nullptr);
  EXPECT_EQ(ask("GET", "/api/v1/live?burst=true").json()["items"].size(), 1U);
  EXPECT_EQ(ask("GET", "/api/v1/live?location_id=N").json()["items"].size(), 1U);
}

TEST_F(LiveApiTest, WhatIsHiddenIsAnsweredInTheBytesOfWhatIsNotThere) {
  serve_as("nora");
  const Answer hidden = post(sale("1", "S")), unknown = post(sale("1", "X"));
  EXPECT_EQ(hidden.status, 200);
  EXPECT_EQ(hidden.body, unknown.body);
  EXPECT_EQ(ask("GET", "/api/v1/live/pot/S").status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/live/pot/S").body, ask("GET", "/api/v1/live/pot/X").body);
  EXPECT_EQ(ask("GET", "/api/v1/live?location_id=S").body, ask("GET", "/api/v1/live?location_id=X").body);
  EXPECT_EQ(ask("GET", "/api/v1/live").json()["items"].size(), 1U);
  EXPECT_EQ(post(sale("1", "N")).json()["accepted"], 1);
  serve_as("owner");
  EXPECT_EQ(ask("GET", "/api/v1/live/pot/S").json()["sold"], "0");
  EXPECT_EQ(ask("GET", "/api/v1/live/pot/N").json()["sold"], "1");
}

TEST_F(LiveApiTest, PostingNeedsThePermissionAndTheRows) {
  serve_as("karl");
  const Answer refused = post(sale("1", "N"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("post_sales"), std::string::npos) << refused.body;
  EXPECT_EQ(ask("GET", "/api/v1/live").status, 200) << "looking needs none";
  serve_as("gast");
  EXPECT_EQ(post(sale("1", "N")).status, 403);
  EXPECT_EQ(ask("GET", "/api/v1/live").status, 403);
}

TEST_F(LiveApiTest, AMistakeInOneSaleIsToldAtItsPlaceAndTheOthersCount) {
  serve_as("owner");
  const std::string good = R"("id": "a", "item_id": "pot", "location_id": "N")";
  const std::pair<std::string, std::string> cases[] = {
      {"5", ""},
      {"{}", ".id"},
      {R"({"id": 5})", ".id"},
      {"{" + good + R"(, "time": "2026-03-02T05:00:00Z", "quantity": "1", "price": 3})", ".price"},
      {"{" + good + R"(, "time": "2026-03-02T05:00:00Z", "quantity": 1})", ".quantity"},
      {sale("", "N"), ".id"},
      {sale(std::string(201, 'x'), "N"), ".id"},
      {sale("b", "N", "NaN"), ".quantity"},
      {sale("b", "N", "inf"), ".quantity"},
      {sale("b", "N", "1e30"), ".quantity"},
      {sale("b", "N", "0"), ".quantity"},
      {sale("b", "N", "0.00001"), ".quantity"},
      {sale("b", "N", "1,5"), ".quantity"},
      {sale("b", "N", "10000000.0001"), ".quantity"},
      {sale("b", "N", std::string(60, '9')), ".quantity"},
      {sale("b", "N", "1", "2026-03-02"), ".time"},
      {sale("b", "N", "1", "2026-03-02T05:00:00"), ".time"},
      {sale("b", "N", "1", "2026-03-02 05:00:00Z"), ".time"},
      {sale("b", "N", "1", "2026-02-30T05:00:00Z"), ".time"},
      {sale("b", "N", "1", "yesterday"), ".time"},
  };
  std::string all = sale("first", "N");
  for (const auto& [text, place] : cases) all += ", " + text;
  const Json answer = post(all + ", " + sale("last", "N")).json();
  EXPECT_EQ(answer["accepted"], 2);
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const Json& item = answer["items"][i + 1];
    EXPECT_EQ(item["status"], "invalid") << cases[i].first;
    EXPECT_EQ(item["place"], fmt::format("body.sales[{}]{}", i + 1, cases[i].second)) << item.dump();
    EXPECT_FALSE(item["message"].get<std::string>().empty());
  }
  EXPECT_EQ(ask("GET", "/api/v1/live/pot/N").json()["sold"], "2");
  EXPECT_EQ(post(sale("r", "N", "-9")).json()["accepted"], 1);
  EXPECT_EQ(ask("GET", "/api/v1/live/pot/N").json()["sold"], "-7") << "more came back than was sold";
}

TEST_F(LiveApiTest, ARequestThatIsWrongAsAWholeCountsNothing) {
  serve_as("owner");
  std::string many = sale("0", "N");
  for (int k = 1; k <= 5'000; ++k) many += "," + sale(std::to_string(k), "N");
  const std::tuple<std::string, int, std::string> cases[] = {
      {"", 400, "body.sales"},
      {"{}", 400, "body.sales"},
      {R"({"sales": []})", 400, "body.sales"},
      {R"({"sales": {}})", 400, "body.sales"},
      {R"({"sales": [NaN]})", 400, ""},
      {R"({"sale": []})", 400, "body.sale"},
      {"[" + sale("1", "N") + "]", 400, "body"},
      {"{\"sales\": [" + many + "]}", info(ErrorCode::kLimit).http_status, "body.sales"},
  };
  for (const auto& [body, status, place] : cases) {
    const Answer answer = ask("POST", "/api/v1/sales", body);
    EXPECT_EQ(answer.status, status) << body.substr(0, 60) << answer.body;
    if (!place.empty()) EXPECT_EQ(answer.json()["place"], place);
  }
  EXPECT_GE(ask("POST", "/api/v1/sales", std::string(2'000'000, ' ')).status, 400);
  for (const char* target : {"/api/v1/live?limit=0", "/api/v1/live?limit=501", "/api/v1/live?burst=x", "/api/v1/live?colour=red",
                             "/api/v1/live/pot/N?x=1", "/api/v1/live?offset=-1"})
    EXPECT_EQ(ask("GET", target).status, 400) << target;
  EXPECT_EQ(ask("GET", "/api/v1/live/pot/N").json()["sold"], "0");
}

}  // namespace
}  // namespace sinan::api

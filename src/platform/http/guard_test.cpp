#include "platform/http/guard.hpp"

#include <gtest/gtest.h>

namespace sinan::http {
namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef";

Guard guard() { return Guard({kToken, "sinan_8080", {"127.0.0.1", "localhost"}}); }

Request request(std::map<std::string, std::string> headers, std::map<std::string, std::string> query = {}, Method method = Method::kGet) {
  headers.try_emplace("host", "127.0.0.1:8080");
  return Request{.method = method, .path = "/runs/a b", .query = std::move(query), .headers = std::move(headers)};
}

TEST(Guard, OnlyGoodCredentialsFromTheRightPlaceComeIn) {
  std::string bearer = "Bearer " + kToken;
  struct Case {
    const char* what;
    Request request;
    Access access;
    int status;  // 0: comes in
  };
  const Case cases[] = {
      {"bearer", request({{"authorization", bearer}}), Access::kToken, 0},
      {"nothing", request({}), Access::kToken, 401},
      {"wrong bearer", request({{"authorization", bearer + "x"}}), Access::kToken, 401},
      {"empty bearer", request({{"authorization", "Bearer "}}), Access::kToken, 401},
      {"token without the word", request({{"authorization", kToken}}), Access::kToken, 401},
      {"the token as cookie", request({{"cookie", "sinan_8080=" + kToken}}), Access::kToken, 401},
      {"public", request({}), Access::kPublic, 0},
      {"foreign host", request({{"host", "evil.example:8080"}, {"authorization", bearer}}), Access::kToken, 421},
      {"foreign host, public", request({{"host", "evil.example"}}), Access::kPublic, 421},
      {"no host", request({{"host", ""}}), Access::kPublic, 421},
      {"two hosts", request({{"host", "127.0.0.1, evil.example"}}), Access::kPublic, 421},
      {"a name that begins well", request({{"host", "127.0.0.1.evil.example"}}), Access::kPublic, 421},
      {"own origin", request({{"origin", "http://127.0.0.1:8080"}, {"authorization", bearer}}, {}, Method::kPost), Access::kToken, 0},
      {"foreign origin", request({{"origin", "https://evil.example"}, {"authorization", bearer}}, {}, Method::kPost), Access::kToken, 403},
      {"other port", request({{"origin", "http://127.0.0.1:9090"}, {"authorization", bearer}}, {}, Method::kPost), Access::kToken, 403},
      {"opaque origin", request({{"origin", "null"}, {"authorization", bearer}}), Access::kToken, 403},
      {"cross-site image", request({{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "no-cors"}, {"authorization", bearer}}),
       Access::kToken, 403},
      {"cross-site link", request({{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}, {"authorization", bearer}}),
       Access::kToken, 0},
      {"cross-site form",
       request({{"sec-fetch-site", "cross-site"}, {"sec-fetch-mode", "navigate"}, {"authorization", bearer}}, {}, Method::kPost),
       Access::kToken, 403},
  };
  for (const Case& c : cases) {
    auto answer = guard().judge(c.request, c.access);
    EXPECT_EQ(answer ? answer->status : 0, c.status) << c.what;
  }
}

TEST(Guard, OpeningTheAddressLeavesACookieAndACleanAddress) {
  auto answer = guard().judge(request({}, {{"token", kToken}, {"lang", "zh&x"}}), Access::kToken);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 303);
  std::map<std::string, std::string> headers(answer->headers.begin(), answer->headers.end());
  EXPECT_EQ(headers["Location"], "/runs/a%20b?lang=zh%26x");
  std::string set = headers["Set-Cookie"];
  EXPECT_NE(set.find("HttpOnly"), std::string::npos);
  EXPECT_NE(set.find("SameSite=Strict"), std::string::npos);
  EXPECT_EQ(set.find(kToken), std::string::npos) << "the cookie does not give the token away";
  std::string pair = set.substr(0, set.find(';'));
  EXPECT_FALSE(guard().judge(request({{"cookie", "other=1; " + pair}}), Access::kToken).has_value());
  EXPECT_TRUE(guard().judge(request({{"cookie", pair + "0"}}), Access::kToken).has_value());
  EXPECT_EQ(guard().judge(request({}, {{"token", "guess"}}), Access::kToken)->status, 401);
}

TEST(Router, LiteralSegmentsWinAndMethodsAreTold) {
  auto handler = [](const Request&) { return Response{}; };
  Router router({{Method::kGet, "/runs/{id}", handler}, {Method::kGet, "/runs/latest", handler}, {Method::kPost, "/runs", handler}});
  EXPECT_EQ(router.find(Method::kGet, "/runs/latest").route->pattern, "/runs/latest");
  auto match = router.find(Method::kHead, "/runs/a b");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.parameters.at("id"), "a b");
  EXPECT_EQ(router.find(Method::kGet, "/runs/").route, nullptr);
  EXPECT_EQ(router.find(Method::kDelete, "/runs/x").allowed, (std::vector<std::string>{"GET", "HEAD"}));
  EXPECT_TRUE(router.find(Method::kGet, "/other").allowed.empty());
  EXPECT_THROW(Router({{Method::kGet, "/{a}", handler}, {Method::kGet, "/{b}", handler}}), std::logic_error);
}

}  // namespace
}  // namespace sinan::http

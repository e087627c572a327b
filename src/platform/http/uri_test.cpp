// Expected values follow RFC 3986 and RFC 6265.
#include "platform/http/uri.hpp"

#include <gtest/gtest.h>

namespace sinan::http {
namespace {

TEST(Uri, TargetsAreDecoded) {
  auto target = parse_target("/api/v1/runs/a%20b%E4%B8%AD?x=1&y=a+b%26&y=last&flag");
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->path, "/api/v1/runs/a b中");
  EXPECT_EQ(target->query, (std::map<std::string, std::string>{{"x", "1"}, {"y", "last"}, {"flag", ""}}));
  EXPECT_EQ(parse_target("/")->path, "/");
  EXPECT_EQ(parse_target("/a/")->path, "/a/");
}

TEST(Uri, TargetsThatCouldMisleadAreRefused) {
  for (std::string_view bad : {"", "a", "*", "http://x/", "//evil.example/", "/%", "/%4", "/%zz", "/a%00b", "/a%0Ab", "/%FF", "/a%2Fb",
                               "/../etc", "/a/%2e%2e/b", "/./a", "/a%5Cb", "/a#b", "/a?x=%FF", "/a?x=%0d%0aSet-Cookie:"}) {
    EXPECT_FALSE(parse_target(bad).has_value()) << bad;
  }
  std::string many = "/?a";
  for (int i = 0; i < 101; ++i) many += "&a" + std::to_string(i);
  EXPECT_FALSE(parse_target(many).has_value());
}

TEST(Uri, EncodingAndDecodingAreInverse) {
  for (std::string_view text : {"", "plain", "a b&c=d?e/f#g%h+i", "中文 – ünï", "~._-"}) {
    EXPECT_EQ(percent_decode(percent_encode(text), true), text);
    EXPECT_EQ(percent_decode(percent_encode(text), false), text);
  }
}

TEST(Uri, CookiesAreFoundByTheirWholeName) {
  EXPECT_EQ(cookie("sinan_80=a; sinan_8080=b;sinan_8=c", "sinan_8080"), "b");
  EXPECT_EQ(cookie("x=1; x=2", "x"), "1");
  EXPECT_EQ(cookie("sinan=1", "sin"), "");
  EXPECT_EQ(cookie("", "x"), "");
  EXPECT_EQ(cookie(";;; =", "x"), "");
}

TEST(Uri, HostsAndOrigins) {
  const std::pair<std::string, std::optional<std::string>> hosts[] = {
      {"LocalHost:8080", "localhost"}, {"127.0.0.1", "127.0.0.1"}, {"[::1]:80", "[::1]"},     {"", std::nullopt},
      {"a b", std::nullopt},           {"x:y", std::nullopt},      {"[::1", std::nullopt},    {"user@host", std::nullopt},
      {"host, other", std::nullopt},   {":80", std::nullopt},      {"h:123456", std::nullopt}};
  for (const auto& [header, expected] : hosts) EXPECT_EQ(host_name(header), expected) << header;
  EXPECT_EQ(origin_host("http://LOCALHOST:80"), "localhost:80");
  EXPECT_FALSE(origin_host("null").has_value());
  EXPECT_FALSE(origin_host("file://").has_value());
  EXPECT_FALSE(origin_host("http://a/b").has_value());
}

TEST(Uri, AddressesToSendToAreTakenApart) {
  struct Case {
    const char* text;
    bool tls;
    const char* host;
    int port;
    const char* path;
  };
  for (const Case& c : {Case{"https://API.example.com/v1", true, "api.example.com", 443, "/v1"},
                        Case{"http://localhost:8080", false, "localhost", 8080, "/"},
                        Case{"http://[::1]:11434/v1/", false, "::1", 11434, "/v1/"}, Case{"http://10.0.0.7", false, "10.0.0.7", 80, "/"}}) {
    auto url = parse_url(c.text);
    ASSERT_TRUE(url.has_value()) << c.text;
    EXPECT_EQ(url->tls, c.tls);
    EXPECT_EQ(url->host, c.host);
    EXPECT_EQ(url->port, c.port);
    EXPECT_EQ(url->path, c.path);
  }
  for (const char* text : {"", "api.example.com/v1", "ftp://host/", "https://", "https:///v1", "https://me:secret@host/v1",
                           "https://host/v1?key=secret", "https://host/v1#part", "https://host:0/", "https://host:70000/", "https://host:/",
                           "https://[]/", "https://ho st/", "https://host/a b", "https://host/\r\nX: y", "https://host/caf\xc3\xa9"})
    EXPECT_FALSE(parse_url(text).has_value()) << text;
}

}  // namespace
}  // namespace sinan::http

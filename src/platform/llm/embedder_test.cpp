// Embeddings from a real server on loopback: what is sent, what is taken, and what is said of an endpoint that does not do its part.
#include "platform/llm/embedder.hpp"

#include <gtest/gtest.h>

#include "platform/llm/test_endpoint.hpp"

namespace sinan::llm {
namespace {

using std::chrono::milliseconds;

const std::string kKey = "sk-very-secret-0123456789";

EmbedderOptions options_for(const std::string& url) {
  return {.endpoint = url, .model = "m-small", .key = kKey, .ca_file = {}, .texts_per_request = 2, .first_pause = milliseconds{1}};
}

http::Response raw(int status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  http::Response out{.status = status, .body = std::move(body), .headers = std::move(headers)};
  return out;
}

TEST(Embedder, AsksInBatchesAndGivesVectorsOfLengthOneInOrder) {
  std::mutex mutex;
  std::vector<Json> asked;
  std::string authorization;
  TestEndpoint endpoint([&](const http::Request& request) {
    std::lock_guard guard(mutex);
    asked.push_back(*parse_json(request.body));
    authorization = request.header("authorization");
    return embeddings_of(request, [](const std::string& text) { return std::vector<double>{static_cast<double>(text.size()), 3}; });
  });
  EmbedderOptions options = options_for(endpoint.url() + "/");
  options.dimensions = 2;
  const std::vector<std::string> texts{"four", "罢工", "a", std::string(5'000, 'x'), "four"};
  auto vectors = embed(options, texts);
  ASSERT_TRUE(vectors) << vectors.error().text();
  ASSERT_EQ(vectors->size, 2U);
  ASSERT_EQ(vectors->values.size(), 10U);
  EXPECT_NEAR(vectors->of(0)[0], 0.8, 1e-7);
  EXPECT_NEAR(vectors->of(1)[0], 6 / std::sqrt(45), 1e-7);
  EXPECT_NEAR(vectors->of(3)[0], kMostCharacters / std::sqrt(1.0 * kMostCharacters * kMostCharacters + 9), 1e-7);
  EXPECT_EQ(vectors->of(0)[1], vectors->of(4)[1]);
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0]["input"], Json::array({"four", "罢工"}));
  EXPECT_EQ(asked[0]["model"], "m-small");
  EXPECT_EQ(asked[0]["dimensions"], 2);
  EXPECT_EQ(asked[0]["encoding_format"], "float");
  EXPECT_EQ(authorization, "Bearer " + kKey);
  EXPECT_EQ(embed(options, {})->values.size(), 0U);
}

TEST(Embedder, LongTextsAreCutBetweenCharacters) {
  std::string text;
  for (std::size_t c = 0; c < kMostCharacters + 5; ++c) text += "工";
  EXPECT_EQ(sent_part(text).size(), 3 * kMostCharacters);
  EXPECT_EQ(sent_part("short"), "short");
}

TEST(Embedder, TriesAgainWhatMaySucceedLater) {
  const auto good = [](const http::Request& request) { return embeddings_of(request, meanings({{"a"}})); };
  const std::vector<std::string> texts{"a"};
  struct Case {
    std::vector<http::Response> first;
    std::vector<std::int64_t> waits;  // ms
  };
  for (const Case& c : {Case{{raw(429, "{}")}, {1}}, Case{{raw(500, "oops"), raw(503, "")}, {1, 2}},
                        Case{{raw(429, "{}", {{"Retry-After", "2"}}), raw(408, "")}, {2'000, 2}},
                        Case{{raw(429, "{}", {{"Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"}})}, {1}}}) {
    std::atomic<std::size_t> turn = 0;
    TestEndpoint endpoint([&](const http::Request& request) {
      const std::size_t now = turn++;
      return now < c.first.size() ? c.first[now] : good(request);
    });
    std::vector<std::int64_t> waits;
    auto vectors = embed(options_for(endpoint.url()), texts, nullptr, [&](milliseconds pause) -> Status {
      waits.push_back(pause.count());
      return {};
    });
    EXPECT_TRUE(vectors) << vectors.error().text();
    EXPECT_EQ(waits, c.waits);
  }
}

TEST(Embedder, ErrorsNameTheEndpointAndTheWayOutAndNeverTheKey) {
  const auto nan_body = R"({"data": [{"index": 0, "embedding": [NaN, 1]}, {"index": 1, "embedding": [1, 2]}]})";
  const auto vector = [](const char* numbers, int index = 0) { return fmt::format(R"({{"index": {}, "embedding": {}}})", index, numbers); };
  auto two = [&](const char* first, const char* second) {
    return raw(200, fmt::format(R"({{"data": [{}, {}]}})", vector(first), vector(second, 1)));
  };
  struct Case {
    http::Response answer;
    ErrorCode code;
    const char* message;
    int requests;
  };
  const Case cases[] = {
      {raw(401, fmt::format(R"({{"error": {{"message": "Incorrect API key provided: {}"}}}})", kKey)), ErrorCode::kUnauthenticated,
       "does not accept the key (status 401)", 1},
      {raw(403, ""), ErrorCode::kUnauthenticated, "may use the model 'm-small'", 1},
      {raw(404, R"({"error": "model 'm-small' not found"})"), ErrorCode::kNotFound, "it says: model 'm-small' not found", 1},
      {raw(400, fmt::format(R"({{"error": {{"message": "bad {} request"}}}})", kKey)), ErrorCode::kInvalidInput, "it says: bad … request",
       1},
      {raw(307, "", {{"Location", "http://127.0.0.1:1/"}}), ErrorCode::kInvalidInput, "sends elsewhere (status 307)", 1},
      {raw(500, "broken\ndown"), ErrorCode::kUnavailable, "given up after 3 tries", 3},
      {raw(429, "", {{"Retry-After", "3600"}}), ErrorCode::kUnavailable, "asks to wait 3600 s", 1},
      {raw(200, "<html>"), ErrorCode::kCorrupt, "it is no JSON", 1},
      {raw(200, nan_body), ErrorCode::kCorrupt, "it is no JSON", 1},
      {raw(200, "[]"), ErrorCode::kCorrupt, "it has no list 'data'", 1},
      {raw(200, R"({"data": []})"), ErrorCode::kCorrupt, "0 vectors for 2 texts", 1},
      {two("[1, 2]", "[1, 2, 3]"), ErrorCode::kCorrupt, "vectors of 2 and of 3 numbers", 1},
      {two("[1, 2]", "[0, 0]"), ErrorCode::kCorrupt, "a vector of zeros", 1},
      {two("[1, 2]", "[1, null]"), ErrorCode::kCorrupt, "holds what is no number", 1},
      {two("[1, 2]", "[1e300, 1e300]"), ErrorCode::kCorrupt, "numbers too large", 1},
      {two("[]", "[]"), ErrorCode::kCorrupt, "a vector of 0 numbers", 1},
      {raw(200, fmt::format(R"({{"data": [{}, {}]}})", vector("[1]"), vector("[1]"))), ErrorCode::kCorrupt,
       "the index 0 is not of a text, or there twice", 1},
      {raw(200, fmt::format(R"({{"data": [{}, {}]}})", vector("[1]"), vector("[1]", 2))), ErrorCode::kCorrupt, "the index 2", 1},
      {raw(200, R"({"data": [{"embedding": [1]}, {"embedding": [1]}]})"), ErrorCode::kCorrupt, "a vector has no index", 1},
      {raw(200, std::string(20'000'000, ' ')), ErrorCode::kLimit, "the answer is larger than", 1},
  };
  const std::vector<std::string> texts{"one", "two"};
  for (const Case& c : cases) {
    TestEndpoint endpoint([&](const http::Request&) { return c.answer; });
    EmbedderOptions options = options_for(endpoint.url());
    options.tries = 3;
    auto vectors = embed(options, texts);
    ASSERT_FALSE(vectors) << c.message;
    const std::string text = vectors.error().text();
    EXPECT_EQ(vectors.error().code, c.code) << text;
    EXPECT_NE(text.find(c.message), std::string::npos) << text;
    EXPECT_NE(text.find(endpoint.url()), std::string::npos) << text;
    EXPECT_EQ(text.find(kKey), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_EQ(endpoint.requests(), c.requests) << text;
  }
}

TEST(Embedder, AnEndpointThatHangsOrIsGoneIsGivenUp) {
  const std::vector<std::string> texts{"one"};
  std::string gone;
  {
    TestEndpoint hanging([](const http::Request& request) {
      while (!request.cancel->cancelled()) std::this_thread::yield();
      return http::Response{};
    });
    gone = hanging.url();
    EmbedderOptions options = options_for(gone);
    options.tries = 2;
    options.timeout = milliseconds{100};
    auto vectors = embed(options, texts);
    ASSERT_FALSE(vectors);
    EXPECT_EQ(vectors.error().code, ErrorCode::kTimeout) << vectors.error().text();
    EXPECT_EQ(hanging.requests(), 2);
  }
  auto vectors = embed(options_for(gone), texts);
  ASSERT_FALSE(vectors);
  EXPECT_EQ(vectors.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(vectors.error().text().find(gone + ": the embedding endpoint cannot be asked"), std::string::npos) << vectors.error().text();
  CancelToken cancel;
  cancel.cancel();
  EXPECT_EQ(embed(options_for(gone), texts, &cancel).error().code, ErrorCode::kCancelled);
}

TEST(Embedder, SettingsAreCheckedBeforeAnythingIsSent) {
  auto error_of = [](EmbedderOptions options) { return check(options) ? "" : check(options).error().message; };
  EmbedderOptions good = options_for("https://api.example.com/v1");
  EXPECT_EQ(error_of(good), "");
  EmbedderOptions options = good;
  options.endpoint = "https://me:pass@host/v1";
  EXPECT_NE(error_of(options).find("without a user"), std::string::npos);
  EXPECT_EQ(error_of(options).find("pass@"), std::string::npos);
  options = good;
  options.model = " ";
  EXPECT_NE(error_of(options).find("needs the name of a model"), std::string::npos);
  options = good;
  options.key += "\n";
  EXPECT_NE(error_of(options).find("a line break"), std::string::npos);
  EXPECT_EQ(error_of(options).find(kKey), std::string::npos);
  options = good;
  options.endpoint = "http://10.1.2.3:8000/v1";
  EXPECT_NE(error_of(options).find("use https, or leave the key out"), std::string::npos);
  options.key.clear();
  EXPECT_EQ(error_of(options), "") << "a server of the house without a key";
  options.dimensions = 9'000;
  EXPECT_NE(error_of(options).find("1 to 8192"), std::string::npos);
  const std::vector<std::string> blank{"one", " \n"};
  EXPECT_EQ(embed(good, blank).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(embed(good, std::vector<std::string>(kMostTexts + 1, "x")).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace sinan::llm

// Vectors in the state: asked for once, the same bits ever after, nothing lost of what came before a failure, nothing kept for ever.
#include "operations/demand/events/vector_store.hpp"

#include <gtest/gtest.h>

#include "platform/llm/test_endpoint.hpp"

namespace sinan::demand {
namespace {

class VectorStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sinan-vectors-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    store_ = *storage::Store::open(dir_ / "state.db");
    endpoint_ = std::make_unique<llm::TestEndpoint>([this](const http::Request& request) -> http::Response {
      if (answers_-- <= 0) return {.status = 401, .body = "{}"};
      return llm::embeddings_of(request, llm::meanings({{"strike"}, {"sun"}}, others_));
    });
    options_ = {.endpoint = endpoint_->url(), .model = "m", .ca_file = {}};
  }
  void TearDown() override {
    endpoint_.reset();
    store_.reset();
    std::filesystem::remove_all(dir_);
  }

  Result<llm::Vectors> vectors(const std::vector<std::string>& texts, int day = 0) {
    SINAN_TRY(VectorStore kept, VectorStore::open(*store_));
    return kept.vectors(options_, texts, Date{std::chrono::days{20'000 + day}});
  }
  std::int64_t rows() {
    std::int64_t out = 0;
    EXPECT_TRUE(store_->read([&](storage::Session& session) {
      return session.query("SELECT count(*) FROM text_vectors", {}, [&](const storage::Row& row) -> Status {
        out = row.integer(0);
        return {};
      });
    }));
    return out;
  }

  std::filesystem::path dir_;
  std::unique_ptr<storage::Store> store_;
  std::atomic<int> answers_ = 1'000;
  std::atomic<std::size_t> others_ = 16;
  std::unique_ptr<llm::TestEndpoint> endpoint_;
  llm::EmbedderOptions options_;
};

TEST_F(VectorStoreTest, EachTextIsAskedForOnceAndStaysTheSame) {
  auto first = vectors({"a strike", "罢工", "sun"});
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->size, 19U);
  const auto exact = llm::embed(options_, std::vector<std::string>{"a strike"});
  for (std::size_t d = 0; d < exact->size; ++d) EXPECT_NEAR(first->of(0)[d], exact->of(0)[d], 1e-4);
  const int asked = endpoint_->requests();
  answers_ = 0;
  auto again = vectors({"sun", "a strike"});
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(endpoint_->requests(), asked);
  EXPECT_TRUE(std::ranges::equal(again->of(1), first->of(0)));
  EXPECT_TRUE(std::ranges::equal(again->of(0), first->of(2)));
  answers_ = 1;
  auto more = vectors({"sun", "new"});
  ASSERT_TRUE(more) << more.error().text();
  EXPECT_TRUE(std::ranges::equal(more->of(0), first->of(2)));
  EXPECT_EQ(rows(), 4);
  EXPECT_FALSE(vectors({"sun", "newer"})) << "not all have one, so none has";
  answers_ = 10;
  options_.dimensions = 19;
  EXPECT_TRUE(vectors({"sun"}));
  options_.model = "another";
  EXPECT_TRUE(vectors({"sun"}));
  EXPECT_EQ(rows(), 6) << "other dimensions and other models are other vectors";
  EXPECT_EQ(vectors({})->values.size(), 0U);
}

TEST_F(VectorStoreTest, AFailureLosesNothingOfWhatCameBeforeIt) {
  std::vector<std::string> texts;
  for (int k = 0; k < 700; ++k) texts.push_back(fmt::format("text {}", k));
  answers_ = 9;  // of 64 texts each; 512 are kept at once
  EXPECT_FALSE(vectors(texts));
  EXPECT_EQ(rows(), 512);
  answers_ = 3;
  EXPECT_TRUE(vectors(texts)) << "188 are left";
  EXPECT_EQ(rows(), 700);
}

TEST_F(VectorStoreTest, AModelThatChangedItsSizeIsAskedForAll) {
  ASSERT_TRUE(vectors({"strike", "sun"}));
  others_ = 20;
  auto now = vectors({"strike", "sun", "rain"});
  ASSERT_TRUE(now) << now.error().text();
  EXPECT_EQ(now->size, 23U);
  EXPECT_EQ(rows(), 3);
}

TEST_F(VectorStoreTest, WhatNobodyAsksForIsForgottenAfterThreeMonths) {
  ASSERT_TRUE(vectors({"old", "used"}));
  for (int day : {5, 30, 60, 90}) ASSERT_TRUE(vectors({"used"}, day));
  EXPECT_EQ(rows(), 2);
  const int asked = endpoint_->requests();
  ASSERT_TRUE(vectors({"used"}, 91));
  EXPECT_EQ(rows(), 1);
  ASSERT_TRUE(vectors({"used"}, 20)) << "a replay of an earlier day";
  EXPECT_EQ(endpoint_->requests(), asked);
}

TEST(EmbeddingSettings, AreReadWithTheirKeyAndMistakesAreTold) {
  EmbeddingSettings settings{
      .endpoint = {"https://api.example.com/v1", {}}, .model = "m", .key = Secret("${SINAN_TEST_NO_KEY}", {"sinan.yaml", 5, 8})};
  auto missing = embedder_of(settings, "/company");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kPrecondition);
  EXPECT_EQ(missing.error().place, "sinan.yaml:5:8");
  settings.key = Secret("k-1", {});
  settings.ca_file = "ca.pem";
  settings.dimensions = 64;
  auto options = embedder_of(settings, "/company");
  ASSERT_TRUE(options) << options.error().text();
  EXPECT_EQ(options->key, "k-1");
  EXPECT_EQ(options->ca_file, "/company/ca.pem");
  EXPECT_EQ(options->dimensions, 64);
}

}  // namespace
}  // namespace sinan::demand

// An embedding endpoint on loopback, for tests: answers as it is told, on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.hpp"
#include "platform/http/server.hpp"

namespace sinan::llm {

class TestEndpoint {
 public:
  // `answer` may be called from several threads at once.
  explicit TestEndpoint(http::Handler answer) {
    auto counted = [this, answer = std::move(answer)](const http::Request& request) {
      ++requests_;
      return answer(request);
    };
    auto server =
        http::Server::open({.token = std::string(32, 't'), .max_body_bytes = 16U << 20U, .stop_timeout = std::chrono::milliseconds{100}},
                           {{http::Method::kPost, "/v1/embeddings", counted, http::Access::kPublic}});
    if (!server) broken("a port of loopback is free");
    server_ = std::move(*server);
    thread_ = std::thread([this] { (void)server_->run(stop_); });
  }
  ~TestEndpoint() {
    stop_.cancel();
    thread_.join();
  }
  std::string url() const { return server_->address() + "/v1"; }
  int requests() const { return requests_; }

 private:
  std::atomic<int> requests_ = 0;
  CancelToken stop_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

using VectorOf = std::function<std::vector<double>(const std::string& text)>;

// {"data": [{"index", "embedding"}]}, the last text first.
inline http::Response embeddings_of(const http::Request& request, const VectorOf& vector_of) {
  const auto asked = parse_json(request.body);
  if (!asked) return http::error_response(asked.error());
  Json data = Json::array();
  const Json& input = (*asked)["input"];
  for (std::size_t i = input.size(); i-- > 0;)
    data.push_back(Json{{"object", "embedding"}, {"index", i}, {"embedding", vector_of(input[i].get<std::string>())}});
  return http::json_response(Json{{"object", "list"}, {"data", std::move(data)}, {"model", (*asked)["model"]}});
}

// As a model for embeddings might see texts: one axis for each group of words that mean the same, one that all texts share, and a little
// of many others by the text's hash.
inline VectorOf meanings(std::vector<std::vector<std::string>> synonyms, std::size_t others = 16) {
  return [synonyms = std::move(synonyms), others](const std::string& text) {
    std::vector<double> out{0.5};
    for (const auto& group : synonyms)
      out.push_back(std::ranges::any_of(group, [&](const std::string& word) { return text.find(word) != std::string::npos; }) ? 1 : 0);
    for (std::size_t o = 0; o < others; ++o) out.push_back((static_cast<double>(hash(text, o) % 2'001) - 1'000) / 8'000);
    return out;
  };
}

}  // namespace sinan::llm

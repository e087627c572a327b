#include "platform/llm/embedder.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <thread>

#include "base/json.hpp"
#include "base/text.hpp"
#include "platform/http/client.hpp"
#include "platform/http/uri.hpp"

namespace sinan::llm {
namespace {

using std::chrono::milliseconds;
using Wait = std::function<Status(milliseconds)>;

constexpr std::size_t kBytesPerNumber = 32;  // of JSON
constexpr std::size_t kOtherBytes = 1U << 20U;
constexpr std::size_t kShownBytes = 300;  // of what an endpoint says

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// What to say of a failed answer; the key is taken out, should the endpoint repeat it.
std::string said_by(const http::Answer& answer, const std::string& key) {
  std::string text = answer.body;
  if (auto json = parse_json(text); json && json->is_object() && json->contains("error")) {
    const Json& error = (*json)["error"];
    const Json& message = error.is_object() && error.contains("message") ? error["message"] : error;
    if (message.is_string()) text = message.get<std::string>();
  }
  for (std::size_t at = 0; !key.empty() && (at = text.find(key)) != std::string::npos;) text.replace(at, key.size(), "…");
  if (text.size() > kShownBytes) text = text.substr(0, kShownBytes) + " …";
  return is_blank(text) ? "" : fmt::format("; it says: {}", visible(text));
}

class Embedding {
 public:
  Embedding(const EmbedderOptions& options, std::span<const std::string> texts, const CancelToken* cancel, Wait wait)
      : options_(options), texts_(texts), cancel_(cancel), wait_(std::move(wait)) {
    url_ = options.endpoint;
    while (url_.ends_with('/')) url_.pop_back();
    url_ += "/embeddings";
    if (!wait_) wait_ = [this](milliseconds pause) { return sleep(pause); };
  }

  Result<Vectors> all() {
    for (std::size_t first = 0; first < texts_.size(); first += options_.texts_per_request) {
      const auto batch = texts_.subspan(first, std::min(options_.texts_per_request, texts_.size() - first));
      SINAN_TRY(const http::Answer answer, ask(batch));
      SINAN_CHECK(take(answer, batch.size()));
    }
    return std::move(out_);
  }

 private:
  std::unexpected<Error> bad(ErrorCode code, std::string message) const { return fail(code, std::move(message), options_.endpoint); }

  Status sleep(milliseconds pause) const {
    for (milliseconds slept{0}; slept < pause; slept += milliseconds{100}) {
      if (cancel_) SINAN_CHECK(cancel_->check());
      std::this_thread::sleep_for(std::min(pause - slept, milliseconds{100}));
    }
    return {};
  }

  http::Post post_of(std::span<const std::string> batch) const {
    Json input = Json::array();
    for (const std::string& text : batch) input.push_back(std::string(sent_part(text)));
    Json body{{"model", options_.model}, {"input", std::move(input)}, {"encoding_format", "float"}};
    if (options_.dimensions > 0) body["dimensions"] = options_.dimensions;
    http::Post out{.url = url_, .body = dump(body), .headers = {}};
    if (!options_.key.empty()) out.headers.emplace_back("Authorization", "Bearer " + options_.key);
    return out;
  }

  // The answer of success, after as many tries as are allowed.
  Result<http::Answer> ask(std::span<const std::string> batch) {
    const http::Post post = post_of(batch);
    const auto most = static_cast<std::size_t>(options_.dimensions > 0 ? options_.dimensions : kMostDimensions);
    const http::ClientOptions how{
        .ca_file = options_.ca_file, .timeout = options_.timeout, .max_answer_bytes = kOtherBytes + batch.size() * most * kBytesPerNumber};
    milliseconds pause = options_.first_pause;
    for (int tried = 1;; ++tried, pause *= 2) {
      auto answer = http::post_json(post, how, cancel_);
      if (answer && answer->status == 200) return answer;
      Error why = answer ? refusal(*answer) : std::move(answer).error();
      if (why.place != options_.endpoint) why = std::move(why).within("the embedding endpoint cannot be asked", options_.endpoint);
      if (!info(why.code).retry) return fail(std::move(why));
      if (tried >= options_.tries) return fail(std::move(why).within(fmt::format("given up after {} tries", tried)));
      const auto asked = answer ? retry_after(*answer) : std::nullopt;
      if (asked && *asked > options_.longest_pause)
        return fail(std::move(why).within(fmt::format("given up, as the endpoint asks to wait {} s", asked->count() / 1'000)));
      SINAN_CHECK(wait_(std::min(asked.value_or(pause), options_.longest_pause)));
    }
  }

  static std::optional<milliseconds> retry_after(const http::Answer& answer) {
    auto header = answer.headers.find("retry-after");
    if (header == answer.headers.end()) return std::nullopt;
    int seconds = 0;
    const char* end = header->second.data() + header->second.size();
    auto [stop, error] = std::from_chars(header->second.data(), end, seconds);
    if (error != std::errc() || stop != end || seconds < 0) return std::nullopt;  // a date: the usual pause
    return milliseconds{std::int64_t{seconds} * 1'000};
  }

  Error refusal(const http::Answer& answer) const {
    const std::string said = said_by(answer, options_.key);
    auto error = [&](ErrorCode code, std::string message) { return Error{code, std::move(message), options_.endpoint}; };
    if (answer.status == 401 || answer.status == 403)  // what it says of a key is not repeated
      return error(ErrorCode::kUnauthenticated,
                   options_.key.empty() ? fmt::format("the embedding endpoint asks for a key (status {}); set one", answer.status)
                                        : fmt::format("the embedding endpoint does not accept the key (status {}); check that it is whole, "
                                                      "not expired, and may use the model '{}'",
                                                      answer.status, options_.model));
    if (answer.status == 404)
      return error(ErrorCode::kNotFound, fmt::format("the embedding endpoint knows no {} or no model '{}' (status 404); check both{}", url_,
                                                     visible(options_.model), said));
    if (answer.status == 429)
      return error(ErrorCode::kUnavailable, fmt::format("the embedding endpoint takes no more requests now (status 429){}", said));
    if (answer.status >= 500 || answer.status == 408)
      return error(ErrorCode::kUnavailable, fmt::format("the embedding endpoint failed (status {}){}", answer.status, said));
    if (answer.status >= 300 && answer.status < 400)
      return error(ErrorCode::kInvalidInput,
                   fmt::format("the embedding endpoint sends elsewhere (status {}), which is not followed; name the address where it is",
                               answer.status));
    return error(ErrorCode::kInvalidInput,
                 fmt::format("the embedding endpoint refuses the request (status {}); check the model '{}' and its "
                             "dimensions{}",
                             answer.status, visible(options_.model), said));
  }

  // Appends the vectors of one answer.
  Status take(const http::Answer& answer, std::size_t count) {
    auto wrong = [&](std::string what) {
      return bad(ErrorCode::kCorrupt, fmt::format("the embedding endpoint's answer is not what was asked for: {}; is it an endpoint like "
                                                  "OpenAI's, and '{}' a model for embeddings?",
                                                  what, visible(options_.model)));
    };
    auto json = parse_json(answer.body);
    if (!json) return wrong("it is no JSON");
    if (!json->is_object() || !json->contains("data") || !(*json)["data"].is_array()) return wrong("it has no list 'data'");
    const Json& data = (*json)["data"];
    if (data.size() != count) return wrong(fmt::format("{} vectors for {} texts", data.size(), count));
    std::vector<const Json*> ordered(count, nullptr);
    for (const Json& item : data) {
      if (!item.is_object() || !item.contains("index") || !item["index"].is_number_integer()) return wrong("a vector has no index");
      const auto index = item["index"].get<std::int64_t>();
      if (index < 0 || static_cast<std::size_t>(index) >= count || ordered[static_cast<std::size_t>(index)])
        return wrong(fmt::format("the index {} is not of a text, or there twice", index));
      if (!item.contains("embedding") || !item["embedding"].is_array()) return wrong("a vector has no numbers");
      ordered[static_cast<std::size_t>(index)] = &item["embedding"];
    }
    for (const Json* vector : ordered)
      if (auto added = append(*vector); !added) return wrong(added.error().message);
    return {};
  }

  // One vector, made of length 1.
  Status append(const Json& vector) {
    auto wrong = [](std::string what) { return fail(ErrorCode::kCorrupt, std::move(what)); };
    if (out_.size == 0) out_.size = vector.size();
    if (vector.size() != out_.size) return wrong(fmt::format("vectors of {} and of {} numbers", out_.size, vector.size()));
    if (options_.dimensions > 0 && vector.size() != static_cast<std::size_t>(options_.dimensions))
      return wrong(fmt::format("a vector of {} numbers instead of {} dimensions", vector.size(), options_.dimensions));
    if (vector.empty() || vector.size() > static_cast<std::size_t>(kMostDimensions))
      return wrong(fmt::format("a vector of {} numbers; it must be 1 to {}", vector.size(), kMostDimensions));
    double squares = 0;
    for (const Json& number : vector) {
      if (!number.is_number() || !std::isfinite(number.get<double>())) return wrong("a vector holds what is no number");
      squares += number.get<double>() * number.get<double>();
    }
    if (!(squares > 0) || !std::isfinite(squares)) return wrong("a vector of zeros, or of numbers too large");
    for (const Json& number : vector) out_.values.push_back(static_cast<float>(number.get<double>() / std::sqrt(squares)));
    return {};
  }

  const EmbedderOptions& options_;
  std::span<const std::string> texts_;
  const CancelToken* cancel_;
  Wait wait_;
  std::string url_;
  Vectors out_;
};

}  // namespace

std::string_view sent_part(std::string_view text) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U && ++characters > kMostCharacters) return text.substr(0, at);
  return text;
}

Status check(const EmbedderOptions& options) {
  auto bad = [&](std::string message) { return fail(ErrorCode::kInvalidInput, std::move(message)); };
  const auto url = http::parse_url(options.endpoint);
  if (!url)
    return bad(
        "the embedding endpoint must be an address such as https://api.example.com/v1 or http://localhost:11434/v1, without a user, a "
        "password or a ?query");
  if (is_blank(options.model)) return bad("the embedding endpoint needs the name of a model");
  if (std::ranges::any_of(options.key, [](char c) { return c <= 0x20 || c == 0x7F; }))
    return bad("the key of the embedding endpoint has a space, a line break or another character that no key has");
  const bool own = url->host == "localhost" || url->host == "::1" || url->host.starts_with("127.");
  if (!options.key.empty() && !url->tls && !own)
    return bad(fmt::format("the key would travel to {} for all to read; use https, or leave the key out", options.endpoint));
  if (options.dimensions < 0 || options.dimensions > kMostDimensions)
    return bad(fmt::format("the dimensions of embeddings must be 1 to {}, or 0 for as many as the model has, not {}", kMostDimensions,
                           options.dimensions));
  return {};
}

Result<Vectors> embed(const EmbedderOptions& options, std::span<const std::string> texts, const CancelToken* cancel, const Wait& wait) {
  SINAN_CHECK(check(options));
  if (texts.size() > kMostTexts)
    return fail(ErrorCode::kLimit, fmt::format("{} texts to embed, more than {}; leave out the oldest", texts.size(), kMostTexts));
  for (const std::string& text : texts)
    if (is_blank(text)) return fail(ErrorCode::kInvalidInput, "a blank text has no embedding");
  return Embedding(options, texts, cancel, wait).all();
}

}  // namespace sinan::llm

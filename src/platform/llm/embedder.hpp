// Embeddings: texts in, vectors out that lie near each other where texts mean alike, by an endpoint that speaks as OpenAI's does
// (POST {endpoint}/embeddings; OpenAI, Azure, vLLM, Ollama, llama.cpp and many others).
//
// The texts leave the house to that endpoint.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.hpp"
#include "base/result.hpp"

namespace sinan::llm {

inline constexpr std::size_t kMostCharacters = 4'000;  // of a text that are sent: 8,192 tokens at two a character
inline constexpr std::size_t kMostTexts = 200'000;     // of one call
inline constexpr int kMostDimensions = 8'192;

struct EmbedderOptions {
  std::string endpoint;  // "https://api.example.com/v1"; without TLS only to the own machine, or without a key
  std::string model;
  std::string key;                            // sent as a bearer token; never in a message. Empty: none
  int dimensions = 0;                         // asked for, where the model can give fewer; 0: as many as it has
  std::filesystem::path ca_file;              // as of http::ClientOptions
  std::chrono::milliseconds timeout{30'000};  // of one request
  std::size_t texts_per_request = 64;
  int tries = 4;  // of one request, after 429, 5xx, a time-out or a connection that fails
  // Before the second try; twice as long before each further one. An answer's Retry-After counts instead; one that asks for more than
  // longest_pause is not waited for.
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds longest_pause{30'000};
};

// Of all texts, one after the other: `size` numbers each, of length 1.
struct Vectors {
  std::size_t size = 0;
  std::vector<float> values;

  std::span<const float> of(std::size_t i) const { return std::span(values).subspan(i * size, size); }
};

// A text as it is sent: its first kMostCharacters.
std::string_view sent_part(std::string_view text);

// What is wrong with the endpoint's address, the model's name or the key, without asking: kInvalidInput.
Status check(const EmbedderOptions& options);

// In order of the texts, of which none may be blank. Blocks; any thread. Errors name the endpoint: kUnauthenticated for a key that is not
// accepted, kNotFound for an address or a model that is not there, kInvalidInput for other refusals, kUnavailable or kTimeout after the
// last try, kCorrupt for an answer that is not what was asked for (no JSON, other texts, other sizes, zeros), kLimit for too many texts
// or an answer that is too large. `wait` lets time pass between tries, and may return an error to stop; by default it sleeps, and looks at
// `cancel` ten times a second.
Result<Vectors> embed(const EmbedderOptions& options, std::span<const std::string> texts, const CancelToken* cancel = nullptr,
                      const std::function<Status(std::chrono::milliseconds)>& wait = {});

}  // namespace sinan::llm

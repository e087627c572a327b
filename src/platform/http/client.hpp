// A small HTTP/1.1 client: one POST of JSON, over TLS where the address begins with https.
//
// The certificate must be signed by one of the system's authorities (OpenSSL's defaults; SSL_CERT_FILE and SSL_CERT_DIR change them) or
// of `ca_file`, and be made out to the host of the address. A redirect is an answer like others: it is never followed, so what is sent
// goes to no other host. No proxy is used. Blocks; any thread. One connection a call.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.hpp"
#include "base/result.hpp"

namespace sinan::http {

struct ClientOptions {
  std::filesystem::path ca_file;              // PEM; its authorities are trusted beside the system's. Empty: none
  std::chrono::milliseconds timeout{60'000};  // from the call to the whole answer
  std::size_t max_answer_bytes = 64U << 20U;
};

struct Post {
  std::string url;   // uri.hpp, parse_url()
  std::string body;  // JSON
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in small letters; of a doubled header the last counts
  std::string body;
};

// Any status is an answer. Errors name the host and port, never a header or the body: kInvalidInput for a bad address or header;
// kPrecondition for a certificate that is not trusted, or a CA file that cannot be read; kLimit for a larger answer; kTimeout, also while
// the name is looked up, though the call returns only when the system's resolver does; kCancelled within a tenth of a second; kUnavailable
// for all else: a name that cannot be found, a connection that is refused or broken off, an answer that is no HTTP.
Result<Answer> post_json(const Post& post, const ClientOptions& options, const CancelToken* cancel = nullptr);

}  // namespace sinan::http

// The client against real sockets: servers that answer, refuse, lie, break off, hang or never end, with and without TLS.
#include "platform/http/client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace sinan::http {
namespace {

using std::chrono::milliseconds;

// Takes one connection after the other on a thread of its own, and does what it is told with each.
class RawServer {
 public:
  explicit RawServer(std::function<void(int)> work) : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
    std::signal(SIGPIPE, SIG_IGN);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening_, 16), 0);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, work = std::move(work)] {
      for (int connection; (connection = ::accept(listening_, nullptr, nullptr)) >= 0; ::close(connection)) {
        timeval guard{20, 0};
        ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
        work(connection);
      }
    });
  }
  ~RawServer() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  int port() const { return port_; }

 private:
  int listening_;
  int port_ = 0;
  std::thread thread_;
};

bool whole(std::string_view request) {
  const std::size_t end = request.find("\r\n\r\n"), at = request.find("Content-Length: ");
  return end != std::string_view::npos && at < end && request.size() >= end + 4 + std::stoul(std::string(request.substr(at + 16, 10)));
}

std::string read_request(int connection) {
  std::string out;
  char buffer[4096];
  while (!whole(out)) {
    const ssize_t size = ::recv(connection, buffer, sizeof buffer, 0);
    if (size <= 0) break;
    out.append(buffer, static_cast<std::size_t>(size));
  }
  return out;
}

bool send_all(int connection, std::string_view bytes) {
  return ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

// Until the client has gone.
void wait_for_end(int connection) {
  char buffer[4096];
  while (::recv(connection, buffer, sizeof buffer, 0) > 0) {
  }
}

std::string answer_of(std::string_view status, std::string_view body, std::string_view more = {}) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), more, body);
}

Post post_to(int port, std::string_view scheme = "http", std::string_view host = "127.0.0.1") {
  return {.url = fmt::format("{}://{}:{}/v1/embeddings", scheme, host, port),
          .body = R"({"ask": "中文"})",
          .headers = {{"Authorization", "Bearer k"}}};
}

TEST(Client, SendsTheBodyWithItsHeadersAndReadsTheAnswer) {
  std::string seen;
  RawServer server([&](int connection) {
    seen = read_request(connection);
    send_all(connection, answer_of("429 Too Many Requests", "{\"a\": 1}", "Retry-AFTER: 7\r\n"));
  });
  auto answer = post_json(post_to(server.port()), {});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 429) << "any status is an answer";
  EXPECT_EQ(answer->headers.at("retry-after"), "7");
  EXPECT_EQ(answer->body, "{\"a\": 1}");
  EXPECT_TRUE(seen.starts_with("POST /v1/embeddings HTTP/1.1\r\n")) << seen;
  EXPECT_TRUE(seen.ends_with("\r\n\r\n{\"ask\": \"中文\"}")) << seen;
  for (const std::string& header : {std::string("Authorization: Bearer k"), fmt::format("Host: 127.0.0.1:{}", server.port()),
                                    std::string("Content-Type: application/json")})
    EXPECT_NE(seen.find(header + "\r\n"), std::string::npos) << header;
}

TEST(Client, FollowsNoRedirect) {
  std::atomic<int> asked = 0;
  RawServer other([&](int connection) {
    ++asked;
    send_all(connection, answer_of("200 OK", "{}"));
  });
  RawServer server([&](int connection) {
    read_request(connection);
    send_all(connection, answer_of("307 Temporary Redirect", "", fmt::format("Location: http://127.0.0.1:{}/\r\n", other.port())));
  });
  auto answer = post_json(post_to(server.port()), {});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->status, 307);
  EXPECT_EQ(asked, 0);
}

// What a server does, and which error names it.
TEST(Client, ServersThatMisbehaveAreGivenUp) {
  struct Case {
    const char* name;
    std::function<void(int)> work;
    ErrorCode code;
    const char* message;
  };
  const ClientOptions options{.ca_file = {}, .timeout = milliseconds{400}, .max_answer_bytes = 100'000};
  const Case cases[] = {
      {"breaks off", [](int c) { read_request(c); }, ErrorCode::kUnavailable, "reading the answer failed"},
      {"breaks off in the body",
       [](int c) {
         read_request(c);
         send_all(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
       },
       ErrorCode::kUnavailable, "reading the answer failed"},
      {"speaks no HTTP",
       [](int c) {
         read_request(c);
         send_all(c, "220 mail.example.com\r\n");
       },
       ErrorCode::kUnavailable, "reading the answer failed"},
      {"never answers", wait_for_end, ErrorCode::kTimeout, "no whole answer within 400 ms; given up while waiting for the answer"},
      {"sends a body without an end",
       [](int c) {
         read_request(c);
         send_all(c, "HTTP/1.1 200 OK\r\n\r\n");
         while (send_all(c, std::string(10'000, 'x'))) {
         }
       },
       ErrorCode::kLimit, "larger than 100000 bytes"},
      {"sends chunks without an end",
       [](int c) {
         read_request(c);
         send_all(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
         while (send_all(c, "3e8\r\n" + std::string(1'000, 'x') + "\r\n")) {
         }
       },
       ErrorCode::kLimit, "larger than 100000 bytes"},
      {"announces too much",
       [](int c) {
         read_request(c);
         send_all(c, "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n");
         wait_for_end(c);
       },
       ErrorCode::kLimit, "larger than 100000 bytes"},
      {"sends headers without an end",
       [](int c) {
         read_request(c);
         send_all(c, "HTTP/1.1 200 OK\r\n");
         while (send_all(c, "X: " + std::string(1'000, 'x') + "\r\n")) {
         }
       },
       ErrorCode::kLimit, "its headers than 65536"},
  };
  for (const Case& c : cases) {
    RawServer server(c.work);
    auto answer = post_json(post_to(server.port()), options);
    ASSERT_FALSE(answer) << c.name;
    EXPECT_EQ(answer.error().code, c.code) << c.name << ": " << answer.error().text();
    EXPECT_NE(answer.error().message.find(c.message), std::string::npos) << c.name << ": " << answer.error().text();
    EXPECT_EQ(answer.error().place, fmt::format("127.0.0.1:{}", server.port())) << c.name;
  }
}

TEST(Client, HostsThatAreNotThereAreNamed) {
  int gone = 0;
  {
    RawServer server([](int) {});
    gone = server.port();
  }
  auto refused = post_json(post_to(gone), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().message.find("connecting failed: Connection refused"), std::string::npos) << refused.error().text();
  auto unknown = post_json({.url = "https://no-such-host.invalid/v1", .body = "{}", .headers = {}}, {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(unknown.error().message.find("the host 'no-such-host.invalid' cannot be found"), std::string::npos) << unknown.error().text();
  EXPECT_EQ(post_json({.url = "example.com", .body = "{}", .headers = {}}, {}).error().code, ErrorCode::kInvalidInput);
  auto broken = post_json({.url = "http://127.0.0.1:1/", .body = "{}", .headers = {{"Authorization", "Bearer secret\r\nX: y"}}}, {});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(broken.error().text().find("secret"), std::string::npos);
}

TEST(Client, StopsWhenAsked) {
  CancelToken cancel;
  RawServer server([&](int connection) {
    read_request(connection);
    cancel.cancel();
    wait_for_end(connection);
  });
  auto answer = post_json(post_to(server.port()), {}, &cancel);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kCancelled);
}

template <typename T, void (*Free)(T*)>
struct Freed {
  void operator()(T* value) const { Free(value); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

void extend(X509* certificate, int what, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
  ASSERT_NE(extension, nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signed by `authority`, or by itself; `names`: "DNS:localhost", or empty: an authority.
Certificate certificate_of(EVP_PKEY* key, const char* name, const char* names, X509* authority, EVP_PKEY* authority_key) {
  Certificate out(X509_new());
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), authority ? 2 : 1);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), 3'600);
  X509_set_pubkey(out.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(out.get(), X509_get_subject_name(authority ? authority : out.get()));
  if (*names) extend(out.get(), NID_subject_alt_name, names);
  if (!*names) extend(out.get(), NID_basic_constraints, "critical,CA:TRUE");
  EXPECT_GT(X509_sign(out.get(), authority_key, EVP_sha256()), 0);
  return out;
}

class TlsClient : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "sinan-tls-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    authority_key_.reset(EVP_EC_gen("P-256"));
    key_.reset(EVP_EC_gen("P-256"));
    authority_ = certificate_of(authority_key_.get(), "Test authority", "", nullptr, authority_key_.get());
    std::FILE* file = std::fopen(ca_file().c_str(), "w");
    ASSERT_NE(file, nullptr);
    PEM_write_X509(file, authority_.get());
    std::fclose(file);
  }
  void TearDown() override {
    server_.reset();
    SSL_CTX_free(context_);
    std::filesystem::remove_all(dir_);
  }

  std::filesystem::path ca_file() const { return dir_ / "ca.pem"; }
  // Answers any request, with a certificate for `names`.
  void serve(const char* names) {
    certificate_ = certificate_of(key_.get(), "Test server", names, authority_.get(), authority_key_.get());
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, certificate_.get());
    SSL_CTX_use_PrivateKey(context_, key_.get());
    server_ = std::make_unique<RawServer>([this](int connection) {
      SSL* tls = SSL_new(context_);
      SSL_set_fd(tls, connection);
      if (SSL_accept(tls) == 1) {
        std::string request;
        char buffer[4096];
        while (!whole(request)) {
          const int size = SSL_read(tls, buffer, sizeof buffer);
          if (size <= 0) break;
          request.append(buffer, static_cast<std::size_t>(size));
        }
        ++asked_;
        const std::string answer = answer_of("200 OK", "{\"secure\": true}");
        SSL_write(tls, answer.data(), static_cast<int>(answer.size()));
        SSL_shutdown(tls);
      }
      SSL_free(tls);
    });
  }

  std::filesystem::path dir_;
  Key authority_key_, key_;
  Certificate authority_, certificate_;
  SSL_CTX* context_ = nullptr;
  std::unique_ptr<RawServer> server_;
  std::atomic<int> asked_ = 0;
};

TEST_F(TlsClient, TrustsAnAuthorityOfTheCompany) {
  serve("DNS:localhost,IP:127.0.0.1");
  for (const char* host : {"localhost", "127.0.0.1"}) {
    auto answer = post_json(post_to(server_->port(), "https", host), {.ca_file = ca_file()});
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->body, "{\"secure\": true}");
  }
}

TEST_F(TlsClient, SendsNothingToWhomItCannotTrust) {
  serve("DNS:other.example");
  struct Case {
    std::filesystem::path ca_file;
    const char* message;
  };
  for (const Case& c : {Case{{}, "unable to get local issuer certificate"}, Case{ca_file(), "hostname mismatch"}}) {
    auto answer = post_json(post_to(server_->port(), "https", "localhost"), {.ca_file = c.ca_file});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kPrecondition) << answer.error().text();
    EXPECT_NE(answer.error().message.find("the certificate of localhost is not trusted: "), std::string::npos) << answer.error().text();
    EXPECT_NE(answer.error().message.find(c.message), std::string::npos) << answer.error().text();
  }
  EXPECT_EQ(asked_, 0);
  auto no_file = post_json(post_to(server_->port(), "https"), {.ca_file = dir_ / "none.pem"});
  ASSERT_FALSE(no_file);
  EXPECT_EQ(no_file.error().code, ErrorCode::kPrecondition);
  RawServer plain([](int connection) {
    char buffer[64];
    (void)::recv(connection, buffer, sizeof buffer, 0);
    send_all(connection, answer_of("400 Bad Request", ""));
  });
  auto answer = post_json(post_to(plain.port(), "https"), {.ca_file = ca_file()});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(answer.error().message.find("agreeing on TLS failed"), std::string::npos) << answer.error().text();
}

}  // namespace
}  // namespace sinan::http

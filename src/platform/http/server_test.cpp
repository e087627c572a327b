// The server over real sockets, with a client that writes bytes as it likes.
#include "platform/http/server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <future>

namespace sinan::http {
namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef";

class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    timeval guard{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  bool connected() const { return connected_; }
  void send(std::string_view bytes) { (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // All that comes until the server closes, from the end of the last answer() on.
  std::string rest() {
    std::string out = std::exchange(kept_, {});
    char buffer[4096];
    for (ssize_t size; (size = ::recv(socket_, buffer, sizeof buffer, 0)) > 0;) out.append(buffer, static_cast<std::size_t>(size));
    return out;
  }
  // One answer with Content-Length.
  std::string answer() {
    char buffer[4096];
    while (true) {
      std::size_t end = kept_.find("\r\n\r\n");
      if (end != std::string::npos) {
        std::size_t at = kept_.find("Content-Length: ");
        std::size_t size = at < end ? std::stoul(kept_.substr(at + 16)) : 0;
        if (kept_.size() >= end + 4 + size) {
          std::string out = kept_.substr(0, end + 4 + size);
          kept_.erase(0, out.size());
          return out;
        }
      }
      ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
      if (size <= 0) return kept_;
      kept_.append(buffer, static_cast<std::size_t>(size));
    }
  }

 private:
  int socket_;
  bool connected_ = false;
  std::string kept_;
};

class ServerTest : public testing::Test {
 protected:
  void start(std::vector<Route> routes, ServerOptions options = {}) {
    options.token = kToken;
    options.on_access = [this](const AccessRecord& record) {
      std::lock_guard guard(mutex_);
      log_.push_back(record);
    };
    auto server = Server::open(options, std::move(routes));
    ASSERT_TRUE(server.has_value()) << server.error().text();
    server_ = std::move(*server);
    thread_ = std::thread([this] { (void)server_->run(stop_); });
  }
  void TearDown() override {
    stop_.cancel();
    if (thread_.joinable()) thread_.join();
  }
  std::string get(const std::string& path, const std::string& more = {}) {
    Client client(server_->port());
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n{}\r\n", path,
                            server_->port(), kToken, more));
    return client.rest();
  }
  static Route hello() {
    return {Method::kGet, "/hello/{name}", [](const Request& r) { return json_response({{"hello", r.parameter("name")}}); }};
  }

  CancelToken stop_;
  std::mutex mutex_;
  std::vector<AccessRecord> log_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(ServerTest, AnswersWithSecurityHeadersAndARequestId) {
  start({hello()});
  std::string answer = get("/hello/a%20b");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n{\"hello\":\"a b\"}\n")) << answer;
  for (const char* header : {"X-Content-Type-Options: nosniff", "Content-Security-Policy: default-src 'none'", "frame-ancestors 'none'",
                             "Cache-Control: no-store", "X-Request-Id: ", "Referrer-Policy: no-referrer"}) {
    EXPECT_NE(answer.find(header), std::string::npos) << header;
  }
  std::lock_guard guard(mutex_);
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_EQ(log_[0].path, "/hello/a b");
  EXPECT_EQ(log_[0].status, 200);
}

TEST_F(ServerTest, OneConnectionServesManyRequestsAndHeadHasNoBody) {
  start({hello()});
  Client client(server_->port());
  std::string head = fmt::format("Host: localhost\r\nAuthorization: Bearer {}\r\n\r\n", kToken);
  client.send("GET /hello/1 HTTP/1.1\r\n" + head + "HEAD /hello/22 HTTP/1.1\r\n" + head);  // pipelined
  EXPECT_NE(client.answer().find("{\"hello\":\"1\"}"), std::string::npos);
  client.send("GET /hello/3 HTTP/1.1\r\nConnection: close\r\n" + head);
  std::string rest = client.rest();
  EXPECT_NE(rest.find("Content-Length: 15"), std::string::npos) << rest;
  EXPECT_EQ(rest.find("\"22\""), std::string::npos);
  EXPECT_NE(rest.find("{\"hello\":\"3\"}"), std::string::npos);
}

TEST_F(ServerTest, RefusalsSayWhy) {
  start({hello(), {Method::kGet, "/bug", [](const Request&) -> Response { throw std::logic_error("secret detail"); }}});
  const std::pair<std::string, std::string> cases[] = {
      {get("/nothing"), "HTTP/1.1 404"},
      {get("/hello/%2e%2e"), "HTTP/1.1 400"},
      {get("/hello/x", "Host: evil.example\r\n"), "HTTP/1.1 421"},
      {get("/hello/x", "Origin: http://evil.example\r\n"), "HTTP/1.1 403"},
      {get("/bug"), "HTTP/1.1 500"},
      {get("/hello/x", "X: " + std::string(20'000, 'x') + "\r\n"), "HTTP/1.1 431"},
      {get("/hello/x", "Content-Length: 2000000\r\n"), "HTTP/1.1 413"},
      {get("/hello/x", "Content-Length: nonsense\r\n"), "HTTP/1.1 400"},
  };
  for (const auto& [answer, expected] : cases) {
    EXPECT_TRUE(answer.starts_with(expected)) << answer;
    EXPECT_NE(answer.find("{\"code\":"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("secret detail"), std::string::npos);
  }
  Client client(server_->port());
  client.send("this is no http\r\n\r\n");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 400"));
}

TEST_F(ServerTest, AnUnknownPathDoesNotShowWithoutAToken) {
  start({hello()});
  for (std::string path : {"/hello/x", "/nothing"}) {
    Client client(server_->port());
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 401"));
  }
}

TEST_F(ServerTest, AHandlerThatTakesTooLongIsGivenUp) {
  std::promise<void> seen;
  start({{Method::kGet, "/slow",
          [&](const Request& request) {
            while (!request.cancel->cancelled()) std::this_thread::yield();
            seen.set_value();
            return Response{};
          }}},
        {.handle_timeout = std::chrono::milliseconds{50}});
  EXPECT_TRUE(get("/slow").starts_with("HTTP/1.1 504"));
  EXPECT_EQ(seen.get_future().wait_for(std::chrono::seconds{20}), std::future_status::ready);
}

TEST_F(ServerTest, ASilentClientIsSentAway) {
  start({hello()}, {.read_timeout = std::chrono::milliseconds{50}, .idle_timeout = std::chrono::milliseconds{50}});
  Client silent(server_->port());
  EXPECT_EQ(silent.rest(), "");
  Client slow(server_->port());
  slow.send("GET /hel");
  EXPECT_EQ(slow.rest(), "");
  EXPECT_TRUE(get("/hello/x").starts_with("HTTP/1.1 200"));
}

TEST_F(ServerTest, ConnectionsAreLimited) {
  start({hello()}, {.max_connections = 2});
  Client one(server_->port());
  Client two(server_->port());
  std::string ask = fmt::format("GET /hello/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", kToken);
  one.send(ask);
  two.send(ask);
  EXPECT_NE(one.answer().find("200 OK"), std::string::npos);
  EXPECT_NE(two.answer().find("200 OK"), std::string::npos);
  Client three(server_->port());
  three.send(ask);
  EXPECT_EQ(three.rest(), "");
}

TEST_F(ServerTest, StoppingLetsTheRequestUnderWayEnd) {
  std::promise<void> entered;
  std::promise<void> leave;
  auto may_leave = leave.get_future().share();
  start({{Method::kGet, "/work", [&, may_leave](const Request&) {
            entered.set_value();
            may_leave.wait();
            return json_response({{"worked", true}});
          }}});
  auto answer = std::async(std::launch::async, [&] { return get("/work"); });
  entered.get_future().wait();
  int port = server_->port();
  stop_.cancel();
  // No new connection is taken once the server has seen the token; the one under way is still open.
  for (bool refused = false; !refused;) {
    Client late(port);
    refused = !late.connected();
    std::this_thread::yield();
  }
  leave.set_value();
  EXPECT_NE(answer.get().find("{\"worked\":true}"), std::string::npos);
  thread_.join();
}

TEST_F(ServerTest, APortThatIsTakenIsNamed) {
  start({hello()});
  auto second = Server::open({.port = server_->port(), .token = kToken}, {hello()});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  EXPECT_NE(second.error().message.find(std::to_string(server_->port())), std::string::npos);
  EXPECT_EQ(Server::open({.listen = "not an address", .token = kToken}, {}).error().code, ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace sinan::http

// Asio and Beast are known here and in client.cpp only.
#include "platform/http/server.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "base/text.hpp"
#include "platform/http/uri.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kClosedPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

// Completes with the error code as a value: nothing here throws.
template <typename... Values>
using Outcome = std::tuple<error_code, Values...>;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

Method method_of(wire::verb verb) {
  switch (verb) {
    case wire::verb::get: return Method::kGet;
    case wire::verb::head: return Method::kHead;
    case wire::verb::post: return Method::kPost;
    case wire::verb::put: return Method::kPut;
    case wire::verb::patch: return Method::kPatch;
    case wire::verb::delete_: return Method::kDelete;
    default: return Method::kOther;
  }
}

Response plain_error(int status, ErrorCode code, std::string message) {
  Response out = error_response({code, std::move(message)});
  out.status = status;
  return out;
}

// A handler at work on another thread, shared with the connection that waits for it; whoever comes last lets it go.
struct Job {
  Request request;
  CancelToken cancel;
  Response response;
  std::string failure;
  bool done = false;  // touched on the thread of input and output only
};

class BeastServer final : public Server {
 public:
  BeastServer(ServerOptions options, std::vector<Route> routes)
      : options_(std::move(options)), router_(std::move(routes)), acceptor_(io_), pool_(options_.threads), ticker_(io_) {}

  ~BeastServer() override {
    pool_.stop();
    pool_.join();
  }

  Status bind() {
    error_code error;
    auto address = asio::ip::make_address(options_.listen, error);
    if (error) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("'{}' is no address to listen on; use one such as 127.0.0.1 or ::1", options_.listen));
    }
    tcp::endpoint endpoint(address, static_cast<std::uint16_t>(options_.port));
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::kConflict, fmt::format("cannot listen on {} port {}: {}; take another port, or 0 for any free one",
                                                    options_.listen, options_.port, error.message()));
    }
    port_ = acceptor_.local_endpoint().port();
    shown_host_ = address.is_v6() ? fmt::format("[{}]", options_.listen) : options_.listen;
    std::vector<std::string> hosts = options_.hosts;
    hosts.push_back(shown_host_);
    if (address.is_loopback() || address.is_unspecified()) {
      for (const char* host : {"localhost", "127.0.0.1", "[::1]"}) hosts.emplace_back(host);
    }
    guard_ = std::make_unique<Guard>(GuardOptions{options_.token, fmt::format("sinan_{}", port_), std::move(hosts)});
    return {};
  }

  int port() const override { return port_; }
  std::string address() const override { return fmt::format("http://{}:{}", shown_host_, port_); }

  Status run(const CancelToken& stop) override {
    asio::co_spawn(io_, accept(), asio::detached);
    asio::co_spawn(io_, watch(stop), asio::detached);
    io_.run();
    return {};
  }

 private:
  struct Connection {
    explicit Connection(tcp::socket socket) : stream(std::move(socket)) {}
    beast::tcp_stream stream;
    std::shared_ptr<Job> job;  // the request being handled
    bool busy = false;         // a request has begun to arrive and is not answered yet
  };

  asio::awaitable<void> accept() {
    while (!stopping_) {
      auto [error, socket] = co_await acceptor_.async_accept(kAwait);
      if (stopping_ || error == asio::error::operation_aborted) co_return;
      if (error) {  // out of descriptors, or the peer was gone already: others may leave meanwhile
        asio::steady_timer pause(io_, std::chrono::milliseconds{20});
        (void)co_await pause.async_wait(kAwait);
        continue;
      }
      if (connections_.size() >= options_.max_connections) continue;  // closes it
      auto connection = std::make_shared<Connection>(std::move(socket));
      connections_.insert(connection);
      asio::co_spawn(io_, serve(connection), [this, connection](std::exception_ptr) { connections_.erase(connection); });
    }
  }

  // Looks at the token, which may be set by a signal handler; then ends in order.
  asio::awaitable<void> watch(const CancelToken& stop) {
    while (!stop.cancelled()) {
      ticker_.expires_after(std::chrono::milliseconds{100});
      (void)co_await ticker_.async_wait(kAwait);
    }
    stopping_ = true;
    error_code ignored;
    acceptor_.close(ignored);
    Clock::time_point end = Clock::now() + options_.stop_timeout;
    while (!connections_.empty()) {
      bool late = Clock::now() >= end;
      for (const auto& connection : std::vector(connections_.begin(), connections_.end())) {
        if (connection->busy && !late) continue;
        if (late && connection->job) connection->job->cancel.cancel();
        connection->stream.cancel();
        connection->stream.socket().close(ignored);
      }
      ticker_.expires_after(std::chrono::milliseconds{20});
      (void)co_await ticker_.async_wait(kAwait);
      if (late) break;
    }
    io_.stop();
  }

  asio::awaitable<void> serve(std::shared_ptr<Connection> connection) {
    beast::flat_buffer buffer(options_.max_header_bytes + options_.max_body_bytes + 4096);
    for (bool open = true; open && !stopping_;) {
      connection->busy = buffer.size() > 0;
      connection->stream.expires_after(options_.idle_timeout);
      if (buffer.size() == 0) {
        auto [error, size] = co_await connection->stream.async_read_some(buffer.prepare(8192), kAwait);
        if (error) break;
        buffer.commit(size);
        connection->busy = true;
      }
      open = co_await answer_one(*connection, buffer);
    }
    error_code ignored;
    connection->stream.socket().shutdown(tcp::socket::shutdown_both, ignored);
  }

  // Reads one request and answers it. False when the connection must end.
  asio::awaitable<bool> answer_one(Connection& connection, beast::flat_buffer& buffer) {
    wire::request_parser<wire::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
    parser.body_limit(options_.max_body_bytes);
    connection.stream.expires_after(options_.read_timeout);
    auto [error, size] = co_await wire::async_read(connection.stream, buffer, parser, kAwait);
    (void)size;
    Clock::time_point begin = Clock::now();
    auto job = std::make_shared<Job>();
    job->request.id = fmt::format("{:08x}-{:x}", seed_, ++request_count_);
    bool keep = false;
    if (error) {
      auto refusal = refuse_unreadable(error);
      if (!refusal) co_return false;
      job->response = std::move(*refusal);
    } else {
      keep = parser.get().keep_alive();
      fill(job->request, parser.get(), connection);
      co_await respond(connection, job);
    }
    bool head = job->request.method == Method::kHead;
    keep = keep && !stopping_ && job->done;
    co_return co_await send(connection, *job, head, keep, begin);
  }

  std::optional<Response> refuse_unreadable(error_code error) const {
    if (error == wire::error::header_limit) {
      return plain_error(431, ErrorCode::kLimit, fmt::format("the headers are larger than {} bytes", options_.max_header_bytes));
    }
    if (error == wire::error::body_limit) {
      return plain_error(413, ErrorCode::kLimit, fmt::format("the body is larger than {} bytes", options_.max_body_bytes));
    }
    if (error == beast::error::timeout || error == wire::error::end_of_stream || error == wire::error::partial_message ||
        error.category() == boost::system::system_category() || error.category() == asio::error::get_misc_category()) {
      return std::nullopt;  // the peer is gone, or silent
    }
    return plain_error(400, ErrorCode::kInvalidInput, "this is no HTTP request: " + error.message());
  }

  void fill(Request& request, wire::request<wire::string_body>& message, Connection& connection) {
    request.method = method_of(message.method());
    request.target = std::string(message.target());
    for (const auto& field : message) {
      std::string& value = request.headers[lowercase(field.name_string())];
      if (!value.empty()) value += ", ";
      value += std::string_view(field.value());
    }
    request.body = std::move(message.body());
    error_code ignored;
    auto remote = connection.stream.socket().remote_endpoint(ignored);
    if (!ignored) request.remote = remote.address().to_string();
  }

  // Fills job->response; job->done says whether the handler has returned.
  asio::awaitable<void> respond(Connection& connection, std::shared_ptr<Job> job) {
    Request& request = job->request;
    job->done = true;
    auto target = parse_target(request.target);
    if (!target) {
      job->response = plain_error(400, ErrorCode::kInvalidInput, "the address of the request is malformed");
      co_return;
    }
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    Router::Match match = router_.find(request.method, request.path);
    if (auto refusal = guard_->judge(request, match.route ? match.route->access : Access::kToken)) {
      job->response = std::move(*refusal);
      co_return;
    }
    if (!match.route) {
      if (match.allowed.empty()) {
        job->response = plain_error(404, ErrorCode::kNotFound, fmt::format("there is nothing at {}", visible(request.path)));
      } else {
        job->response = plain_error(405, ErrorCode::kUnsupported, fmt::format("{} is not possible here", name(request.method)));
        job->response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(match.allowed, ", ")));
      }
      co_return;
    }
    request.parameters = std::move(match.parameters);
    request.cancel = &job->cancel;
    co_await handle(connection, job, match.route->handler);
  }

  asio::awaitable<void> handle(Connection& connection, std::shared_ptr<Job> job, const Handler& handler) {
    connection.job = job;
    connection.stream.expires_never();
    auto timer = std::make_shared<asio::steady_timer>(io_, options_.handle_timeout);
    job->done = false;
    asio::post(pool_, [this, job, timer, handler] {
      Response response;
      std::string failure;
      try {
        response = handler(job->request);
      } catch (const std::exception& e) {
        failure = e.what();
      } catch (...) {
        failure = "unknown exception";
      }
      asio::post(io_, [job, timer, response = std::move(response), failure = std::move(failure)]() mutable {
        if (job->cancel.cancelled()) return;  // answered already
        job->response = std::move(response);
        job->failure = std::move(failure);
        job->done = true;
        timer->cancel();
      });
    });
    (void)co_await timer->async_wait(kAwait);
    connection.job.reset();
    if (!job->done) {
      job->cancel.cancel();
      job->response = plain_error(504, ErrorCode::kTimeout, "the request took too long and was given up");
    } else if (!job->failure.empty()) {
      job->response = plain_error(500, ErrorCode::kInternal,
                                  fmt::format("a bug in Sinan kept this from being answered; the log has more under {}", job->request.id));
    }
  }

  asio::awaitable<bool> send(Connection& connection, const Job& job, bool head, bool keep, Clock::time_point begin) {
    const Response& response = job.response;
    wire::response<wire::string_body> message(static_cast<wire::status>(response.status), 11);
    message.set(wire::field::content_type, response.content_type);
    message.set("X-Request-Id", job.request.id);
    message.set("X-Content-Type-Options", "nosniff");
    message.set("X-Frame-Options", "DENY");
    message.set("Referrer-Policy", "no-referrer");
    message.set("Cross-Origin-Resource-Policy", "same-origin");
    message.set("Cross-Origin-Opener-Policy", "same-origin");
    message.set("Content-Security-Policy",
                response.content_security_policy.empty() ? std::string(kClosedPolicy) : response.content_security_policy);
    message.set(wire::field::cache_control, response.cacheable ? "private, no-cache" : "no-store");
    for (const auto& [key, value] : response.headers) message.insert(key, value);
    message.keep_alive(keep);
    message.body() = head ? std::string() : response.body;
    message.prepare_payload();
    if (head) message.content_length(response.body.size());
    connection.stream.expires_after(options_.read_timeout);
    wire::response_serializer<wire::string_body> serializer(message);
    Outcome<std::size_t> sent;
    if (head) {
      sent = co_await wire::async_write_header(connection.stream, serializer, kAwait);
    } else {
      sent = co_await wire::async_write(connection.stream, serializer, kAwait);
    }
    if (options_.on_access) {
      options_.on_access({job.request.id, job.request.remote, std::string(name(job.request.method)), job.request.path, response.status,
                          response.body.size(), std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin), job.failure});
    }
    co_return keep && !std::get<0>(sent);
  }

  ServerOptions options_;
  Router router_;
  std::unique_ptr<Guard> guard_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::thread_pool pool_;
  asio::steady_timer ticker_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::string shown_host_;
  int port_ = 0;
  bool stopping_ = false;
  std::uint64_t request_count_ = 0;
  std::uint32_t seed_ = static_cast<std::uint32_t>(std::stoul(secrets::random_token(4), nullptr, 16));
};

}  // namespace

Result<std::unique_ptr<Server>> Server::open(ServerOptions options, std::vector<Route> routes) {
  auto server = std::make_unique<BeastServer>(std::move(options), std::move(routes));
  SINAN_CHECK(server->bind());
  return server;
}

}  // namespace sinan::http

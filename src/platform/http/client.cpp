#include "platform/http/client.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "base/text.hpp"
#include "platform/http/uri.hpp"

namespace sinan::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kGlance{50};  // at the cancel token
constexpr std::uint32_t kMaxHeaderBytes = 64 * 1024;

// One call. Lives longer than the coroutine that works on it.
struct Call {
  const Url& url;
  const ClientOptions& options;
  wire::request<wire::string_body> request;
  std::string_view doing = "looking up the name";  // for the message of a time-out
  std::optional<Result<Answer>> result;

  std::string host() const { return fmt::format("{}:{}", url.host, url.port); }
  std::unexpected<Error> failed(std::string_view what, error_code error) const {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} failed: {}; is {} the right address, and does it run?", what, error.message(), host()), host());
  }
};

bool is_clean(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

Result<wire::request<wire::string_body>> request_of(const Post& post, const Url& url) {
  wire::request<wire::string_body> out(wire::verb::post, url.path, 11);
  const bool usual = url.port == (url.tls ? 443 : 80);
  const std::string host = url.host.find(':') == std::string::npos ? url.host : fmt::format("[{}]", url.host);
  out.set(wire::field::host, usual ? host : fmt::format("{}:{}", host, url.port));
  out.set(wire::field::user_agent, "sinan");
  out.set(wire::field::accept, "application/json");
  out.set(wire::field::content_type, "application/json");
  for (const auto& [name, value] : post.headers) {
    if (!is_clean(name) || !is_clean(value))
      return fail(ErrorCode::kInvalidInput, fmt::format("the value of the header {} has a control character, such as a line break", name));
    out.set(name, value);
  }
  out.keep_alive(false);
  out.body() = post.body;
  out.prepare_payload();
  return out;
}

// Sends the request and reads the answer, over a stream that is connected.
template <typename Stream>
asio::awaitable<Result<Answer>> exchange(Stream& stream, Call& call) {
  call.doing = "sending the request";
  auto [unsent, sent] = co_await wire::async_write(stream, call.request, kAwait);
  (void)sent;
  if (unsent) co_return call.failed("sending the request", unsent);
  call.doing = "waiting for the answer";
  beast::flat_buffer buffer;
  wire::response_parser<wire::string_body> parser;
  parser.header_limit(kMaxHeaderBytes);
  parser.body_limit(call.options.max_answer_bytes);
  auto [unread, size] = co_await wire::async_read(stream, buffer, parser, kAwait);
  (void)size;
  if (unread == wire::error::body_limit || unread == wire::error::header_limit)
    co_return fail(
        ErrorCode::kLimit,
        fmt::format("the answer is larger than {} bytes, or its headers than {}", call.options.max_answer_bytes, kMaxHeaderBytes),
        call.host());
  if (unread) co_return call.failed("reading the answer", unread);
  Answer out{.status = static_cast<int>(parser.get().result_int()), .headers = {}, .body = std::move(parser.get().body())};
  for (const auto& field : parser.get()) {
    out.headers[lowercase(field.name_string())] = std::string(field.value());
  }
  co_return out;
}

asio::awaitable<Result<tcp::socket>> connected(Call& call) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  auto [unknown, found] = co_await resolver.async_resolve(call.url.host, std::to_string(call.url.port), kAwait);
  if (unknown)
    co_return fail(ErrorCode::kUnavailable, fmt::format("the host '{}' cannot be found: {}", call.url.host, unknown.message()),
                   call.host());
  call.doing = "connecting";
  tcp::socket socket(executor);
  auto [refused, endpoint] = co_await asio::async_connect(socket, found, kAwait);
  (void)endpoint;
  if (refused) co_return call.failed("connecting", refused);
  co_return socket;
}

// What the other side must prove: that a trusted authority made its certificate out to this host.
Status expect_host(SSL* tls, const std::string& host) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(tls);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  error_code no_address;
  (void)asio::ip::make_address(host, no_address);
  const bool set = no_address
                       ? X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size()) == 1 &&
                             SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str())) == 1
                       : X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1;
  if (!set) return fail(ErrorCode::kInvalidInput, fmt::format("'{}' cannot be the host of a certificate", host));
  return {};
}

asio::awaitable<Result<Answer>> talk(Call& call, asio::ssl::context* trust) {
  auto socket = co_await connected(call);
  if (!socket) co_return std::unexpected(std::move(socket).error());
  if (!trust) co_return co_await exchange(*socket, call);
  TlsStream stream(std::move(*socket), *trust);
  if (auto expected = expect_host(stream.native_handle(), call.url.host); !expected) co_return std::unexpected(std::move(expected).error());
  call.doing = "agreeing on TLS";
  auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (const long verdict = SSL_get_verify_result(stream.native_handle()); error && verdict != X509_V_OK)
    co_return fail(ErrorCode::kPrecondition,
                   fmt::format("the certificate of {} is not trusted: {}; name the authority that signed it in a CA file", call.url.host,
                               X509_verify_cert_error_string(verdict)),
                   call.host());
  if (error) co_return call.failed("agreeing on TLS", error);
  co_return co_await exchange(stream, call);
}

Status load_trust(asio::ssl::context& trust, const std::filesystem::path& ca_file) {
  error_code error;
  trust.set_verify_mode(asio::ssl::verify_peer, error);
  trust.set_default_verify_paths(error);
  if (!ca_file.empty()) trust.load_verify_file(ca_file.string(), error);
  if (error)
    return fail(ErrorCode::kPrecondition, "the file of certificate authorities cannot be read: " + error.message(), ca_file.string());
  if (SSL_CTX_set_min_proto_version(trust.native_handle(), TLS1_2_VERSION) != 1) broken("TLS 1.2 is there");
  return {};
}

}  // namespace

Result<Answer> post_json(const Post& post, const ClientOptions& options, const CancelToken* cancel) {
  const auto url = parse_url(post.url);
  if (!url)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("'{}' is no address to send to; write it as https://host/path or http://host:8080/path", post.url));
  Call call{.url = *url, .options = options, .request = {}, .result = {}};
  SINAN_TRY(call.request, request_of(post, *url));
  asio::ssl::context trust(asio::ssl::context::tls_client);
  if (url->tls) SINAN_CHECK(load_trust(trust, options.ca_file));
  const Clock::time_point end = Clock::now() + options.timeout;
  asio::io_context io(1);  // goes first, and with it what a call that is given up has not finished
  asio::co_spawn(io, talk(call, url->tls ? &trust : nullptr), [&call](std::exception_ptr thrown, Result<Answer> answer) {
    call.result = thrown ? fail(ErrorCode::kInternal, "a bug in Sinan kept an answer from being read") : std::move(answer);
  });
  while (!call.result) {
    if (cancel) SINAN_CHECK(cancel->check());
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left <= std::chrono::milliseconds::zero())
      return fail(ErrorCode::kTimeout, fmt::format("no whole answer within {} ms; given up while {}", options.timeout.count(), call.doing),
                  call.host());
    io.run_for(std::min(left, kGlance));
  }
  return std::move(*call.result);
}

}  // namespace sinan::http

// A small HTTP/1.1 server: routes, limits, a guard at the door, and a stop that lets requests end.
//
// One thread does all input and output; handlers run on `threads` others and may block. Every answer carries security headers and a
// request id. Errors of handlers are answered as JSON {code, message, place}; what they throw is logged and answered as 500.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/cancel.hpp"
#include "platform/http/guard.hpp"
#include "platform/http/router.hpp"

namespace sinan::http {

struct AccessRecord {
  std::string id;
  std::string remote;
  std::string method;
  std::string path;  // without the query, which may hold a token
  int status = 0;
  std::size_t size_bytes = 0;
  std::chrono::microseconds duration{0};
  std::string failure;  // what a handler threw
};

struct ServerOptions {
  std::string listen = "127.0.0.1";  // an address, not a name
  int port = 0;                      // 0: any free one
  std::string token;
  std::vector<std::string> hosts;  // allowed in Host beside the address listened on (and localhost, on loopback)
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_body_bytes = 1024 * 1024;
  std::size_t max_connections = 256;                 // more are closed at once
  std::chrono::milliseconds read_timeout{10'000};    // for a whole request to arrive, and for an answer to be taken
  std::chrono::milliseconds idle_timeout{60'000};    // between requests on one connection
  std::chrono::milliseconds handle_timeout{60'000};  // for a handler; then 504, and its cancel token is set
  std::chrono::milliseconds stop_timeout{10'000};    // for requests under way when the server stops
  std::size_t threads = 4;
  std::function<void(const AccessRecord&)> on_access;  // from one thread at a time
};

class Server {
 public:
  // Binds the port: kConflict when it is taken, kInvalidInput for a bad address.
  static Result<std::unique_ptr<Server>> open(ServerOptions options, std::vector<Route> routes);
  virtual ~Server() = default;

  virtual int port() const = 0;
  // "http://127.0.0.1:8080"
  virtual std::string address() const = 0;
  // Serves until `stop` is set, looked at ten times a second; then takes no new requests, lets those under way end, and returns.
  virtual Status run(const CancelToken& stop) = 0;
};

}  // namespace sinan::http

// For tests: one request over a real socket.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace sinan::api {

// What a server at "http://127.0.0.1:PORT" answers until it closes the connection; "" when there is none.
inline std::string talk(const std::string& address, const std::string& request) {
  int port = std::stoi(address.substr(address.rfind(':') + 1));
  int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  timeval guard{20, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
  std::string out;
  if (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) {
    (void)::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    char buffer[4096];
    for (ssize_t size; (size = ::recv(socket, buffer, sizeof buffer, 0)) > 0;) out.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(socket);
  return out;
}

}  // namespace sinan::api

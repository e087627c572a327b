// Real PostgreSQL and MariaDB servers for tests: started on a free loopback port in a temporary folder, stopped and removed at the end.
//
//   auto& server = sinan::testing::PostgresServer::shared();     // one per test program, started at first use
//   std::string database = server.fresh_database();
//   server.connect(database)->execute("CREATE TABLE t (id int)");
//   … "connection: " + server.url(database)
//
// Speaks to the servers through their own client libraries, so that it can be the oracle of our connectors. Every function throws
// std::runtime_error with the server's words. The user is "sinan"; the password holds characters that must be percent-encoded.
// A server dies with the process that started it, also when that is killed. Not thread-safe; sessions may be used by one thread each.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sinan::testing {

inline constexpr std::string_view kUser = "sinan";
inline constexpr std::string_view kPassword = "s3cret @:/%#?";

// Cells as the server prints them; null is nullopt.
using Rows = std::vector<std::vector<std::optional<std::string>>>;

// One connection, for as many statements and transactions as wanted.
class Session {
 public:
  virtual ~Session() = default;
  // One or more statements; results are dropped.
  virtual void execute(const std::string& sql) = 0;
  virtual Rows query(const std::string& sql) = 0;
};

class Server {
 public:
  virtual ~Server();
  Server(const Server&) = delete;

  int port() const { return port_; }
  // Of the certificate that the server shows, for 127.0.0.1 and localhost.
  std::filesystem::path ca_file() const { return folder_ / "server.crt"; }
  // With the password, percent-encoded: "postgresql://sinan:…@127.0.0.1:41234/shop". `parameters` may be "?sslmode=require".
  std::string url(const std::string& database, const std::string& parameters = {}) const;
  // Makes an empty database that no other test uses.
  std::string fresh_database();

  virtual std::unique_ptr<Session> connect(const std::string& database) = 0;

  // Kills the server at once, as a crash would; committed rows stay. Does nothing when it is down.
  void kill();
  // Starts it again on the same port and data; returns when it answers.
  void start();

 protected:
  explicit Server(std::string scheme);
  void make_certificate();
  virtual std::vector<std::string> command() const = 0;
  virtual std::string superuser_database() const = 0;

  std::string scheme_;
  std::filesystem::path folder_;
  std::string account_;  // the system account that the server runs as; empty: the own one
  int port_ = 0;
  pid_t pid_ = 0;
  int databases_ = 0;
};

class PostgresServer final : public Server {
 public:
  PostgresServer();
  static PostgresServer& shared();
  std::unique_ptr<Session> connect(const std::string& database) override;

 private:
  std::vector<std::string> command() const override;
  std::string superuser_database() const override { return "postgres"; }
};

class MariadbServer final : public Server {
 public:
  MariadbServer();
  static MariadbServer& shared();
  std::unique_ptr<Session> connect(const std::string& database) override;

 private:
  std::vector<std::string> command() const override;
  std::string superuser_database() const override { return "mysql"; }
};

}  // namespace sinan::testing

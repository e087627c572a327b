#include "tests/servers/servers.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <mysql.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace sinan::testing {
namespace {

constexpr int kStartSeconds = 90;  // a hang guard: a busy machine takes its time

std::runtime_error failure(const std::string& what, const std::string& why) { return std::runtime_error(what + ": " + why); }

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.size() > 4000 ? text.substr(text.size() - 4000) : text;
}

int free_port() {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port on the loopback interface");
  ::close(fd);
  return ntohs(address.sin_port);
}

// Starts a program as `account` (empty: as ourselves), its output appended to `log`. It dies with this process.
pid_t spawn(const std::vector<std::string>& command, const std::string& account, const std::filesystem::path& log) {
  const passwd* entry = account.empty() ? nullptr : ::getpwnam(account.c_str());
  if (!account.empty() && entry == nullptr) throw failure("no system account", account);
  uid_t uid = entry ? entry->pw_uid : 0;
  gid_t gid = entry ? entry->pw_gid : 0;
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    ::dup2(out, 1);
    ::dup2(out, 2);
    int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, 0);
    ::setsid();
    if (entry && (::setgroups(0, nullptr) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0)) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of account, which would clear it
    if (::getppid() != parent) ::_exit(125);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(out);
  return pid;
}

void run(const std::vector<std::string>& command, const std::string& account, const std::filesystem::path& log) {
  int status = 0;
  ::waitpid(spawn(command, account, log), &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw failure(command[0] + " failed", text_of(log));
}

void give_to(const std::filesystem::path& path, const std::string& account) {
  if (account.empty()) return;
  const passwd* entry = ::getpwnam(account.c_str());
  if (entry == nullptr || ::chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0) throw failure("cannot give away", path);
}

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    if (std::isalnum(c) != 0) {
      out += static_cast<char>(c);
    } else {
      out += {'%', kHex[c >> 4U], kHex[c & 15U]};
    }
  }
  return out;
}

std::filesystem::path postgres_programs() {
  std::filesystem::path newest;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql"))
    if (std::filesystem::exists(version.path() / "bin/initdb")) newest = std::max(newest, version.path() / "bin");
  if (newest.empty()) throw std::runtime_error("PostgreSQL is not installed: run script/bootstrap");
  return newest;
}

class PostgresSession final : public Session {
 public:
  PostgresSession(int port, const std::string& database) {
    std::string port_text = std::to_string(port);
    const char* keys[] = {"host", "port", "user", "password", "dbname", "connect_timeout", "client_encoding", nullptr};
    const char* values[] = {"127.0.0.1", port_text.c_str(), kUser.data(), kPassword.data(), database.c_str(), "10", "UTF8", nullptr};
    connection_ = ::PQconnectdbParams(keys, values, 0);
    if (::PQstatus(connection_) != CONNECTION_OK) {
      std::string why = ::PQerrorMessage(connection_);
      ::PQfinish(connection_);
      throw failure("cannot connect to the test's PostgreSQL", why);
    }
    ::PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  }
  ~PostgresSession() override { ::PQfinish(connection_); }

  void execute(const std::string& sql) override { query(sql); }

  Rows query(const std::string& sql) override {
    PGresult* result = ::PQexec(connection_, sql.c_str());
    auto status = ::PQresultStatus(result);
    Rows rows;
    for (int i = 0; i < ::PQntuples(result); ++i) {
      auto& row = rows.emplace_back();
      for (int j = 0; j < ::PQnfields(result); ++j)
        row.push_back(::PQgetisnull(result, i, j) ? std::nullopt
                                                  : std::optional(std::string(::PQgetvalue(result, i, j), ::PQgetlength(result, i, j))));
    }
    ::PQclear(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
      throw failure(sql, ::PQerrorMessage(connection_));
    return rows;
  }

 private:
  PGconn* connection_;
};

class MariadbSession final : public Session {
 public:
  MariadbSession(int port, const std::string& user, const std::string& password, const std::string& database) {
    connection_ = ::mysql_init(nullptr);
    unsigned protocol = MYSQL_PROTOCOL_TCP;
    ::mysql_options(connection_, MYSQL_OPT_PROTOCOL, &protocol);
    ::mysql_options(connection_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (!::mysql_real_connect(connection_, "127.0.0.1", user.c_str(), password.c_str(), database.c_str(), static_cast<unsigned>(port),
                              nullptr, CLIENT_MULTI_STATEMENTS)) {
      std::string why = ::mysql_error(connection_);
      ::mysql_close(connection_);
      throw failure("cannot connect to the test's MariaDB", why);
    }
  }
  ~MariadbSession() override { ::mysql_close(connection_); }

  void execute(const std::string& sql) override { query(sql); }

  Rows query(const std::string& sql) override {
    if (::mysql_real_query(connection_, sql.data(), sql.size()) != 0) throw failure(sql, ::mysql_error(connection_));
    Rows rows;
    int more = 0;
    do {
      MYSQL_RES* result = ::mysql_store_result(connection_);
      if (result == nullptr) continue;
      while (MYSQL_ROW cells = ::mysql_fetch_row(result)) {
        const unsigned long* lengths = ::mysql_fetch_lengths(result);
        auto& row = rows.emplace_back();
        for (unsigned j = 0; j < ::mysql_num_fields(result); ++j)
          row.push_back(cells[j] == nullptr ? std::nullopt : std::optional(std::string(cells[j], lengths[j])));
      }
      ::mysql_free_result(result);
    } while ((more = ::mysql_next_result(connection_)) == 0);
    if (more > 0) throw failure(sql, ::mysql_error(connection_));
    return rows;
  }

 private:
  MYSQL* connection_;
};

}  // namespace

Server::Server(std::string scheme) : scheme_(std::move(scheme)) {
  std::string pattern = (std::filesystem::temp_directory_path() / ("sinan-" + scheme_ + "-XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) throw failure("cannot make a folder", pattern);
  folder_ = pattern;
}

Server::~Server() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Server::url(const std::string& database, const std::string& parameters) const {
  return scheme_ + "://" + std::string(kUser) + ":" + percent_encoded(kPassword) + "@127.0.0.1:" + std::to_string(port_) + "/" + database +
         parameters;
}

std::string Server::fresh_database() {
  std::string name = "db" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
  connect(superuser_database())->execute("CREATE DATABASE " + name);
  return name;
}

void Server::make_certificate() {
  run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj",
       "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", folder_ / "server.key", "-out", ca_file()},
      {}, folder_ / "setup.log");
  std::filesystem::permissions(folder_ / "server.key", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  give_to(folder_ / "server.key", account_);
  std::filesystem::permissions(ca_file(), static_cast<std::filesystem::perms>(0644));
}

void Server::kill() {
  if (pid_ == 0) return;
  // PostgreSQL's children hold shared memory until they notice; its immediate shutdown is a crash that waits for them.
  ::kill(pid_, scheme_ == "postgresql" ? SIGQUIT : SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void Server::start() {
  if (pid_ != 0) return;
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kStartSeconds);
  pid_ = spawn(command(), account_, folder_ / "server.log");
  while (true) {
    try {
      connect(superuser_database());
      return;
    } catch (const std::runtime_error& error) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = 0;
        throw failure(scheme_ + " did not start", text_of(folder_ / "server.log"));
      }
      if (std::chrono::steady_clock::now() > deadline) throw failure(scheme_ + " does not answer", error.what());
      ::poll(nullptr, 0, 20);
    }
  }
}

PostgresServer::PostgresServer() : Server("postgresql") {
  if (::getuid() == 0) account_ = "postgres";
  give_to(folder_, account_);
  make_certificate();
  std::ofstream(folder_ / "password") << kPassword << "\n";
  give_to(folder_ / "password", account_);
  run({postgres_programs() / "initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "-U", std::string(kUser),
       "--pwfile", folder_ / "password", "-D", folder_ / "data"},
      account_, folder_ / "setup.log");
  port_ = free_port();
  start();
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

std::vector<std::string> PostgresServer::command() const {
  std::vector<std::string> words = {postgres_programs() / "postgres", "-D", folder_ / "data", "-p", std::to_string(port_)};
  for (const std::string& setting :
       {std::string("listen_addresses=127.0.0.1"), std::string("unix_socket_directories="), std::string("fsync=off"),
        std::string("shared_buffers=32MB"), std::string("timezone=Asia/Shanghai"), std::string("max_connections=60"), std::string("ssl=on"),
        "ssl_cert_file=" + ca_file().string(), "ssl_key_file=" + (folder_ / "server.key").string()}) {
    words.emplace_back("-c");
    words.push_back(setting);
  }
  return words;
}

std::unique_ptr<Session> PostgresServer::connect(const std::string& database) { return std::make_unique<PostgresSession>(port_, database); }

MariadbServer::MariadbServer() : Server("mysql") {
  if (::getuid() == 0) account_ = "mysql";
  give_to(folder_, account_);
  make_certificate();
  run({"mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db",
       "--datadir=" + (folder_ / "data").string(), "--innodb-log-file-size=16M", "--skip-name-resolve"},
      account_, folder_ / "setup.log");
  // The server reads one statement a line.
  std::ofstream(folder_ / "users.sql") << "CREATE USER IF NOT EXISTS '" << kUser << "'@'127.0.0.1' IDENTIFIED BY '" << kPassword << "';\n"
                                       << "GRANT ALL ON *.* TO '" << kUser << "'@'127.0.0.1' WITH GRANT OPTION;\n";
  give_to(folder_ / "users.sql", account_);
  port_ = free_port();
  start();
}

MariadbServer& MariadbServer::shared() {
  static MariadbServer server;
  return server;
}

std::vector<std::string> MariadbServer::command() const {
  return {"mariadbd",
          "--no-defaults",
          "--datadir=" + (folder_ / "data").string(),
          "--socket=" + (folder_ / "server.sock").string(),
          "--pid-file=" + (folder_ / "server.pid").string(),
          "--init-file=" + (folder_ / "users.sql").string(),
          "--port=" + std::to_string(port_),
          "--bind-address=127.0.0.1",
          "--skip-name-resolve",
          "--skip-log-bin",
          "--performance-schema=OFF",
          "--innodb-buffer-pool-size=64M",
          "--innodb-log-file-size=16M",
          "--innodb-flush-log-at-trx-commit=1",
          "--default-time-zone=+08:00",
          "--ssl-cert=" + ca_file().string(),
          "--ssl-key=" + (folder_ / "server.key").string()};
}

std::unique_ptr<Session> MariadbServer::connect(const std::string& database) {
  return std::make_unique<MariadbSession>(port_, std::string(kUser), std::string(kPassword), database);
}

}  // namespace sinan::testing

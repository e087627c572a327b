#include "data/sources/mysql/connection.hpp"

#include <errmsg.h>
#include <mysqld_error.h>
#include <poll.h>

#include <charconv>

#include "base/text.hpp"

namespace sinan::sources::mysql {
namespace {

constexpr int kPollMs = 100;

ErrorCode code_of(unsigned number) {
  switch (number) {
    case ER_ACCESS_DENIED_ERROR: return ErrorCode::kUnauthenticated;
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR: return ErrorCode::kDenied;
    case ER_BAD_DB_ERROR:
    case ER_NO_SUCH_TABLE:
    case ER_BAD_FIELD_ERROR: return ErrorCode::kNotFound;
    case ER_DUP_ENTRY:
    case ER_ROW_IS_REFERENCED_2:
    case ER_NO_REFERENCED_ROW_2: return ErrorCode::kConflict;
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_QUERY_INTERRUPTED: return ErrorCode::kTimeout;
    case ER_CON_COUNT_ERROR:
    case ER_SERVER_SHUTDOWN:
    case ER_LOCK_DEADLOCK:
    case ER_TABLE_DEF_CHANGED: return ErrorCode::kUnavailable;
    case CR_SSL_CONNECTION_ERROR: return ErrorCode::kPrecondition;
    default: return number >= CR_MIN_ERROR && number <= CR_MAX_ERROR ? ErrorCode::kUnavailable : ErrorCode::kInvalidInput;
  }
}

}  // namespace

const Shape<MysqlOptions>& shape_of(const MysqlOptions*) {
  static const auto shape = [] {
    auto out = Shape<MysqlOptions>("source", "A MariaDB or MySQL database.");
    out.required("connection", &MysqlOptions::connection,
                 "mysql://user:${PASSWORD}@host/database?ssl-mode=verify_identity&ssl-ca=ca.pem, or a map of host, port, user, password, "
                 "database, …")
        .optional("cursor_lag", &MysqlOptions::cursor_lag,
                  "How much earlier than its commit here a row may have got its cursor; default: what the server says of open "
                  "transactions, or 10m "
                  "where the user may not ask (PROCESS). Set it for a replica, above its delay")
        .optional("spool_limit_mb", &MysqlOptions::spool_limit_mb, "How much may be set aside on disk when several tables are read at once",
                  {.min = 1});
    return with_shared(out);
  }();
  return shape;
}

const std::vector<std::string>& connection_keys() {
  static const std::vector<std::string> kKeys{"host", "port", "user", "password", "database", "ssl-mode", "ssl-ca", "socket"};
  return kKeys;
}

std::string quote_name(std::string_view name) {
  std::string out = "`";
  for (char c : name) out += c == '`' ? "``" : std::string(1, c);
  return out + "`";
}

std::string hex_literal(std::string_view bytes) {
  std::string out = "X'";
  for (unsigned char byte : bytes) out += fmt::format("{:02X}", byte);
  return out + "'";
}

std::string text_literal(std::string_view text) { return fmt::format("CONVERT({} USING utf8mb4)", hex_literal(text)); }

namespace {

Status set_part(Login& login, const std::string& key, const std::string& value, const std::string& place) {
  if (key == "host") login.address.host = value;
  if (key == "user") login.address.user = value;
  if (key == "password") login.address.password = value;
  if (key == "database") login.address.database = value;
  if (key == "ssl-ca") login.ssl_ca = value;
  if (key == "socket") login.socket = value;
  if (key == "ssl-mode") {
    login.ssl_mode = lowercase(value);
    static const std::vector<std::string> kModes{"disabled", "preferred", "required", "verify_ca", "verify_identity"};
    if (std::find(kModes.begin(), kModes.end(), login.ssl_mode) == kModes.end())
      return fail(ErrorCode::kInvalidInput, fmt::format("unknown ssl-mode '{}': use {}", value, fmt::join(kModes, ", ")), place);
  }
  if (key == "port") {
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), login.address.port);
    if (error != std::errc() || end != value.data() + value.size()) return fail(ErrorCode::kInvalidInput, "the port is no number", place);
  }
  return {};
}

}  // namespace

Result<Login> resolve_login(const std::string& source, const MysqlOptions& options, const OpenContext& context) {
  Diagnostics diagnostics;
  ConnectionConfig connection = read_connection(options.connection, connection_keys(), diagnostics);
  if (!diagnostics.ok()) return fail(diagnostics.error());
  Login login;
  std::string place = options.connection.place.text();
  if (!connection.address.empty()) {
    SINAN_TRY(std::string text, connection.address.resolve(context.base_dir));
    auto address = parse_address(text);
    if (!address) return fail(address.error().code, address.error().message, place);
    login.address = std::move(*address);
    if (login.address.scheme != "mysql" && login.address.scheme != "mariadb")
      return fail(ErrorCode::kInvalidInput, "the address must begin with mysql:// or mariadb://", place);
    for (const auto& [key, value] : login.address.parameters) {
      if (key != "ssl-mode" && key != "ssl-ca" && key != "socket")
        return fail(ErrorCode::kInvalidInput, fmt::format("the address has no parameter '{}': use ssl-mode, ssl-ca or socket", key), place);
      SINAN_CHECK(set_part(login, key, value, place));
    }
  }
  SINAN_TRY(auto parts, resolve_parts(connection, context.base_dir));
  for (const auto& [key, value] : parts) SINAN_CHECK(set_part(login, key, value, place));
  if (login.address.database.empty()) return fail(ErrorCode::kInvalidInput, "the connection names no database", place);
  if (login.address.host.empty()) login.address.host = "127.0.0.1";
  if (login.address.port == 0) login.address.port = 3306;
  if (!login.ssl_ca.empty() && std::filesystem::path(login.ssl_ca).is_relative()) login.ssl_ca = (context.base_dir / login.ssl_ca).string();
  login.shown = fmt::format("{} ({}:{})", source, login.address.host, login.address.port);
  return login;
}

Connection::~Connection() {
  if (result_ && alive_) give_up();
  if (connection_) ::mysql_close(connection_);
}

Error Connection::error(std::string_view doing) {
  unsigned number = ::mysql_errno(connection_);
  ErrorCode code = code_of(number);
  std::string message = ::mysql_error(connection_);
  if (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) {
    alive_ = false;
    return Error{code, fmt::format("the connection failed while {}: {}", doing, message), login_.shown, nullptr};
  }
  return Error{code, fmt::format("MariaDB says: {} ({})", message, number), login_.shown, nullptr};
}

Result<std::unique_ptr<Connection>> Connection::open(const Login& login, const OpenContext& context) {
  if (context.cancel) SINAN_CHECK(context.cancel->check());
  std::unique_ptr<Connection> out(new Connection(login, context));
  MYSQL* raw = out->connection_ = ::mysql_init(nullptr);
  if (raw == nullptr) return fail(ErrorCode::kLimit, "out of memory", login.shown);
  unsigned timeout = static_cast<unsigned>(std::clamp<std::int64_t>(context.timeout.count(), 1, 3600));
  unsigned connect_timeout = std::min(timeout, 20U);
  unsigned protocol = login.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  my_bool yes = 1;
  my_bool no = 0;
  ::mysql_options(raw, MYSQL_OPT_NONBLOCK, nullptr);
  ::mysql_options(raw, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  ::mysql_options(raw, MYSQL_OPT_READ_TIMEOUT, &timeout);
  ::mysql_options(raw, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
  ::mysql_options(raw, MYSQL_OPT_PROTOCOL, &protocol);
  ::mysql_options(raw, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  bool verify = login.ssl_mode.starts_with("verify");
  if (login.ssl_mode != "disabled") {
    if (!login.ssl_ca.empty()) ::mysql_options(raw, MYSQL_OPT_SSL_CA, login.ssl_ca.c_str());
    ::mysql_options(raw, MYSQL_OPT_SSL_ENFORCE, login.ssl_mode == "preferred" ? &no : &yes);
    ::mysql_options(raw, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify ? &yes : &no);
  }
  const Address& address = login.address;
  if (!::mysql_real_connect(raw, address.host.c_str(), address.user.c_str(), address.password.c_str(), address.database.c_str(),
                            static_cast<unsigned>(address.port), login.socket.empty() ? nullptr : login.socket.c_str(), 0))
    return fail(out->error("connecting"));
  if (login.ssl_mode != "disabled" && login.ssl_mode != "preferred" && ::mysql_get_ssl_cipher(raw) == nullptr)
    return fail(ErrorCode::kPrecondition, fmt::format("the server does not encrypt, and ssl-mode is {}", login.ssl_mode), login.shown);
  // The server must wait for a reader that pauses between rows.
  SINAN_TRY(auto unused,
            out->execute("SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION', "
                         "net_write_timeout = 3600, wait_timeout = 28800"));
  static_cast<void>(unused);
  return out;
}

// A connection that is given up while it waits cannot be used any more.
Status Connection::wait(bool for_write) {
  auto deadline = std::chrono::steady_clock::now() + context_.timeout;
  while (true) {
    pollfd entry{static_cast<int>(::mysql_get_socket(connection_)), static_cast<short>(for_write ? POLLOUT : POLLIN), 0};
    if (::poll(&entry, 1, kPollMs) > 0) return {};
    auto given_up = context_.cancel ? context_.cancel->check() : Status();
    if (given_up && std::chrono::steady_clock::now() > deadline)
      given_up = fail(ErrorCode::kTimeout, fmt::format("the server did not answer within {} s", context_.timeout.count()), login_.shown);
    if (!given_up) {
      alive_ = false;
      return given_up;
    }
  }
}

// Sends a statement and waits for its answer, so that waiting can be cancelled.
Status Connection::send(const std::string& sql) {
  if (::mysql_send_query(connection_, sql.data(), sql.size()) != 0) return fail(error("sending a query"));
  SINAN_CHECK(wait(false));
  if (::mysql_read_query_result(connection_) != 0) return fail(error("waiting for an answer"));
  return {};
}

Result<Cells> Connection::query(const std::string& sql) {
  SINAN_CHECK(begin(sql));
  Cells out;
  while (true) {
    SINAN_TRY(auto row, next_row());
    if (!row) return out;
    auto& cells = out.emplace_back();
    for (unsigned i = 0; i < ::mysql_num_fields(result_); ++i)
      cells.push_back(row->cells[i] ? std::optional(std::string(row->cells[i], row->lengths[i])) : std::nullopt);
  }
}

Result<std::int64_t> Connection::execute(const std::string& sql, unsigned* server_code) {
  auto sent = send(sql);
  if (server_code) *server_code = sent ? 0 : ::mysql_errno(connection_);
  if (!sent) return fail(std::move(sent).error());
  auto changed = static_cast<std::int64_t>(::mysql_affected_rows(connection_));
  if (MYSQL_RES* result = ::mysql_store_result(connection_)) ::mysql_free_result(result);
  return changed;
}

Status Connection::begin(const std::string& sql) {
  SINAN_CHECK(send(sql));
  result_ = ::mysql_use_result(connection_);
  if (result_ == nullptr) return fail(error("reading"));
  return {};
}

// A server may pause between rows for long: waiting for one can be cancelled as well.
Result<MYSQL_ROW> Connection::fetch() {
  MYSQL_ROW cells = nullptr;
  int wanted = ::mysql_fetch_row_start(&cells, result_);
  while (wanted != 0) {
    bool for_write = (wanted & MYSQL_WAIT_WRITE) != 0;
    if (auto ready = wait(for_write); !ready) {
      kill_query();
      result_->handle = nullptr;  // what is still on its way is not read
      ::mysql_free_result(std::exchange(result_, nullptr));
      return fail(std::move(ready).error());
    }
    wanted = ::mysql_fetch_row_cont(&cells, result_, for_write ? MYSQL_WAIT_WRITE : MYSQL_WAIT_READ);
  }
  return cells;
}

Result<std::optional<Connection::Row>> Connection::next_row() {
  if (result_ == nullptr) return std::nullopt;
  SINAN_TRY(MYSQL_ROW cells, fetch());
  if (cells) return Row{cells, ::mysql_fetch_lengths(result_)};
  if (::mysql_errno(connection_) != 0) {
    Error failed = error("reading rows");
    ::mysql_free_result(std::exchange(result_, nullptr));
    return fail(std::move(failed));
  }
  ::mysql_free_result(std::exchange(result_, nullptr));
  return std::nullopt;
}

void Connection::kill_query() {
  OpenContext alone = context_;
  alone.cancel = nullptr;
  if (auto second = Connection::open(login_, alone))
    static_cast<void>((*second)->execute(fmt::format("KILL QUERY {}", ::mysql_thread_id(connection_))));
}

void Connection::give_up() {
  if (result_ == nullptr) return;
  kill_query();
  ::mysql_free_result(std::exchange(result_, nullptr));  // reads what is still on its way
}

}  // namespace sinan::sources::mysql

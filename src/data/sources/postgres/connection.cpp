#include "data/sources/postgres/connection.hpp"

#include <poll.h>

namespace sinan::sources::postgres {
namespace {

constexpr int kPollMs = 100;

std::string first_line(const char* message) {
  std::string_view text = message ? message : "";
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

ErrorCode code_of_state(std::string_view state) {
  if (state.starts_with("08") || state.starts_with("53") || state == "57P01" || state == "57P02" || state == "57P03" ||
      state.starts_with("40"))
    return ErrorCode::kUnavailable;
  if (state == "57014" || state == "55P03") return ErrorCode::kTimeout;
  if (state == "42501") return ErrorCode::kDenied;
  if (state.starts_with("28")) return ErrorCode::kUnauthenticated;
  if (state == "42P01" || state == "42703" || state == "3D000" || state == "3F000") return ErrorCode::kNotFound;
  if (state.starts_with("23")) return ErrorCode::kConflict;
  if (state.starts_with("54")) return ErrorCode::kLimit;
  if (state.starts_with("XX")) return ErrorCode::kCorrupt;
  return ErrorCode::kInvalidInput;
}

ErrorCode code_of_connect(std::string_view message) {
  auto says = [&](std::string_view part) { return message.find(part) != std::string_view::npos; };
  if (says("authentication failed") || says("no password supplied") || says("no pg_hba.conf entry")) return ErrorCode::kUnauthenticated;
  if (says("does not exist")) return ErrorCode::kNotFound;
  if (says("certificate") || says("SSL")) return ErrorCode::kPrecondition;
  return ErrorCode::kUnavailable;
}

}  // namespace

const Shape<PostgresOptions>& shape_of(const PostgresOptions*) {
  static const auto shape = [] {
    auto out = Shape<PostgresOptions>("source", "A PostgreSQL database.");
    out.required(
           "connection", &PostgresOptions::connection,
           "postgresql://user:${PASSWORD}@host/database?sslmode=verify-full, or a map of host, port, user, password, database, sslmode, …")
        .optional("max_connections", &PostgresOptions::max_connections, "How many connections one read may use at once",
                  {.min = 2, .max = 100});
    return with_shared(out);
  }();
  return shape;
}

const std::vector<std::string>& connection_keys() {
  static const std::vector<std::string> kKeys{
      "host",    "port",     "user",    "password", "database",   "sslmode",         "sslrootcert",         "sslcert", "sslkey", "sslcrl",
      "options", "passfile", "service", "hostaddr", "gssencmode", "channel_binding", "target_session_attrs"};
  return kKeys;
}

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string quote_text(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

namespace {

// Parses an address with libpq; its own message is dropped, for it may quote a password. A mark of the password that is not encoded
// would shift its pieces into port and database, and so into later messages.
Status add_address(const std::string& address, Login& login, const Place& place) {
  char* message = nullptr;
  PQconninfoOption* parsed = ::PQconninfoParse(address.c_str(), &message);
  if (message) ::PQfreemem(message);
  bool good = parsed != nullptr;
  for (const PQconninfoOption* option = parsed; option && option->keyword; ++option) {
    if (!option->val) continue;
    std::string_view key = option->keyword;
    std::string_view value = option->val;
    if (key == "port") good = good && value.find_first_not_of("0123456789,") == std::string_view::npos;
    if (key == "dbname" || key == "host") good = good && value.find_first_of("@?#") == std::string_view::npos;
    login.parameters.emplace_back(key, value);
  }
  if (parsed) ::PQconninfoFree(parsed);
  if (good) return {};
  return fail(ErrorCode::kInvalidInput,
              "the connection is no address like postgresql://user:password@host:port/database?sslmode=require; write characters such as "
              "@ : / ? # and spaces in the password as %40 %3A %2F %3F %23 %20",
              place.text());
}

}  // namespace

Result<Login> resolve_login(const std::string& source, const PostgresOptions& options, const OpenContext& context) {
  Diagnostics diagnostics;
  ConnectionConfig connection = read_connection(options.connection, connection_keys(), diagnostics);
  if (!diagnostics.ok()) return fail(diagnostics.error());
  Login login;
  if (!connection.address.empty()) {
    SINAN_TRY(std::string address, connection.address.resolve(context.base_dir));
    SINAN_CHECK(add_address(address, login, connection.address.place()));
  }
  SINAN_TRY(auto parts, resolve_parts(connection, context.base_dir));
  for (auto& [key, value] : parts) login.parameters.emplace_back(key == "database" ? "dbname" : key, value);
  std::map<std::string, std::string> given(login.parameters.begin(), login.parameters.end());
  for (auto& [key, value] : login.parameters)
    if ((key == "sslrootcert" || key == "sslcert" || key == "sslkey" || key == "sslcrl") && value != "system" &&
        std::filesystem::path(value).is_relative())
      value = (context.base_dir / value).string();
  auto keep = [&](const char* key, std::string value) {
    if (!given.contains(key)) login.parameters.emplace_back(key, std::move(value));
  };
  keep("application_name", "sinan");
  keep("keepalives_idle", "20");
  keep("keepalives_interval", "10");
  login.parameters.emplace_back("client_encoding", "UTF8");
  auto part = [&](const char* key, const char* fallback) { return given.contains(key) ? given[key] : std::string(fallback); };
  login.shown = fmt::format("{} ({}:{})", source, part("host", "local socket"), part("port", "5432"));
  return login;
}

Connection::Connection(PGconn* connection, std::string shown, const OpenContext& context)
    : connection_(connection), shown_(std::move(shown)), timeout_(context.timeout), cancel_(context.cancel) {}

Connection::~Connection() {
  if (piece_) ::PQfreemem(piece_);
  if (!idle_ && ::PQstatus(connection_) == CONNECTION_OK) {
    // The server would go on with the statement until it tries to send.
    std::array<char, 256> ignored{};
    if (PGcancel* cancel = ::PQgetCancel(connection_)) {
      ::PQcancel(cancel, ignored.data(), static_cast<int>(ignored.size()));
      ::PQfreeCancel(cancel);
    }
  }
  ::PQfinish(connection_);
}

Result<std::unique_ptr<Connection>> Connection::open(const Login& login, const OpenContext& context, bool writable) {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : login.parameters) keys.push_back(key.c_str()), values.push_back(value.c_str());
  keys.push_back(nullptr), values.push_back(nullptr);
  PGconn* raw = ::PQconnectStartParams(keys.data(), values.data(), 0);
  if (raw == nullptr) return fail(ErrorCode::kLimit, "out of memory", login.shown);
  std::unique_ptr<Connection> connection(new Connection(raw, login.shown, context));
  ::PQsetNoticeProcessor(raw, [](void*, const char*) {}, nullptr);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (::PQstatus(raw) != CONNECTION_BAD && state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    SINAN_CHECK(connection->wait(state == PGRES_POLLING_WRITING));
    state = ::PQconnectPoll(raw);
  }
  if (::PQstatus(raw) != CONNECTION_OK) {
    std::string message = first_line(::PQerrorMessage(raw));
    return fail(code_of_connect(message), "cannot connect: " + message, login.shown);
  }
  std::string settings = fmt::format(
      "SET standard_conforming_strings = on; SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'iso_8601'; "
      "SET extra_float_digits = 3; SET bytea_output = 'hex'; SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; "
      "SET lock_timeout = {}; SET synchronous_commit = on; SET default_transaction_read_only = {}",
      std::chrono::milliseconds(context.timeout).count(), writable ? "off" : "on");
  SINAN_CHECK(connection->run(settings));
  return connection;
}

Status Connection::wait(bool for_write) {
  auto deadline = std::chrono::steady_clock::now() + timeout_;
  while (true) {
    if (cancel_) SINAN_CHECK(cancel_->check());
    pollfd entry{::PQsocket(connection_), static_cast<short>(for_write ? POLLOUT : POLLIN), 0};
    if (entry.fd < 0) return fail(lost("waiting for an answer"));
    int ready = ::poll(&entry, 1, kPollMs);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail(lost("waiting for an answer"));
    if (std::chrono::steady_clock::now() > deadline)
      return fail(ErrorCode::kTimeout, fmt::format("the server did not answer within {} s", timeout_.count()), shown_);
  }
}

Error Connection::lost(std::string_view doing) const {
  std::string message = first_line(::PQerrorMessage(connection_));
  return Error{ErrorCode::kUnavailable, fmt::format("the connection was lost while {}{}{}", doing, message.empty() ? "" : ": ", message),
               shown_, nullptr};
}

Error Connection::failed(const PGresult* result) {
  const char* state = ::PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* primary = ::PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (state == nullptr || ::PQstatus(connection_) == CONNECTION_BAD) return lost("reading");
  return Error{code_of_state(state), fmt::format("PostgreSQL says: {} ({})", primary ? primary : "no message", state), shown_, nullptr};
}

Status Connection::finish_sending() {
  ::PQsetnonblocking(connection_, 1);
  while (true) {
    int left = ::PQflush(connection_);
    if (left == 0) return {};
    if (left < 0) return fail(lost("sending a query"));
    SINAN_CHECK(wait(true));
  }
}

Result<PGresult*> Connection::next_result() {
  while (::PQisBusy(connection_)) {
    SINAN_CHECK(wait(false));
    if (!::PQconsumeInput(connection_)) return fail(lost("reading"));
  }
  return ::PQgetResult(connection_);
}

Result<Cells> Connection::collect(std::int64_t* changed) {
  Cells cells;
  std::optional<Error> error;
  while (true) {
    SINAN_TRY(PGresult * result, next_result());
    if (result == nullptr) break;
    auto status = ::PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY && !error) error = failed(result);
    if (changed) *changed = std::atoll(::PQcmdTuples(result));
    for (int i = 0; i < ::PQntuples(result); ++i) {
      auto& row = cells.emplace_back();
      for (int j = 0; j < ::PQnfields(result); ++j)
        row.push_back(::PQgetisnull(result, i, j)
                          ? std::nullopt
                          : std::optional(std::string(::PQgetvalue(result, i, j), static_cast<std::size_t>(::PQgetlength(result, i, j)))));
    }
    ::PQclear(result);
    if (::PQstatus(connection_) == CONNECTION_BAD) break;
  }
  auto transaction = ::PQtransactionStatus(connection_);
  idle_ = ::PQstatus(connection_) == CONNECTION_OK && (transaction == PQTRANS_IDLE || transaction == PQTRANS_INTRANS);
  if (error) return fail(std::move(*error));
  return cells;
}

Result<Cells> Connection::query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters) {
  idle_ = false;
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  if (!::PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0))
    return fail(lost("sending a query"));
  SINAN_CHECK(finish_sending());
  return collect(nullptr);
}

Result<std::int64_t> Connection::execute(const std::string& sql, const std::vector<std::optional<std::string>>& parameters) {
  idle_ = false;
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  if (!::PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0))
    return fail(lost("sending a query"));
  SINAN_CHECK(finish_sending());
  std::int64_t changed = 0;
  SINAN_TRY(auto unused, collect(&changed));
  static_cast<void>(unused);
  return changed;
}

Status Connection::run(const std::string& sql) {
  idle_ = false;
  if (!::PQsendQuery(connection_, sql.c_str())) return fail(lost("sending a query"));
  SINAN_CHECK(finish_sending());
  SINAN_TRY(auto unused, collect(nullptr));
  static_cast<void>(unused);
  return {};
}

Status Connection::begin_copy(const std::string& sql) {
  idle_ = false;
  if (!::PQsendQuery(connection_, sql.c_str())) return fail(lost("sending a query"));
  SINAN_CHECK(finish_sending());
  SINAN_TRY(PGresult * result, next_result());
  auto status = ::PQresultStatus(result);
  if (status == PGRES_COPY_OUT) {
    ::PQclear(result);
    return {};
  }
  Error error = failed(result);
  ::PQclear(result);
  return fail(std::move(error));
}

Result<std::optional<std::string_view>> Connection::copy_piece() {
  if (piece_) ::PQfreemem(std::exchange(piece_, nullptr));
  int size = 0;
  while ((size = ::PQgetCopyData(connection_, &piece_, 1)) == 0) {
    SINAN_CHECK(wait(false));
    if (!::PQconsumeInput(connection_)) return fail(lost("reading rows"));
  }
  if (size > 0) return std::string_view(piece_, static_cast<std::size_t>(size));
  if (size == -2) return fail(lost("reading rows"));
  SINAN_TRY(auto unused, collect(nullptr));
  static_cast<void>(unused);
  if (!idle_) return fail(lost("reading rows"));
  return std::nullopt;
}

}  // namespace sinan::sources::postgres

// A connection to PostgreSQL that never waits longer than it may: every call ends with the time-out or when work is cancelled.
#pragma once

#include <libpq-fe.h>

#include "data/sources/options.hpp"

namespace sinan::sources::postgres {

struct PostgresOptions : SharedOptions {
  YamlNode connection;
  int max_connections = 8;
};
const Shape<PostgresOptions>& shape_of(const PostgresOptions*);

// Keys that `connection` may have as a map: those of libpq, with `database` for dbname.
const std::vector<std::string>& connection_keys();

// What libpq needs to connect. Holds secrets: never printed.
struct Login {
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string shown;  // "erp (db.example.com:5432)": for messages
};
Result<Login> resolve_login(const std::string& source, const PostgresOptions& options, const OpenContext& context);

using Cells = std::vector<std::vector<std::optional<std::string>>>;

class Connection {
 public:
  // A session in UTC, UTF-8 and ISO dates, whose transactions only read unless `writable`.
  static Result<std::unique_ptr<Connection>> open(const Login& login, const OpenContext& context, bool writable = false);
  ~Connection();
  Connection(const Connection&) = delete;

  // One statement with $1… parameters, as text; nullopt is null.
  Result<Cells> query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {});
  // The number of rows changed.
  Result<std::int64_t> execute(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {});
  // One or more statements without parameters or results.
  Status run(const std::string& sql);

  // COPY … TO STDOUT: its bytes, piece by piece, until nullopt. A piece is valid until the next call.
  Status begin_copy(const std::string& sql);
  Result<std::optional<std::string_view>> copy_piece();

  // Whether no statement is under way and the connection still stands.
  bool idle() const { return idle_; }
  const std::string& shown() const { return shown_; }

 private:
  Connection(PGconn* connection, std::string shown, const OpenContext& context);
  Status wait(bool for_write);
  Status finish_sending();
  Result<PGresult*> next_result();
  Result<Cells> collect(std::int64_t* changed);
  Error lost(std::string_view doing) const;
  Error failed(const PGresult* result);

  PGconn* connection_;
  std::string shown_;
  std::chrono::seconds timeout_;
  const CancelToken* cancel_;
  char* piece_ = nullptr;
  bool idle_ = true;
};

// "name" and 'text' for SQL (with standard_conforming_strings, which every session of ours has on).
std::string quote_name(std::string_view name);
std::string quote_text(std::string_view text);

}  // namespace sinan::sources::postgres

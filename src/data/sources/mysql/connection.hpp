// A connection to MariaDB or MySQL, with text results that stream.
#pragma once

#include <mysql.h>

#include "data/sources/options.hpp"

namespace sinan::sources::mysql {

struct MysqlOptions : SharedOptions {
  YamlNode connection;
  std::optional<std::chrono::microseconds> cursor_lag;
  int spool_limit_mb = 4096;
};
const Shape<MysqlOptions>& shape_of(const MysqlOptions*);

const std::vector<std::string>& connection_keys();

// What is needed to connect. Holds a password: never printed but for `shown`.
struct Login {
  Address address;
  std::string ssl_mode = "preferred";  // disabled, preferred, required, verify_ca, verify_identity
  std::string ssl_ca;
  std::string socket;
  std::string shown;  // "erp (db.example.com:3306)"
};
Result<Login> resolve_login(const std::string& source, const MysqlOptions& options, const OpenContext& context);

using Cells = std::vector<std::vector<std::optional<std::string>>>;

class Connection {
 public:
  // A session in UTC and UTF-8, strict, where a backslash in text is a backslash.
  static Result<std::unique_ptr<Connection>> open(const Login& login, const OpenContext& context);
  ~Connection();
  Connection(const Connection&) = delete;

  // All rows of a statement, as text.
  Result<Cells> query(const std::string& sql);
  // The number of rows changed; `server_code`, if given, is the server's error number or 0.
  Result<std::int64_t> execute(const std::string& sql, unsigned* server_code = nullptr);

  // Starts a statement whose rows come one by one; nothing else may run before they have ended.
  Status begin(const std::string& sql);
  // The next row, valid until the next call; nullopt at the end.
  struct Row {
    MYSQL_ROW cells;
    const unsigned long* lengths;
  };
  Result<std::optional<Row>> next_row();
  // Ends a statement before its end, by a second connection.
  void give_up();

  bool alive() const { return alive_; }
  const std::string& shown() const { return login_.shown; }

 private:
  Connection(const Login& login, const OpenContext& context) : login_(login), context_(context) {}
  Status send(const std::string& sql);
  Status wait(bool for_write);
  Result<MYSQL_ROW> fetch();
  void kill_query();
  Error error(std::string_view doing);

  Login login_;
  OpenContext context_;
  MYSQL* connection_ = nullptr;
  MYSQL_RES* result_ = nullptr;
  bool alive_ = true;
};

std::string quote_name(std::string_view name);
// X'6162': bytes, free of character sets and escapes.
std::string hex_literal(std::string_view bytes);
// The same as utf8mb4 text.
std::string text_literal(std::string_view text);

}  // namespace sinan::sources::mysql

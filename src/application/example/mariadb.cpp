// The example company's tables in MariaDB or MySQL, loaded by INSERTs of many rows.
#include <fmt/format.h>
#include <mariadb/mysql.h>

#include "application/example/database.hpp"
#include "data/sources/options.hpp"

namespace sinan::example {
namespace {

std::unexpected<Error> failed(MYSQL* connection, std::string_view what) {
  return fail(ErrorCode::kUnavailable, fmt::format("MariaDB: {}: {}", what, mysql_error(connection)));
}

std::string type_name(const ColumnDef& column, bool) {
  switch (column.kind) {
    case Kind::kText: return fmt::format("VARCHAR({})", column.size);
    case Kind::kInteger: return "BIGINT";
    case Kind::kDecimal: return fmt::format("DECIMAL({},{})", column.size, column.scale);
    case Kind::kDate: return "DATE";
    case Kind::kTimestamp: return "DATETIME";
  }
  return {};
}

class RowsInserter final : public Inserter {
 public:
  RowsInserter(MYSQL* connection, const TableDef& table) : connection_(connection), table_(table) {}

  void null() override { next() += "NULL"; }
  void text(std::string_view value) override {
    std::string& out = next();
    std::string escaped(value.size() * 2 + 1, '\0');
    escaped.resize(mysql_real_escape_string(connection_, escaped.data(), value.data(), value.size()));
    out += '\'';
    out += escaped;
    out += '\'';
  }
  void integer(std::int64_t value) override { fmt::format_to(std::back_inserter(next()), "{}", value); }
  void decimal(std::int64_t scaled) override {
    const int scale = table_.columns[column_].scale;
    append_decimal(next(), scaled, scale);
  }
  void date(Date value) override {
    std::string& out = next();
    out += '\'';
    append_date(out, value);
    out += '\'';
  }
  void timestamp(Instant value) override {
    std::string& out = next();
    out += '\'';
    append_timestamp(out, value);
    out += '\'';
  }
  Status end_row() override {
    sql_ += ')';
    column_ = 0;
    return sql_.size() < kFlushBytes ? Status() : finish();
  }
  Status finish() override {
    if (sql_.empty()) return {};
    const int code = mysql_real_query(connection_, sql_.data(), sql_.size());
    sql_.clear();
    if (code != 0) return failed(connection_, "could not insert into " + table_.name);
    return {};
  }

 private:
  static constexpr std::size_t kFlushBytes = 1 << 18;

  std::string& next() {
    if (column_++ > 0) return sql_ += ',';
    return sql_ += sql_.empty() ? fmt::format("INSERT INTO `{}` VALUES (", table_.name) : ",(";
  }

  MYSQL* connection_;
  const TableDef& table_;
  std::string sql_;
  std::size_t column_ = 0;
};

class MariadbDatabase final : public Database {
 public:
  explicit MariadbDatabase(MYSQL* connection) : connection_(connection) {}
  ~MariadbDatabase() override { mysql_close(connection_); }
  MariadbDatabase(const MariadbDatabase&) = delete;

  Status execute(const std::string& sql) override {
    SINAN_TRY(auto rows, query(sql));
    return {};
  }
  Result<TextRows> query(const std::string& sql) override {
    TextRows out;
    if (mysql_real_query(connection_, sql.data(), sql.size()) != 0) return failed(connection_, sql.substr(0, 80));
    MYSQL_RES* result = mysql_store_result(connection_);
    if (result == nullptr) return out;
    while (MYSQL_ROW row = mysql_fetch_row(result)) {
      const auto* lengths = mysql_fetch_lengths(result);
      auto& cells = out.emplace_back();
      for (unsigned i = 0; i < mysql_num_fields(result); ++i) {
        cells.push_back(row[i] == nullptr ? std::optional<std::string>() : std::string(row[i], lengths[i]));
      }
    }
    mysql_free_result(result);
    return out;
  }
  Result<bool> has_table(const std::string& name) override {
    SINAN_TRY(auto rows,
              query(fmt::format("SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = '{}'", name)));
    return !rows.empty();
  }
  Status create(const TableDef& table) override {
    return execute(create_sql(table, '`', type_name, "BIGINT AUTO_INCREMENT PRIMARY KEY") + " ENGINE=InnoDB CHARACTER SET utf8mb4");
  }
  Result<std::unique_ptr<Inserter>> insert(const TableDef& table) override { return std::make_unique<RowsInserter>(connection_, table); }

 private:
  MYSQL* connection_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_mariadb(const std::string& address) {
  SINAN_TRY(auto parts, sources::parse_address(address));
  MYSQL* connection = mysql_init(nullptr);
  auto out = std::make_unique<MariadbDatabase>(connection);
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(connection, parts.host.c_str(), parts.user.c_str(), parts.password.c_str(), parts.database.c_str(),
                         static_cast<unsigned>(parts.port), nullptr, 0) == nullptr) {
    return failed(connection, "cannot connect");
  }
  return out;
}

}  // namespace sinan::example

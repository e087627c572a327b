#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"
#include "tests/servers/servers.hpp"

namespace sinan::sources::postgres {
namespace {

std::string literal(const Value& value) {
  if (value.null) return "NULL";
  if (value.type.id == TypeId::kBinary) {
    std::string hex;
    for (unsigned char byte : value.text) hex += fmt::format("{:02x}", byte);
    return "'\\x" + hex + "'";
  }
  std::string out = "'";
  for (char c : value_text(value)) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

class PostgresFixture final : public conformance::Fixture {
 public:
  PostgresFixture()
      : server_(testing::PostgresServer::shared()), database_(server_.fresh_database()), session_(server_.connect(database_)) {
    session_->execute("SET timezone = 'UTC'");
  }

  std::string yaml() const override { return "kind: postgres\nconnection: " + server_.url(database_) + "\n"; }
  bool holds(const Field&, const Value&) const override { return true; }

  void create() override {
    session_->execute(
        "DROP TABLE IF EXISTS things; CREATE TABLE things (id bigint PRIMARY KEY, n bigint, x float8, d numeric(12,2), t text, \"on\" "
        "date, at "
        "timestamp, bytes bytea)");
  }

  void put(const std::vector<conformance::LogicalRow>& rows) override {
    std::string sql = "BEGIN;";
    for (const auto& row : rows) {
      std::vector<std::string> cells;
      for (const Value& value : row) cells.push_back(literal(value));
      sql += fmt::format(
          "INSERT INTO things VALUES ({}) ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n, x = EXCLUDED.x, d = EXCLUDED.d, t = EXCLUDED.t, "
          "\"on\" = EXCLUDED.\"on\", at = EXCLUDED.at, bytes = EXCLUDED.bytes;",
          fmt::join(cells, ", "));
    }
    session_->execute(sql + "COMMIT");
  }

  void remove(std::int64_t id) override { session_->execute(fmt::format("DELETE FROM things WHERE id = {}", id)); }

  bool create_orders() override {
    session_->execute(
        "CREATE TABLE orders (order_key text NOT NULL UNIQUE, item text NOT NULL, quantity numeric(12,2), number int UNIQUE);"
        "CREATE TABLE loose (order_key text, item text, quantity numeric(12,2), number int)");
    return true;
  }

  std::vector<std::vector<std::string>> orders() override {
    std::vector<std::vector<std::string>> out;
    for (const auto& row : session_->query("SELECT order_key, item, quantity, number FROM orders ORDER BY 1")) {
      auto& cells = out.emplace_back();
      for (const auto& cell : row) cells.push_back(cell.value_or("NULL"));
    }
    return out;
  }

 private:
  testing::PostgresServer& server_;
  std::string database_;
  std::unique_ptr<testing::Session> session_;
};

}  // namespace

std::unique_ptr<conformance::Fixture> fixture() { return std::make_unique<PostgresFixture>(); }

}  // namespace sinan::sources::postgres

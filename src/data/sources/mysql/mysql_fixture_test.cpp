#include "data/sources/conformance.hpp"
#include "data/sources/values.hpp"
#include "tests/servers/servers.hpp"

namespace sinan::sources::mysql {
namespace {

std::string literal(const Value& value) {
  if (value.null) return "NULL";
  if (value.type.id == TypeId::kBinary || value.type.id == TypeId::kText) {
    std::string hex;
    for (unsigned char byte : value.text) hex += fmt::format("{:02x}", byte);
    return (value.type.id == TypeId::kText ? "_utf8mb4 x'" : "x'") + hex + "'";
  }
  if (value.type.id == TypeId::kDouble) return fmt::format("{:.17e}", value.real);
  return "'" + value_text(value) + "'";
}

class MysqlFixture final : public conformance::Fixture {
 public:
  MysqlFixture() : server_(testing::MariadbServer::shared()), database_(server_.fresh_database()), session_(server_.connect(database_)) {
    session_->execute("SET time_zone = '+00:00'");
  }

  std::string yaml() const override { return "kind: mysql\nconnection: " + server_.url(database_) + "\n"; }
  // No NaN, no infinity, and no numbers that are nearly none.
  bool holds(const Field&, const Value& value) const override {
    return value.type.id != TypeId::kDouble || (std::isfinite(value.real) && (value.real == 0 || std::abs(value.real) > 1e-300));
  }

  void create() override {
    session_->execute(
        "CREATE TABLE things (id bigint PRIMARY KEY, n bigint, x double, d decimal(12,2), t varchar(100) COLLATE utf8mb4_general_ci, `on` "
        "date, at "
        "datetime(6), bytes varbinary(100)) CHARACTER SET utf8mb4");
  }

  void put(const std::vector<conformance::LogicalRow>& rows) override {
    std::string sql = "START TRANSACTION;";
    for (const auto& row : rows) {
      std::vector<std::string> cells;
      for (const Value& value : row) cells.push_back(literal(value));
      sql += fmt::format("REPLACE INTO things VALUES ({});", fmt::join(cells, ", "));
    }
    session_->execute(sql + "COMMIT");
  }

  void remove(std::int64_t id) override { session_->execute(fmt::format("DELETE FROM things WHERE id = {}", id)); }

  bool create_orders() override {
    session_->execute(
        "CREATE TABLE orders (order_key varchar(100) NOT NULL UNIQUE, item varchar(100) NOT NULL, quantity decimal(12,2), number int "
        "UNIQUE) CHARACTER "
        "SET utf8mb4;"
        "CREATE TABLE loose (order_key varchar(100), item varchar(100), quantity decimal(12,2), number int)");
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
  testing::MariadbServer& server_;
  std::string database_;
  std::unique_ptr<testing::Session> session_;
};

}  // namespace

std::unique_ptr<conformance::Fixture> fixture() { return std::make_unique<MysqlFixture>(); }

}  // namespace sinan::sources::mysql

#include "data/sources/mysql/writer.hpp"

#include <mysqld_error.h>

namespace sinan::sources::mysql {
namespace {

class MysqlWriter final : public Writer {
 public:
  MysqlWriter(const SourceConfig& config, const Login& login, const OpenContext& context, const Zone& zone)
      : config_(config), login_(login), context_(context), zone_(zone) {}

  Status check(const std::string& table, const std::string& idempotency_column, const std::vector<std::string>& columns) override {
    SINAN_TRY(const MyTable* found, find(table));
    std::vector<std::string> given = columns;
    given.push_back(idempotency_column);
    std::vector<std::string> names;
    for (const MyColumn& column : found->columns) names.push_back(column.name);
    for (const std::string& column : given)
      if (!found->find(column))
        return fail(ErrorCode::kNotFound, fmt::format("there is no column '{}': {}", column, suggestion(column, names)), place(table));
    if (found->find(idempotency_column)->type.id != TypeId::kText)
      return fail(ErrorCode::kPrecondition, fmt::format("the idempotency key '{}' must be a text column", idempotency_column),
                  place(table));
    if (found->is_view || !found->transactional)
      return fail(ErrorCode::kPrecondition, "only an InnoDB table keeps what is written through a crash: ALTER TABLE … ENGINE = InnoDB",
                  place(table));
    SINAN_CHECK(check_unique(table, idempotency_column));
    return check_required(table, given);
  }

  Result<WriteOutcome> write(const WriteRequest& request) override {
    SINAN_TRY(const MyTable* table, find(request.table));
    std::vector<std::string> names{quote_name(request.idempotency_column)};
    std::vector<std::string> values{text_literal(request.idempotency_key)};
    for (const auto& [column, value] : request.values) {
      SINAN_TRY(std::string sql, value_sql(*table, column, value));
      names.push_back(quote_name(column));
      values.push_back(std::move(sql));
    }
    std::string insert =
        fmt::format("INSERT INTO {} ({}) VALUES ({})", quote_name(request.table), fmt::join(names, ", "), fmt::join(values, ", "));
    unsigned code = 0;
    auto changed = connection_->execute(insert, &code);
    if (!changed && changed.error().code == ErrorCode::kUnavailable && !connection_->alive()) {
      // A connection that stood idle may have been closed meanwhile. The key makes it safe to try once more.
      connection_.reset();
      SINAN_CHECK(open());
      changed = connection_->execute(insert, &code);
    }
    if (changed) return WriteOutcome::kWritten;
    if (code != ER_DUP_ENTRY && code != ER_DUP_ENTRY_WITH_KEY_NAME) return fail(std::move(changed).error());
    // Some unique index has that row: is it that of the key, and the very same key?
    SINAN_TRY(auto there,
              connection_->query(fmt::format("SELECT CAST(CONVERT({0} USING utf8mb4) AS BINARY) = {1} FROM {2} WHERE {0} = {3}", names[0],
                                             hex_literal(request.idempotency_key), quote_name(request.table), values[0])));
    for (const auto& row : there)
      if (row[0] == "1") return WriteOutcome::kAlreadyThere;
    return fail(ErrorCode::kConflict, changed.error().message, place(request.table));
  }

 private:
  std::string place(const std::string& table) const { return config_.name + "." + table; }

  Status open() {
    if (connection_ && connection_->alive()) return {};
    SINAN_TRY(connection_, Connection::open(login_, context_));
    SINAN_TRY(tables_, read_catalogue(*connection_, config_));
    return {};
  }

  Result<const MyTable*> find(const std::string& table) {
    SINAN_CHECK(open());
    std::vector<std::string> names;
    for (const MyTable& known : tables_) {
      if (known.info.name == table) return &known;
      names.push_back(known.info.name);
    }
    return fail(ErrorCode::kNotFound, fmt::format("there is no table '{}': {}", table, suggestion(table, names)), config_.name);
  }

  Result<std::string> value_sql(const MyTable& table, const std::string& column, const Value& value) {
    if (value.null) return std::string("NULL");
    const MyColumn* found = table.find(column);
    if (found == nullptr) return fail(ErrorCode::kNotFound, fmt::format("there is no column '{}'", column), place(table.info.name));
    Value local = value;
    if (value.type.id == TypeId::kTimestamp && found->local_time) local.integer = zone_.to_local(value.integer);
    if (auto sql = literal(local)) return std::move(*sql);
    return fail(ErrorCode::kInvalidInput, "the value cannot be written into MariaDB", place(table.info.name) + "." + column);
  }

  Status check_unique(const std::string& table, const std::string& column) {
    SINAN_TRY(auto rows,
              connection_->query(fmt::format(
                  "SELECT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = {} AND non_unique "
                  "= 0 GROUP BY index_name HAVING COUNT(*) = 1 AND MAX(column_name) = {} AND MAX(sub_part) IS NULL",
                  text_literal(table), text_literal(column))));
    if (!rows.empty()) return {};
    return fail(
        ErrorCode::kPrecondition,
        fmt::format("the column '{}' is not unique by itself, so an order could be written twice: CREATE UNIQUE INDEX on it", column),
        place(table));
  }

  Status check_required(const std::string& table, const std::vector<std::string>& given) {
    SINAN_TRY(auto rows,
              connection_->query(fmt::format(
                  "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = {} AND is_nullable "
                  "= 'NO' AND column_default IS NULL AND extra NOT LIKE '%auto_increment%' AND extra NOT LIKE '%GENERATED%'",
                  text_literal(table))));
    for (const auto& row : rows)
      if (std::find(given.begin(), given.end(), row[0]) == given.end())
        return fail(ErrorCode::kPrecondition,
                    fmt::format("the column '{}' must be given: it has no default and may not be null", row[0].value_or("")), place(table));
    return {};
  }

  SourceConfig config_;
  Login login_;
  OpenContext context_;
  LocalTime zone_;
  std::unique_ptr<Connection> connection_;
  std::vector<MyTable> tables_;
};

}  // namespace

std::unique_ptr<Writer> open_writer(const SourceConfig& config, const Login& login, const OpenContext& context, const Zone& zone) {
  return std::make_unique<MysqlWriter>(config, login, context, zone);
}

}  // namespace sinan::sources::mysql

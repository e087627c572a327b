#include "data/sources/postgres/writer.hpp"

namespace sinan::sources::postgres {
namespace {

class PostgresWriter final : public Writer {
 public:
  PostgresWriter(const SourceConfig& config, const Login& login, const OpenContext& context, const Zone& zone)
      : config_(config), login_(login), context_(context), zone_(zone) {}

  Status check(const std::string& table, const std::string& idempotency_column, const std::vector<std::string>& columns) override {
    SINAN_TRY(const PgTable* found, find(table));
    std::vector<std::string> given = columns;
    given.push_back(idempotency_column);
    std::vector<std::string> names;
    for (const PgColumn& column : found->columns) names.push_back(column.name);
    for (const std::string& column : given)
      if (!found->find(column))
        return fail(ErrorCode::kNotFound, fmt::format("there is no column '{}': {}", column, suggestion(column, names)), place(table));
    if (found->find(idempotency_column)->type.id != TypeId::kText)
      return fail(ErrorCode::kPrecondition, fmt::format("the idempotency key '{}' must be a text column", idempotency_column),
                  place(table));
    SINAN_CHECK(check_unique(*found, idempotency_column));
    SINAN_CHECK(check_required(*found, given));
    SINAN_TRY(auto may, connection_->query("SELECT has_table_privilege($1::oid, 'INSERT') OR has_any_column_privilege($1::oid, 'INSERT')",
                                           {std::to_string(found->oid)}));
    if (may.empty() || may[0][0] != "t")
      return fail(ErrorCode::kDenied, "the user of the connection may not insert rows: GRANT INSERT on the table", place(table));
    return {};
  }

  Result<WriteOutcome> write(const WriteRequest& request) override {
    SINAN_TRY(const PgTable* table, find(request.table));
    std::vector<std::string> names{quote_name(request.idempotency_column)};
    std::vector<std::string> marks{"$1"};
    std::vector<std::optional<std::string>> parameters{request.idempotency_key};
    for (const auto& [column, value] : request.values) {
      names.push_back(quote_name(column));
      SINAN_TRY(auto parameter, parameter_text(*table, column, value));
      parameters.push_back(std::move(parameter));
      marks.push_back(fmt::format("${}", parameters.size()));
    }
    // Only a conflict on that one key is passed over; any other one is an error.
    auto changed = run_again_once(fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO NOTHING", table->sql_name,
                                              fmt::join(names, ", "), fmt::join(marks, ", "), names[0]),
                                  parameters);
    if (!changed) return fail(std::move(changed).error());
    if (*changed > 0) return WriteOutcome::kWritten;
    SINAN_TRY(auto there, connection_->query(fmt::format("SELECT 1 FROM {} WHERE {} = $1", table->sql_name, names[0]), {parameters[0]}));
    if (!there.empty()) return WriteOutcome::kAlreadyThere;
    return fail(ErrorCode::kConflict, "the row was not written, and no row has its key: a trigger or rule of the table drops it",
                place(request.table));
  }

 private:
  std::string place(const std::string& table) const { return config_.name + "." + table; }

  Status open() {
    if (connection_ && connection_->idle()) return {};
    SINAN_TRY(connection_, Connection::open(login_, context_, true));
    LocalTime utc{Zone()};
    SINAN_TRY(tables_, read_catalogue(*connection_, config_, utc));
    return {};
  }

  // A connection that stood idle may have been closed meanwhile. The key makes it safe to try once more.
  Result<std::int64_t> run_again_once(const std::string& sql, const std::vector<std::optional<std::string>>& parameters) {
    auto changed = connection_->execute(sql, parameters);
    if (changed || changed.error().code != ErrorCode::kUnavailable) return changed;
    connection_.reset();
    SINAN_CHECK(open());
    return connection_->execute(sql, parameters);
  }

  Result<const PgTable*> find(const std::string& table) {
    SINAN_CHECK(open());
    std::vector<std::string> names;
    for (const PgTable& known : tables_) {
      if (known.info.name == table) return &known;
      names.push_back(known.info.name);
    }
    return fail(ErrorCode::kNotFound, fmt::format("there is no table '{}': {}", table, suggestion(table, names)), config_.name);
  }

  Result<std::optional<std::string>> parameter_text(const PgTable& table, const std::string& column, const Value& value) {
    if (value.null) return std::nullopt;
    const PgColumn* found = table.find(column);
    if (found == nullptr) return fail(ErrorCode::kNotFound, fmt::format("there is no column '{}'", column), place(table.info.name));
    if (value.type.id == TypeId::kTimestamp) {
      // The session is in UTC, so that a column with time zone takes it as it is; one without keeps the source's local time.
      SINAN_TRY(auto native,
                connection_->query("SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = $1::oid AND attname = $2",
                                   {std::to_string(table.oid), column}));
      Value local = value;
      if (!native.empty() && native[0][0] == "timestamp without time zone") local.integer = zone_.to_local(value.integer);
      return value_text(local);
    }
    if (value.type.id != TypeId::kBinary) return value_text(value);
    std::string hex = "\\x";
    for (unsigned char byte : value.text) hex += fmt::format("{:02x}", byte);
    return hex;
  }

  Status check_unique(const PgTable& table, const std::string& column) {
    SINAN_TRY(auto rows,
              connection_->query("SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] "
                                 "WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS "
                                 "NULL AND i.indexprs IS NULL AND i.indnkeyatts = 1 AND a.attname = $2",
                                 {std::to_string(table.oid), column}));
    if (!rows.empty()) return {};
    return fail(
        ErrorCode::kPrecondition,
        fmt::format("the column '{}' is not unique by itself, so an order could be written twice: CREATE UNIQUE INDEX on it", column),
        place(table.info.name));
  }

  Status check_required(const PgTable& table, const std::vector<std::string>& given) {
    SINAN_TRY(auto rows, connection_->query("SELECT attname FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped "
                                            "AND attnotnull AND NOT atthasdef AND attidentity = '' AND attgenerated = ''",
                                            {std::to_string(table.oid)}));
    for (const auto& row : rows)
      if (std::find(given.begin(), given.end(), row[0]) == given.end())
        return fail(ErrorCode::kPrecondition,
                    fmt::format("the column '{}' must be given: it has no default and may not be null", row[0].value_or("")),
                    place(table.info.name));
    return {};
  }

  SourceConfig config_;
  Login login_;
  OpenContext context_;
  LocalTime zone_;
  std::unique_ptr<Connection> connection_;
  std::vector<PgTable> tables_;
};

}  // namespace

std::unique_ptr<Writer> open_writer(const SourceConfig& config, const Login& login, const OpenContext& context, const Zone& zone) {
  return std::make_unique<PostgresWriter>(config, login, context, zone);
}

}  // namespace sinan::sources::postgres

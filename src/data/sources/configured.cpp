#include "data/sources/configured.hpp"

#include "base/text.hpp"
#include "data/sources/options.hpp"

namespace sinan::sources {
namespace {

class ConfiguredSnapshot final : public Snapshot {
 public:
  ConfiguredSnapshot(std::unique_ptr<Snapshot> inner, const std::map<std::string, std::string>& names)
      : inner_(std::move(inner)), names_(names) {}

  bool consistent() const override { return inner_->consistent(); }

  Result<std::unique_ptr<Scan>> scan(const ScanRequest& request) override {
    ScanRequest renamed = request;
    renamed.table = name_in_source(request.table);
    return inner_->scan(renamed);
  }

  Result<Changes> changes(const ChangeOptions& options, const Position& since, Position& next) override {
    ChangeOptions renamed = options;
    renamed.table = name_in_source(options.table);
    return inner_->changes(renamed, since, next);
  }

 private:
  std::string name_in_source(const std::string& name) const {
    auto found = names_.find(name);
    return found == names_.end() ? name : found->second;
  }

  std::unique_ptr<Snapshot> inner_;
  std::map<std::string, std::string> names_;
};

class ConfiguredSource final : public Source {
 public:
  ConfiguredSource(std::unique_ptr<Source> inner, const SourceConfig& config) : inner_(std::move(inner)), config_(config) {
    for (const auto& [name, table] : config_.tables) names_[name] = table.table.value.empty() ? name : table.table.value;
  }

  Result<std::vector<TableInfo>> discover() override {
    if (names_.empty()) {
      SINAN_TRY(auto all, inner_->discover());
      for (const TableInfo& info : all) SINAN_CHECK(check_columns(info, config_.place));
      return all;
    }
    std::vector<TableInfo> out;
    for (const auto& [name, unused] : names_) {
      SINAN_TRY(auto info, describe(name));
      out.push_back(std::move(info));
    }
    return out;
  }

  Result<TableInfo> describe(const std::string& table) override {
    if (names_.empty()) {
      SINAN_TRY(auto info, inner_->describe(table));
      SINAN_CHECK(check_columns(info, config_.place));
      return info;
    }
    auto found = names_.find(table);
    if (found == names_.end()) {
      std::vector<std::string> known;
      for (const auto& [name, unused] : names_) known.push_back(name);
      return fail(ErrorCode::kNotFound, fmt::format("the source '{}' has no table '{}': {}", config_.name, table, suggestion(table, known)),
                  config_.place.text());
    }
    auto described = inner_->describe(found->second);
    const TableConfig& wanted = config_.tables.at(table);
    if (!described) {
      Error error = std::move(described).error();
      if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kPrecondition;  // the workspace says that there is such a table
      return fail(std::move(error).within(fmt::format("the table '{}' cannot be read", table), wanted.place.text()));
    }
    SINAN_CHECK(apply(wanted, *described));
    SINAN_CHECK(check_columns(*described, wanted.place));
    described->name = table;
    return described;
  }

  Result<std::unique_ptr<Snapshot>> snapshot() override {
    SINAN_TRY(auto inner, inner_->snapshot());
    return std::make_unique<ConfiguredSnapshot>(std::move(inner), names_);
  }

  Pushdown pushdown(const std::string& table, const Filter& filter) const override {
    return inner_->pushdown(name_in_source(table), filter);
  }

  std::string explain(const ScanRequest& request) const override {
    ScanRequest renamed = request;
    renamed.table = name_in_source(request.table);
    return inner_->explain(renamed);
  }

  std::unique_ptr<Writer> writer() override { return inner_->writer(); }

 private:
  std::string name_in_source(const std::string& name) const {
    auto found = names_.find(name);
    return found == names_.end() ? name : found->second;
  }

  static Status check_columns(const TableInfo& info, const Place& place) {
    const auto alike = columns_alike(info.name, info.schema);
    if (!alike) return {};
    return fail(ErrorCode::kUnsupported, fmt::format("{}; {}", alike->message, alike->hint), place.text());
  }

  // Chooses columns and states the key; a name that the table lacks is kNotFound at its place.
  static Status apply(const TableConfig& wanted, TableInfo& info) {
    std::vector<std::string> known;
    for (const Field& field : info.schema.fields) known.push_back(field.name);
    auto there = [&](const Located<std::string>& column) -> Status {
      if (column.value.empty() || info.schema.index_of(column.value)) return {};
      return fail(ErrorCode::kNotFound,
                  fmt::format("the table '{}' has no column '{}': {}", info.name, column.value, suggestion(column.value, known)),
                  column.place.text());
    };
    for (const auto& column : wanted.key) SINAN_CHECK(there(column));
    for (const auto& column : wanted.columns) SINAN_CHECK(there(column));
    for (const auto& [column, type] : wanted.types) SINAN_CHECK(there({column, type.place}));
    SINAN_CHECK(there(wanted.cursor));
    if (!wanted.key.empty()) {
      info.key.clear();
      for (const auto& column : wanted.key) info.key.push_back(column.value);
    }
    if (!wanted.columns.empty()) {
      Schema chosen;
      for (const auto& column : wanted.columns) chosen.fields.push_back(info.schema.fields[*info.schema.index_of(column.value)]);
      for (const std::string& column : info.key)
        if (!chosen.index_of(column)) chosen.fields.push_back(info.schema.fields[*info.schema.index_of(column)]);
      info.schema = std::move(chosen);
    }
    return {};
  }

  std::unique_ptr<Source> inner_;
  SourceConfig config_;
  std::map<std::string, std::string> names_;  // in the workspace: in the source
};

}  // namespace

std::unique_ptr<Source> configured(std::unique_ptr<Source> inner, const SourceConfig& config) {
  return std::make_unique<ConfiguredSource>(std::move(inner), config);
}

std::optional<AlikeColumns> columns_alike(const std::string& table, const Schema& schema) {
  std::map<std::string, std::string> seen;
  for (const Field& field : schema.fields) {
    const auto [there, fresh] = seen.emplace(lowercase(field.name), field.name);
    if (fresh) continue;
    return AlikeColumns{fmt::format("the columns '{}' and '{}' of the table '{}' differ only in case, and SQL takes them for one",
                                    there->second, field.name, table),
                        fmt::format("write under tables: {}: columns: [{}, …], without one of them", table, there->second)};
  }
  return std::nullopt;
}

ChangeOptions change_options(const SourceConfig& config, const TableInfo& table) {
  ChangeOptions out;
  out.table = table.name;
  for (const Field& field : table.schema.fields) out.columns.push_back(field.name);
  out.key = table.key;
  if (auto found = config.tables.find(table.name); found != config.tables.end()) {
    out.cursor = found->second.cursor.value;
    out.deletions = found->second.deletions != "ignore";
  }
  return out;
}

}  // namespace sinan::sources

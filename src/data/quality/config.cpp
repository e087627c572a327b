// Reads and checks quality/*.yaml.
#include "data/quality/quality.hpp"
#include "platform/duck/duck.hpp"

namespace sinan::quality {
namespace {

constexpr std::size_t kMaxRules = 500;

struct TableFile {
  std::vector<Located<std::string>> key;
  double warn_above_percent = 0;
  double stop_above_percent = 20;
  std::vector<YamlNode> rules;
};

const Shape<TableFile>& shape_of(const TableFile*) {
  static const auto shape = Shape<TableFile>("table", "The rules of one table.")
                                .optional("key", &TableFile::key, "Columns that name a row in reports; default: the table's key")
                                .optional("warn_above_percent", &TableFile::warn_above_percent,
                                          "Share of held back rows above which the verdict is warn; default 0", {{}, 0, 100})
                                .optional("stop_above_percent", &TableFile::stop_above_percent,
                                          "Share of held back rows above which the cycle stops; default 20", {{}, 0, 100})
                                .required("rules", &TableFile::rules, "The rules");
  return shape;
}

struct QualityFile {
  YamlNode tables;
};

const Shape<QualityFile>& shape_of(const QualityFile*) {
  static const auto shape =
      Shape<QualityFile>("quality file", "Quality rules per table.").required("tables", &QualityFile::tables, "SOURCE.TABLE: its rules");
  return shape;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> out;
  for (const RuleInfo& info : rules()) out.push_back(info.name);
  return out;
}

void read_rule(const YamlNode& node, TableRules& table, Diagnostics& out) {
  if (!shape_detail::expect(node, YamlNode::Kind::kMap, "a rule", out)) return;
  const YamlNode* kind = node.find("rule");
  if (!kind) {
    out.add(node.place, "missing_key", "a rule lacks the key 'rule'", fmt::format("its kind, one of: {}", fmt::join(kind_names(), ", ")));
    return;
  }
  std::string name;
  if (!shape_detail::read(*kind, {.allowed = kind_names()}, name, out)) return;
  for (const RuleInfo& info : rules()) {
    if (info.name != name) continue;
    for (auto& rule : info.read(node, out)) table.rules.push_back(std::move(rule));
  }
}

// Names must differ: those that somebody wrote twice are a mistake, the others are numbered ("range.quantity.2").
void settle_ids(TableRules& table, Diagnostics& out) {
  std::map<std::string, const Rule*> seen;
  for (const auto& rule : table.rules) {
    const std::string id = rule->settings().id;
    if (seen.emplace(id, rule.get()).second) continue;
    if (rule->settings().named) {
      out.add(rule->settings().place, "duplicate_rule", fmt::format("{} has two rules '{}'", table.table.value, id),
              fmt::format("give one of them another id; the first is at {}", seen.at(id)->settings().place.text()));
      continue;
    }
    int number = 2;
    while (!seen.emplace(fmt::format("{}.{}", id, number), rule.get()).second) ++number;
    rule->rename(fmt::format("{}.{}", id, number));
  }
}

void read_table(const YamlNode::Entry& entry, Config& config, Diagnostics& out) {
  TableRules table;
  table.table = {entry.key, entry.key_place};
  if (entry.key.find('.') == std::string::npos || entry.key.front() == '.' || entry.key.back() == '.') {
    out.add(entry.key_place, "invalid_value", fmt::format("'{}' does not name a table", entry.key),
            "write SOURCE.TABLE, such as erp.orders");
    return;
  }
  for (const TableRules& other : config.tables)
    if (other.table.value == entry.key)
      out.add(entry.key_place, "duplicate_table", fmt::format("{} has rules in two places", entry.key),
              fmt::format("put them together; the others are at {}", other.table.place.text()));
  TableFile file;
  // What is wrong beside the rules keeps none of them from being looked at.
  shape_of(&file).read(entry.value, file, out);
  table.key = std::move(file.key);
  table.warn_above_percent = file.warn_above_percent;
  table.stop_above_percent = file.stop_above_percent;
  for (const YamlNode& node : file.rules) read_rule(node, table, out);
  if (table.rules.size() > kMaxRules)
    out.add(entry.key_place, "limit", fmt::format("{} has {} rules; at most {} are possible", entry.key, table.rules.size(), kMaxRules),
            "drop some");
  settle_ids(table, out);
  config.tables.push_back(std::move(table));
}

class EntryLookup final : public TableLookup {
 public:
  explicit EntryLookup(const std::vector<catalog::TableEntry>& entries) : entries_(entries) {}

  std::vector<std::string> tables() const override {
    std::vector<std::string> out;
    for (const catalog::TableEntry& entry : entries_)
      if (entry.kind == catalog::Kind::kSource) out.push_back(entry.name);
    return out;
  }
  // A source that is down lists no tables, but its rows may lie in the lake.
  bool knows(const std::string& table) const override { return schema(table).has_value(); }
  std::optional<Schema> schema(const std::string& table) const override {
    for (const catalog::TableEntry& entry : entries_)
      if (entry.name == table || entry.name == lake_table(table)) return entry.schema;
    return std::nullopt;
  }

 private:
  const std::vector<catalog::TableEntry>& entries_;
};

class DuckSqlCheck final : public SqlCheck {
 public:
  DuckSqlCheck(duck::Database database, duck::Connection connection) : database_(std::move(database)), connection_(std::move(connection)) {}

  Status try_select(const std::string& select, const Schema& t) const override {
    std::scoped_lock lock(mutex_);
    SINAN_CHECK(connection_.run("CREATE SCHEMA IF NOT EXISTS lake; DROP TABLE IF EXISTS t"));
    if (!t.fields.empty()) {
      std::vector<std::string> columns;
      for (const Field& field : t.fields) columns.push_back(duck::quote_name(field.name) + " " + field.type.sql());
      SINAN_CHECK(connection_.run(fmt::format("CREATE TABLE t ({})", fmt::join(columns, ", "))));
    }
    duck::QueryOptions options;
    if (select.find("$now") != std::string::npos) options.parameters.emplace_back("now", "2000-01-01 00:00:00");
    SINAN_TRY(auto rows, connection_.query(select, options));
    Batch batch;
    SINAN_TRY([[maybe_unused]] bool more, rows->next(batch));
    return {};
  }

 private:
  mutable std::mutex mutex_;
  duck::Database database_;
  mutable duck::Connection connection_;
};

}  // namespace

Config read_config(const Workspace& workspace, Diagnostics& diagnostics) {
  Config config;
  for (const WorkspaceFile* file : workspace.files("quality")) {
    if (!file->yaml) continue;
    QualityFile content;
    bool good = shape_of(&content).read(*file->yaml, content, diagnostics);
    if (good) shape_detail::expect(content.tables, YamlNode::Kind::kMap, "tables", diagnostics);
    for (const YamlNode::Entry& entry : content.tables.entries) read_table(entry, config, diagnostics);
  }
  std::stable_sort(config.tables.begin(), config.tables.end(),
                   [](const TableRules& a, const TableRules& b) { return a.table.value < b.table.value; });
  return config;
}

Json config_schema() {
  Json kinds = Json::array();
  for (const RuleInfo& info : rules()) {
    Json one = info.schema;
    one["description"] = info.summary;
    Json& reason = one["properties"]["reason"];
    reason = reason_schema(reason.value("description", ""));
    kinds.push_back(std::move(one));
  }
  Json table = shape_of(static_cast<const TableFile*>(nullptr)).schema();
  table["properties"]["rules"]["items"] = Json{{"oneOf", std::move(kinds)}};
  Json out = shape_of(static_cast<const QualityFile*>(nullptr)).schema();
  out["properties"]["tables"] =
      Json{{"type", "object"}, {"description", "SOURCE.TABLE: its rules"}, {"additionalProperties", std::move(table)}};
  return out;
}

void check_config(const Config& config, const TableLookup& tables, const SqlCheck* sql, Diagnostics& diagnostics) {
  for (const TableRules& table : config.tables) {
    RuleCheck unknown{table.table.value, nullptr, tables, nullptr, diagnostics};
    if (!unknown.known_table(table.table)) continue;
    auto schema = tables.schema(table.table.value);
    RuleCheck known{table.table.value, schema ? &*schema : nullptr, tables, sql, diagnostics};
    for (const auto& column : table.key) known.column(column);
    for (const auto& rule : table.rules) {
      rule->check(known);
      known.condition(rule->settings().where);
    }
  }
}

void check_config(const Config& config, const std::vector<catalog::TableEntry>& tables, Diagnostics& diagnostics) {
  auto sql = make_sql_check();
  check_config(config, EntryLookup(tables), sql ? sql->get() : nullptr, diagnostics);
}

Result<std::unique_ptr<SqlCheck>> make_sql_check() {
  SINAN_TRY(auto database, duck::Database::open({.memory_mb = 64, .threads = 1, .temp_dir = {}, .files = false}));
  SINAN_TRY(auto connection, database.connect());
  return std::make_unique<DuckSqlCheck>(std::move(database), std::move(connection));
}

std::string lake_table(const std::string& table) {
  std::string out = table;
  std::replace(out.begin(), out.end(), '.', '_');
  return "lake." + out;
}

}  // namespace sinan::quality

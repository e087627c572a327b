// A quality rule: what each kind in rules/ implements. A kind is one file there and one line in rules.inc.
//
// There are two sorts. A RowRule says which rows of its table are bad: it contributes a boolean expression (and joins, if it needs them) to
// the one statement that judges the table, so that all rules of a table cost one pass. A TableRule judges the table as a whole by a few
// aggregates. Rules are immutable once read, and safe to use from several threads.
#pragma once

#include "base/shape.hpp"
#include "base/table.hpp"
#include "base/time.hpp"

namespace sinan::quality {

// Words for people, in both languages of the product.
struct Text {
  std::string en;
  std::string zh;
};

enum class Severity : std::uint8_t {
  kWarn,        // the row goes on; the report names it
  kQuarantine,  // the row is held back
  kStop,        // the row is held back, and one bad row is enough to stop the cycle
};
std::string_view name_of(Severity severity);

// The keys that every rule has.
struct RuleSettings {
  std::string kind;
  std::string id;             // default: kind and columns, "range.quantity"
  bool named = false;         // somebody wrote the id
  std::string severity_text;  // "" until read: the default of the rule's sort
  Severity severity = Severity::kQuarantine;
  Located<std::string> where;  // SQL condition: the rows that the rule judges
  std::optional<double> warn_above_percent;
  std::optional<double> stop_above_percent;
  YamlNode reason_node;  // a text, or a map with `en` and `zh`
  Text reason;           // in place of the rule's own words; empty: those
  Place place;
};

// What tables there are, as far as the caller knows without reading rows.
class TableLookup {
 public:
  virtual ~TableLookup() = default;
  // "erp.orders", in order of name.
  virtual std::vector<std::string> tables() const = 0;
  // Whether there is such a table; by default, whether it is among tables().
  virtual bool knows(const std::string& table) const;
  // Nullopt: the table may exist, but its columns are not known now (its source is down); column checks are left out then.
  virtual std::optional<Schema> schema(const std::string& table) const = 0;
};

// Tries SQL without data: for checking expressions and patterns before anything runs.
class SqlCheck {
 public:
  virtual ~SqlCheck() = default;
  // Does `select` compile, over an empty table `t` with these columns?
  virtual Status try_select(const std::string& select, const Schema& t) const = 0;
};

struct RuleCheck {
  std::string table;     // "erp.orders"
  const Schema* schema;  // null: not known
  const TableLookup& tables;
  const SqlCheck* sql;  // null: SQL is not tried
  Diagnostics& out;

  // Each complains with the nearest name there is; true if all is well or unknown.
  bool column(const Located<std::string>& name) const;
  // The type of a column of the judged table; nullopt: it is not known.
  std::optional<Type> type_of(const Located<std::string>& column) const;
  bool column_of(const std::string& other_table, const Located<std::string>& name) const;
  bool known_table(const Located<std::string>& name) const;
  // A condition over the judged table.
  bool condition(const Located<std::string>& sql_text) const;
};

// What a rule knows when it makes its SQL.
struct PlanContext {
  std::string table;     // "erp.orders"
  const Schema& schema;  // of the judged table
  std::vector<std::string> key;
  std::string prefix;  // names that the rule makes up start with it
  Instant now;
  Zone zone;  // the workspace's: in it the present is a day, which columns that hold a date are compared with
  const TableLookup& tables;

  // "lake.""erp_orders"": for FROM.
  static std::string from(const std::string& table);
  Result<Type> type_of(const Located<std::string>& column) const;
  Status has(const Located<std::string>& column) const;
};

// A rule's part of the statement. The judged table's alias is t.
struct RowTest {
  std::vector<std::string> tables;  // "name AS (SELECT …)", before the statement
  std::vector<std::string> joins;   // "LEFT JOIN name ON …"; must not multiply rows
  std::string broken;               // true: the row breaks the rule
};

// A row that broke a rule, for putting the reason into words.
class BadRow {
 public:
  BadRow(const Schema& schema, const Batch& batch, std::size_t row) : schema_(schema), batch_(batch), row_(row) {}
  bool is_null(std::string_view column) const;
  // As people should see it: control characters visible, at most 60 characters; "" for null.
  std::string value(std::string_view column) const;

 private:
  const Schema& schema_;
  const Batch& batch_;
  std::size_t row_;
};

// What a table-wide rule found.
struct TableFinding {
  bool broken = false;
  double measured_percent = 0;  // what the thresholds are compared with, when `broken`
  Text reason;                  // empty when all is well
};

class Rule {
 public:
  explicit Rule(RuleSettings settings) : settings_(std::move(settings)) {}
  virtual ~Rule() = default;

  const RuleSettings& settings() const { return settings_; }
  // For the reader, which numbers rules of one kind and column that nobody named.
  void rename(std::string id) { settings_.id = std::move(id); }
  virtual bool judges_rows() const = 0;
  // Names, types and SQL, against what is known now. What cannot be judged, such as a column whose type the rule knows no way to read, is
  // named here.
  virtual void check(const RuleCheck& check) const = 0;
  // Other tables that the rule reads: they are judged first.
  virtual std::vector<std::string> references() const { return {}; }
  // What to mend, and where; follows the count in the report.
  virtual Text advice(const std::string& source) const = 0;

 private:
  RuleSettings settings_;
};

class RowRule : public Rule {
 public:
  using Rule::Rule;
  bool judges_rows() const final { return true; }
  // Fails with kInvalidInput where check() complains: a column that is not there, a constant that is none of the column's type. The rule is
  // then reported as one that cannot be judged, and stops the cycle. Single values that do not convert are no error, but bad rows
  // (TRY_CAST in range.cpp).
  virtual Result<RowTest> test(const PlanContext& context) const = 0;
  virtual Text reason(const BadRow& row) const = 0;
};

class TableRule : public Rule {
 public:
  using Rule::Rule;
  bool judges_rows() const final { return false; }
  // Scalar SQL expressions, each yielding one BIGINT or NULL: aggregates over the judged table, or subqueries.
  virtual Result<std::vector<std::string>> measures(const PlanContext& context) const = 0;
  virtual TableFinding judge(const std::vector<std::optional<std::int64_t>>& measured, Instant now) const = 0;
};

// One kind of rule.
struct RuleInfo {
  std::string name;     // "not_null"
  std::string summary;  // one sentence
  Json schema;          // JSON Schema of its options
  bool judges_rows;
  // Reads one entry of `rules:`; an entry may stand for several rules (a list of columns). Every mistake goes to `out`.
  std::vector<std::unique_ptr<Rule>> (*read)(const YamlNode& node, Diagnostics& out);
};

// All kinds, in the order of rules.inc.
const std::vector<RuleInfo>& rules();

// The shape of options that derive from RuleSettings, with the common keys in it.
template <typename Options>
Shape<Options> rule_shape(const std::string& name, const std::string& summary) {
  Shape<Options> shape(name, summary);
  shape.required("rule", static_cast<std::string Options::*>(&RuleSettings::kind), "The kind of rule", {{name}})
      .optional("id", static_cast<std::string Options::*>(&RuleSettings::id), "The rule's name in reports; default: kind and column")
      .optional("severity", static_cast<std::string Options::*>(&RuleSettings::severity_text),
                "warn: the row goes on; quarantine: it is held back; stop: one is enough to stop the cycle",
                {{"warn", "quarantine", "stop"}})
      .optional("where", static_cast<Located<std::string> Options::*>(&RuleSettings::where),
                "SQL condition over the table (alias t; $now is the time of the check): the rule judges only these rows")
      .optional("warn_above_percent", static_cast<std::optional<double> Options::*>(&RuleSettings::warn_above_percent),
                "Share of bad rows above which the table's verdict is warn; default 0", {{}, 0, 100})
      .optional("stop_above_percent", static_cast<std::optional<double> Options::*>(&RuleSettings::stop_above_percent),
                "Share of bad rows above which the cycle stops; default: never, for severity stop 0", {{}, 0, 100})
      .optional("reason", static_cast<YamlNode Options::*>(&RuleSettings::reason_node),
                "What people read about a bad row, in place of the rule's own words: one text, or {en: TEXT, zh: TEXT}");
  return shape;
}

// Fills what the text keys say: severity, reason, default id ("kind.column"), place.
void finish(RuleSettings& settings, const YamlNode& node, const std::string& columns, bool judges_rows, Diagnostics& out);

// JSON Schema of the key `reason`.
Json reason_schema(std::string description);

// `text` in the two languages: `own` replaces both when somebody wrote it.
Text words(const RuleSettings& settings, std::string en, std::string zh);
std::string shown_value(std::string_view value);
std::string join_columns(const std::vector<Located<std::string>>& columns, std::string_view separator = ", ");

}  // namespace sinan::quality

// Quality: rules in quality/*.yaml say what a good row is. A check judges every table by all its rules in one pass, holds bad rows back
// from the accepted table, keeps them in `quality.quarantine` with rule and reason, and reports in plain words what to mend where.
//
//   tables:
//     erp.orders:                       # SOURCE.TABLE; judged as it lies in the lake
//       key: [order_no]                 # names rows in reports; default: the table's key
//       stop_above_percent: 10          # share of held back rows above which the cycle stops; default 20
//       rules:
//         - {rule: not_null, columns: [order_no, customer_id]}
//         - {rule: range, column: quantity, min: 1, max: 10000}
//         - {rule: reference, column: customer_id, to: crm.customers, to_column: id, severity: warn}
//
// A held back row is judged again by every check: once it is mended in its source, or what it points at has come, it goes on by itself.
#pragma once

#include "base/workspace.hpp"
#include "data/catalog/catalog.hpp"
#include "data/fabric/fabric.hpp"
#include "data/quality/rule.hpp"

namespace sinan::quality {

enum class Verdict : std::uint8_t { kOk, kWarn, kStop };
std::string_view name_of(Verdict verdict);

// The rules of one table.
struct TableRules {
  Located<std::string> table;             // "erp.orders"; the place of its key
  std::vector<Located<std::string>> key;  // empty: the table's own
  double warn_above_percent = 0;
  double stop_above_percent = 20;
  std::vector<std::unique_ptr<Rule>> rules;
};

struct Config {
  std::vector<TableRules> tables;  // in order of name; each table once
};

// Reads quality/*.yaml; every mistake goes to `diagnostics`, what is readable is returned.
Config read_config(const Workspace& workspace, Diagnostics& diagnostics);
// JSON Schema of such a file.
Json config_schema();

// What rules say about tables, columns and SQL, against what there is. `sql` may be null.
void check_config(const Config& config, const TableLookup& tables, const SqlCheck* sql, Diagnostics& diagnostics);
// The same, against what fabric::Fabric::tables() lists: a table is known by its source, or by the lake that holds its rows.
void check_config(const Config& config, const std::vector<catalog::TableEntry>& tables, Diagnostics& diagnostics);
// Compiles SQL in an engine of its own, without data.
Result<std::unique_ptr<SqlCheck>> make_sql_check();

// "lake.erp_orders" of "erp.orders".
std::string lake_table(const std::string& table);

struct CheckOptions {
  Principal principal;  // a system principal
  std::string run_id;
  std::string language = "en";  // of the reasons in quality.quarantine
  Instant now;
  Zone zone;                                   // in which `now` is a day
  std::int64_t max_quarantine_rows = 100'000;  // kept per table in quality.quarantine; more are held back and counted, not copied
  const CancelToken* cancel = nullptr;
};

struct Example {
  std::string key;  // of the row, as people should see it
  Text reason;
};

struct RuleResult {
  std::string id;
  std::string kind;
  std::string place;  // file:line:column of the rule
  Severity severity = Severity::kQuarantine;
  bool judges_rows = true;
  std::int64_t judged = 0;  // rows
  std::int64_t broken = 0;  // rows; 1 for a table-wide rule that fails
  double broken_percent = 0;
  Verdict verdict = Verdict::kOk;
  std::vector<Example> examples;  // at most three, in order of their number
  Text recommendation;            // empty when nothing is broken; a whole paragraph, with figures and an example
  Text advice;                    // its last words alone: what to do
  std::string error;              // why the rule could not be judged; the verdict is stop then
};

struct TableResult {
  std::string table;
  std::int64_t rows = 0;       // judged
  std::int64_t held_back = 0;  // by this check
  std::int64_t held_back_before = 0;
  Verdict verdict = Verdict::kOk;
  Text note;  // why there is no result: the table was never read
  Text stop;  // with Verdict::kStop: why, with figures, an example and the way out
  std::vector<RuleResult> rules;
  double seconds = 0;
};

struct Report {
  std::string run_id;
  lake::Version version = 0;  // after the rows were held back
  std::vector<TableResult> tables;
  Verdict verdict = Verdict::kOk;
};

// Judges all tables. A table that has not been read yet is noted, not an error. Rules that cannot be judged (SQL that raises) stop the
// cycle; the other rules of the table still hold. Safe to repeat after a crash at any point.
Result<Report> check(const Config& config, fabric::Fabric& fabric, const CheckOptions& options);

Json to_json(const Report& report);
// For a terminal: one line a table, and below it what to mend. `language`: en or zh.
std::string to_text(const Report& report, std::string_view language);

}  // namespace sinan::quality

// `sinan query`: governed SQL over the workspace, or over files named in the SQL outside of one.
#include "application/cli/rows_output.hpp"
#include "application/cli/workspace_command.hpp"
#include "base/text.hpp"

namespace sinan::cli {
namespace {

void print_explanation(const Invocation& invocation, const fabric::Explanation& explanation) {
  if (invocation.json) {
    Json scans = Json::array();
    for (const fabric::ScanPlan& scan : explanation.scans) {
      Json kept = Json::array();
      for (const auto& [condition, why] : scan.kept) kept.push_back(Json{{"condition", condition}, {"why", why}});
      scans.push_back(Json{{"table", scan.table},
                           {"where", scan.where},
                           {"columns", scan.columns},
                           {"pushed", scan.pushed},
                           {"kept", kept},
                           {"remote", scan.remote}});
    }
    invocation.print_json(Json{{"scans", scans}, {"plan", explanation.plan}});
    return;
  }
  for (const fabric::ScanPlan& scan : explanation.scans) {
    invocation.print(fmt::format("{} from {}\n  columns: {}\n", visible(scan.table), visible(scan.where),
                                 visible(fmt::format("{}", fmt::join(scan.columns, ", ")))));
    for (const std::string& condition : scan.pushed) invocation.print(fmt::format("  pushed: {}\n", visible(condition)));
    for (const auto& [condition, why] : scan.kept)
      invocation.print(fmt::format("  kept here: {} ({})\n", visible(condition), visible(why)));
    if (!scan.remote.empty()) invocation.print(fmt::format("  sent: {}\n", visible(scan.remote)));
  }
  invocation.print(explanation.plan + "\n");
}

Result<int> run_query(Invocation& invocation) {
  std::string sql = invocation.text("sql");
  fabric::QueryOptions options;
  options.cancel = invocation.cancel;
  RowsOutput output;
  output.format = invocation.text("format", invocation.json ? "json" : "table");
  output.raw = invocation.flag("raw");
  SINAN_TRY(output.table_rows, invocation.integer("rows", output.table_rows));
  if (invocation.flag("no-workspace") || !Workspace::find(invocation.directory)) {
    if (invocation.flag("explain") || !invocation.as_user.empty())
      return fail(ErrorCode::kInvalidInput, "--explain and --as need a workspace; there is none here (no sinan.yaml)");
    SINAN_TRY(auto rows, fabric::query_files(sql, options));
    SINAN_CHECK(print_rows(invocation, *rows, output));
    return 0;
  }
  SINAN_TRY(auto workspace, open_workspace(invocation));
  if (invocation.flag("explain")) {
    SINAN_TRY(auto explanation, workspace->fabric().explain(workspace->user(), sql, options));
    print_explanation(invocation, explanation);
    return 0;
  }
  SINAN_TRY(auto rows, workspace->fabric().query(workspace->user(), sql, options));
  SINAN_CHECK(print_rows(invocation, *rows, output));
  return 0;
}

}  // namespace

CommandInfo query() {
  return {
      .name = "query",
      .summary = "Run SQL over sources, lake and models, as policy lets you",
      .details =
          "Tables: SOURCE.TABLE live, lake.SOURCE_TABLE as accepted, ops.NAME the canonical model. Outside a workspace, files named in the "
          "SQL.",
      .options = {{.name = "sql", .value = "SQL", .summary = "One SELECT", .required = true, .positional = true},
                  {.name = "format", .value = "FORMAT", .summary = "table, csv or json", .allowed = {"table", "csv", "json"}},
                  {.name = "rows", .value = "N", .summary = "Rows that a table shows; default 200"},
                  {.name = "raw", .value = "", .summary = "CSV: leave text that a spreadsheet would take for a formula as it is"},
                  {.name = "explain", .value = "", .summary = "Show what would be pushed to which source, and why the rest would not"},
                  {.name = "no-workspace", .value = "", .summary = "Read files named in the SQL, although there is a workspace"}},
      .examples = {"sinan query \"SELECT category, count(*) FROM ops.items GROUP BY 1\"",
                   "sinan query \"SELECT * FROM 'sales.csv' LIMIT 5\" --format json"},
      .run = run_query,
  };
}

}  // namespace sinan::cli

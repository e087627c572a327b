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

Result<RowsOutput> output_of(const Invocation& invocation) {
  RowsOutput out;
  if (invocation.has("output")) out.file = invocation.path("output");
  std::string ending = lowercase(out.file.extension().string());
  bool named = ending == ".csv" || ending == ".json" || ending == ".parquet";
  if (!out.file.empty() && !named && !invocation.has("format"))
    return fail(ErrorCode::kInvalidInput,
                "--output does not say how to write rows; end the name in .csv, .json or .parquet, or add --format", out.file.string());
  out.format = invocation.text("format", named ? ending.substr(1) : invocation.json ? "json" : "table");
  if (out.format == "parquet" && out.file.empty())
    return fail(ErrorCode::kInvalidInput, "Parquet goes into a file only; name it with --output FILE");
  out.raw = invocation.flag("raw");
  SINAN_TRY(out.table_rows, invocation.integer("rows", out.table_rows, 0));
  return out;
}

// Who writes COPY wants a file.
Error with_way_out(Error error, std::string_view sql) {
  sql.remove_prefix(std::min(sql.find_first_not_of(" \t\r\n("), sql.size()));
  if (error.code == ErrorCode::kDenied && lowercase(sql.substr(0, 4)) == "copy")
    error.message += "; to keep rows in a file, write the SELECT alone and add --format csv, json or parquet with --output FILE";
  return error;
}

Result<int> run_query(Invocation& invocation) {
  std::string sql = invocation.text("sql");
  fabric::QueryOptions options;
  options.cancel = invocation.cancel;
  SINAN_TRY(RowsOutput output, output_of(invocation));
  if (invocation.flag("explain") && (invocation.has("output") || invocation.has("format")))
    return fail(ErrorCode::kInvalidInput, "--explain says how the rows would be read, and reads none; leave --output and --format out");
  if (invocation.flag("no-workspace") || !Workspace::find(invocation.directory)) {
    if (invocation.flag("explain") || !invocation.as_user.empty())
      return fail(ErrorCode::kInvalidInput, invocation.flag("no-workspace")
                                                ? "--explain and --as are of a workspace; leave --no-workspace out"
                                                : "--explain and --as need a workspace; there is none here (no sinan.yaml)");
    auto rows = fabric::query_files(sql, options, output.file);
    if (!rows) return fail(with_way_out(std::move(rows).error(), sql));
    SINAN_CHECK(print_rows(invocation, **rows, output));
    return 0;
  }
  SINAN_TRY(auto workspace, open_workspace(invocation));
  if (invocation.flag("explain")) {
    SINAN_TRY(auto explanation, workspace->fabric().explain(workspace->user(), sql, options));
    print_explanation(invocation, explanation);
    return 0;
  }
  auto rows = workspace->fabric().query(workspace->user(), sql, options);
  if (!rows) return fail(with_way_out(std::move(rows).error(), sql));
  SINAN_CHECK(print_rows(invocation, **rows, output));
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
                  {.name = "format",
                   .value = "FORMAT",
                   .summary = "table, csv, json or parquet; default: by the name's ending of the output, else table",
                   .allowed = {"table", "csv", "json", "parquet"}},
                  {.name = "output", .value = "FILE", .summary = "Write the rows to FILE instead of standard output", .short_name = 'o'},
                  {.name = "rows", .value = "N", .summary = "Rows that a table shows; default 200"},
                  {.name = "raw", .value = "", .summary = "CSV: leave text that a spreadsheet would take for a formula as it is"},
                  {.name = "explain", .value = "", .summary = "Show what would be pushed to which source, and why the rest would not"},
                  {.name = "no-workspace", .value = "", .summary = "Read files named in the SQL, although there is a workspace"}},
      .examples = {"sinan query \"SELECT category, count(*) FROM ops.items GROUP BY 1\"",
                   "sinan query \"SELECT * FROM 'sales.csv' LIMIT 5\" --format json",
                   "sinan query \"SELECT * FROM ops.sales\" --output sales.parquet"},
      .run = run_query,
  };
}

}  // namespace sinan::cli

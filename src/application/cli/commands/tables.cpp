// `sinan tables`: what there is to query, as policy lets who asks see it.
#include "application/cli/rows_output.hpp"
#include "application/cli/workspace_command.hpp"
#include "base/text.hpp"

namespace sinan::cli {
namespace {

Json to_json(const catalog::TableEntry& entry) {
  Json columns = Json::array();
  for (const Field& field : entry.schema.fields) columns.push_back(Json{{"name", field.name}, {"type", field.type.sql()}});
  return Json{{"name", entry.name},
              {"kind", std::string(catalog::name_of(entry.kind))},
              {"description", entry.description},
              {"key", entry.key},
              {"estimated_rows", entry.estimated_rows ? Json(*entry.estimated_rows) : Json(nullptr)},
              {"columns", std::move(columns)}};
}

std::string first_sentence(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '.' && (i + 1 == text.size() || text[i + 1] == ' ' || text[i + 1] == '\n')))
      return text.substr(0, i);
  return text;
}

Result<int> show_table(Invocation& invocation, fabric::Fabric& fabric, const Principal& user) {
  SINAN_TRY(const catalog::TableEntry entry, fabric.describe(user, invocation.text("table"), {.cancel = invocation.cancel}));
  if (invocation.json) {
    invocation.print_json(to_json(entry));
    return 0;
  }
  invocation.print(fmt::format("{}  {}\n", visible(entry.name), catalog::name_of(entry.kind)));
  if (!entry.description.empty()) invocation.print(visible(entry.description) + "\n");
  std::vector<std::vector<std::string>> rows;
  for (const Field& field : entry.schema.fields) {
    const bool in_key = std::ranges::find(entry.key, field.name) != entry.key.end();
    rows.push_back({visible(field.name), field.type.sql(), in_key ? "key" : ""});
  }
  invocation.print(aligned({"column", "type", ""}, rows, {false, false, false}));
  return 0;
}

Result<int> list_tables(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation));
  if (invocation.has("table")) return show_table(invocation, workspace->fabric(), workspace->user());
  std::vector<Error> problems;
  SINAN_TRY(const auto entries, workspace->fabric().tables(workspace->user(), {.cancel = invocation.cancel}, &problems));
  for (const Error& problem : problems) invocation.say(visible(problem.text()));
  const int code = problems.empty() ? 0 : info(problems.front().code).exit_code;
  if (invocation.json) {
    Json out = Json::array();
    for (const catalog::TableEntry& entry : entries) out.push_back(to_json(entry));
    invocation.print_json(out);
    return code;
  }
  std::vector<std::vector<std::string>> rows;
  for (const catalog::TableEntry& entry : entries)
    rows.push_back({visible(entry.name), std::string(catalog::name_of(entry.kind)), std::to_string(entry.schema.fields.size()),
                    entry.estimated_rows ? std::to_string(*entry.estimated_rows) : "", visible(first_sentence(entry.description))});
  invocation.print(aligned({"table", "kind", "columns", "rows", ""}, rows, {false, false, true, true, false}));
  return code;
}

}  // namespace

CommandInfo tables() {
  return {
      .name = "tables",
      .summary = "List what there is to query, or the columns of one table",
      .details =
          "source: live, in its system; lake: accepted rows as of the last run; view: of model/*.sql. Rows are as the system estimates "
          "them.",
      .options = {{.name = "table", .value = "TABLE", .summary = "One of them, such as ops.sales", .positional = true}},
      .examples = {"sinan tables", "sinan tables ops.sales"},
      .run = list_tables,
  };
}

}  // namespace sinan::cli

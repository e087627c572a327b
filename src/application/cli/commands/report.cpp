// `sinan report`: the daily report as HTML.
#include "application/cli/workspace_command.hpp"

namespace sinan::cli {
namespace {

Result<int> print_report(Invocation& invocation) {
  SINAN_TRY(auto workspace, open_workspace(invocation, identity::kReadReports));
  auto archive = workspace->reports();
  if (!invocation.has("date")) {
    SINAN_TRY(std::string html, archive.latest());
    invocation.print(html);
    return 0;
  }
  auto day = parse_date(invocation.text("date"));
  if (!day) return fail(std::move(day).error().within("--date takes a day"));
  SINAN_TRY(std::string html, archive.read(*day));
  invocation.print(html);
  return 0;
}

}  // namespace

CommandInfo report() {
  return {
      .name = "report",
      .summary = "Print a daily report as one HTML page",
      .details = {},
      .options = {{.name = "date", .value = "DAY", .summary = "Of this day; default: the newest"}},
      .examples = {"sinan report > today.html"},
      .run = print_report,
  };
}

}  // namespace sinan::cli

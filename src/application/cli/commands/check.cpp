// `sinan check`: proves a workspace before anything runs.
#include "application/cli/command.hpp"
#include "application/runtime/runtime.hpp"
#include "base/text.hpp"

namespace sinan::cli {
namespace {

Result<int> check_workspace(Invocation& invocation) {
  SINAN_TRY(auto found, runtime::check(invocation.directory, !invocation.flag("offline"), invocation.cancel));
  if (invocation.json) {
    Json out = Json::array();
    for (const Diagnostic& d : found)
      out.push_back(Json{{"file", d.place.file},
                         {"line", std::max(1, d.place.line)},
                         {"column", std::max(1, d.place.column)},
                         {"code", d.code},
                         {"message", d.message},
                         {"hint", d.hint}});
    invocation.print_json(out);
    return found.empty() ? 0 : 1;
  }
  for (const Diagnostic& d : found) {
    invocation.print(fmt::format("{}: {} [{}]\n", visible(d.place.text()), visible(d.message), d.code));
    if (!d.hint.empty()) invocation.print(fmt::format("    {}\n", visible(d.hint)));
  }
  if (found.empty())
    invocation.say("The workspace is in order.");
  else
    invocation.say(counted(std::ssize(found), "mistake") + " found.");
  return found.empty() ? 0 : 1;
}

}  // namespace

CommandInfo check() {
  return {
      .name = "check",
      .summary = "Prove the workspace: every mistake with its place and the way out",
      .details = "Asks the sources whether tables, columns and keys are there. Exit code 1 when there are mistakes.",
      .options = {{.name = "offline", .value = "", .summary = "Do not ask the sources"}},
      .examples = {"sinan check --json"},
      .run = check_workspace,
  };
}

}  // namespace sinan::cli

// `sinan backup` and `sinan restore`: the whole state, copied out and put back.
#include "application/cli/workspace_command.hpp"
#include "application/runtime/state.hpp"
#include "base/text.hpp"

namespace sinan::cli {
namespace {

Json to_json(const storage::BackupInfo& info) {
  return Json{
      {"created_at", format_rfc3339(info.created_at)}, {"state_version", info.state_version}, {"files", info.files}, {"bytes", info.bytes}};
}

std::string described(const storage::BackupInfo& info) {
  return fmt::format("{} files, {} bytes, as of {}", info.files, info.bytes, format_rfc3339(info.created_at));
}

Result<int> run_backup(Invocation& invocation) {
  std::filesystem::path target = invocation.path("directory");
  SINAN_TRY(auto info, runtime::back_up(open_options(invocation), target, invocation.cancel));
  if (invocation.json)
    invocation.print_json(to_json(info));
  else
    invocation.say(fmt::format("{}: {}. It holds the keys too: keep it as safe as the state.", visible(target.string()), described(info)));
  return 0;
}

Result<int> prove_backup(const Invocation& invocation, const std::filesystem::path& backup) {
  auto info = storage::check_backup(backup, invocation.cancel);
  if (!info && info.error().code != ErrorCode::kCorrupt) return fail(std::move(info.error()));
  if (invocation.json)
    invocation.print_json(info ? Json{{"whole", true}, {"backup", to_json(*info)}}
                               : Json{{"whole", false}, {"finding", info.error().text()}});
  else
    invocation.say(info ? fmt::format("The backup is whole: {}.", described(*info)) : visible(info.error().text()));
  return info ? 0 : 1;
}

Result<int> run_restore(Invocation& invocation) {
  std::filesystem::path backup = invocation.path("directory");
  if (invocation.flag("check")) return prove_backup(invocation, backup);
  SINAN_TRY(auto restored, runtime::restore(open_options(invocation), backup, invocation.cancel));
  if (invocation.json) {
    Json out{{"backup", to_json(restored.backup)}, {"previous", nullptr}};
    if (!restored.previous.empty()) out["previous"] = restored.previous.string();
    invocation.print_json(out);
    return 0;
  }
  invocation.say(fmt::format("Restored: {}.", described(restored.backup)));
  if (!restored.previous.empty())
    invocation.say(
        fmt::format("The state that was there is kept in {}; remove it when nobody needs it.", visible(restored.previous.string())));
  return 0;
}

}  // namespace

CommandInfo backup() {
  return {
      .name = "backup",
      .summary = "Copy the state to a folder, complete and durable or not at all",
      .details = "Readers and `sinan serve` go on meanwhile; a run makes it wait for another time (exit code 3).",
      .options = {{.name = "directory", .value = "DIR", .summary = "The backup; must not exist", .required = true, .positional = true}},
      .examples = {"sinan backup ../backups/acme-2026-03-01"},
      .run = run_backup,
  };
}

CommandInfo restore() {
  return {
      .name = "restore",
      .summary = "Put a backup in the place of the state; the state that was there is kept beside it",
      .details =
          "Refused (exit code 3) while a run, `sinan serve` or another command uses the state. Cut off at any moment, it leaves the old "
          "state "
          "or the new one.",
      .options = {{.name = "directory", .value = "DIR", .summary = "The backup", .required = true, .positional = true},
                  {.name = "check", .value = "", .summary = "Only prove that the backup is whole; exit code 1 names the file that is not"}},
      .examples = {"sinan restore ../backups/acme-2026-03-01", "sinan restore --check ../backups/acme-2026-03-01"},
      .run = run_restore,
  };
}

}  // namespace sinan::cli

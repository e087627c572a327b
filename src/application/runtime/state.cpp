#include "application/runtime/state.hpp"

#include "application/runtime/policies.hpp"
#include "base/text.hpp"
#include "base/workspace.hpp"
#include "platform/audit/ledger.hpp"

namespace sinan::runtime {
namespace {

namespace fs = std::filesystem;

Status expect_owner(const OpenOptions& options) {
  if (options.as_user.empty() || options.as_user == owner_principal().user) return {};
  return fail(ErrorCode::kDenied, "only the owner may copy or replace the state; leave out --as");
}

Result<fs::path> state_folder(const OpenOptions& options) {
  if (options.state_dir) return fs::absolute(*options.state_dir).lexically_normal();
  SINAN_TRY(auto root, find_workspace(options.directory));
  return fs::absolute(root / ".sinan").lexically_normal();
}

// As sinan.yaml names it; empty where --state names a state without a workspace.
std::string company_of(const OpenOptions& options) {
  const auto root = Workspace::find(options.directory);
  if (!root) return {};
  Diagnostics ignored;
  auto workspace = Workspace::open(*root, ignored);
  return workspace ? workspace->settings().name : std::string();
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  fs::path relative = fs::absolute(path).lexically_normal().lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

Result<storage::BackupInfo> back_up(const OpenOptions& options, const fs::path& target, const CancelToken* cancel) {
  SINAN_CHECK(expect_owner(options));
  SINAN_TRY(fs::path folder, state_folder(options));
  std::error_code error;
  if (!fs::exists(folder / "state.db", error))
    return fail(ErrorCode::kNotFound, "there is no state to back up; the first `sinan run` makes it", folder.string());
  if (lies_in(target, folder))
    return fail(ErrorCode::kInvalidInput, "the backup would lie in the state that it copies; name a folder elsewhere", target.string());
  SINAN_CHECK(storage::prepare_state_folder(folder));
  WorkspaceClock clock;
  if (options.now) clock.stop_at(*options.now);
  SINAN_TRY(auto store, storage::Store::open(folder / "state.db"));
  return storage::backup_state(folder, *store, target, clock, cancel, company_of(options));
}

Result<storage::RestoreInfo> restore(const OpenOptions& options, const fs::path& backup, const CancelToken* cancel) {
  SINAN_CHECK(expect_owner(options));
  SINAN_TRY(fs::path folder, state_folder(options));
  if (lies_in(backup, folder))
    return fail(ErrorCode::kInvalidInput, "the backup lies in the state that it would replace; move it elsewhere", backup.string());
  WorkspaceClock clock;
  if (options.now) clock.stop_at(*options.now);
  const std::string company = company_of(options);
  auto prepare = [&](const fs::path& copy, const storage::BackupInfo& info) -> Status {
    if (!info.company.empty() && !company.empty() && info.company != company)
      return fail(ErrorCode::kConflict,
                  fmt::format("the backup is of the company '{}', this workspace is of '{}'; restore it there, or give both one name in "
                              "sinan.yaml if they are the same",
                              visible(info.company), visible(company)),
                  backup.string());
    SINAN_TRY(auto store, storage::Store::open(copy / "state.db"));
    SINAN_TRY(auto ledger, audit::Ledger::open(*store, copy, clock));
    return ledger->begin_anew(owner_principal().user, Json{{"backup_of", format_rfc3339(info.created_at)}});
  };
  return storage::restore_state(backup, folder, clock, cancel, prepare);
}

}  // namespace sinan::runtime

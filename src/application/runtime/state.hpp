// The state of a workspace as a whole: copied out, and put back, without opening the workspace: also when it has mistakes.
#pragma once

#include "application/runtime/runtime.hpp"
#include "platform/storage/backup.hpp"

namespace sinan::runtime {

// Only the owner may do either: a state holds everything, its keys too. kDenied.

// Copies the state to `target`, which must not exist. kUnavailable: a run is at work.
Result<storage::BackupInfo> back_up(const OpenOptions& options, const std::filesystem::path& target, const CancelToken* cancel);

// Puts a backup in the place of the state. kUnavailable: somebody uses the state. Decisions made from then on carry another name, so that
// none repeats the key of an order that was written after the backup was made.
Result<storage::RestoreInfo> restore(const OpenOptions& options, const std::filesystem::path& backup, const CancelToken* cancel);

}  // namespace sinan::runtime

// Backup and restore of the whole state folder: the store, the lake's files, keys, reports and what else lies there.
//
// A backup is a folder with the same layout and a list of its files with their hashes (backup.json). It holds the keys too: keep it as
// safe as the state itself.
#pragma once

#include <functional>

#include "base/cancel.hpp"
#include "base/time.hpp"
#include "platform/storage/store.hpp"

namespace sinan::storage {

struct BackupInfo {
  std::string company;  // whose state it is, as it was then called; may be empty
  Instant created_at;
  int state_version = 0;
  std::int64_t files = 0;
  std::int64_t bytes = 0;
};

// Copies the state while readers go on; runs wait (the state's lock is held), and so do writers of the store while it is copied. `target`
// must not exist, and appears complete and durable or not at all. kUnavailable: a run is at work.
Result<BackupInfo> backup_state(const std::filesystem::path& folder, Store& store, const std::filesystem::path& target, const Clock& clock,
                                const CancelToken* cancel = nullptr, const std::string& company = {});

// Proves that every file of a backup is there, with its hash. kCorrupt names the first one that is not.
Result<BackupInfo> check_backup(const std::filesystem::path& backup, const CancelToken* cancel = nullptr);

struct RestoreInfo {
  BackupInfo backup;
  std::filesystem::path previous;  // where the state that was there lies now; empty: there was none
};

// Changes the copy before it becomes the state: given its folder, and what the backup says of itself.
using PrepareRestored = std::function<Status(const std::filesystem::path&, const BackupInfo&)>;

// Puts a backup in the place of the state, in one step: a crash leaves the old state or the new one. The old one is kept beside it.
// Nothing may have the store open: kUnavailable. What a crash left beside it (`FOLDER.partial-…`: the copy in the making, or the
// old state) the next restore puts away: the copy is removed, the old state is kept as `FOLDER.before-restore-…`.
Result<RestoreInfo> restore_state(const std::filesystem::path& backup, const std::filesystem::path& folder, const Clock& clock,
                                  const CancelToken* cancel = nullptr, const PrepareRestored& prepare = {});

// A copy of the state within it (`FOLDER/trial/…`), to try something out in; gone when destroyed. The files of the lake, which never
// change, are linked where the disk can.
class TrialState {
 public:
  // The caller holds the state's lock, for as long as the trial goes on. What a crash left of earlier ones is removed.
  static Result<TrialState> make(const std::filesystem::path& folder, Store& store, const CancelToken* cancel = nullptr);
  TrialState(TrialState&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TrialState& operator=(TrialState&&) = delete;
  ~TrialState();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TrialState(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace sinan::storage

// The state folder (.sinan/): its version, and a lock that names its holder.
#pragma once

#include <filesystem>
#include <string>

#include "base/cancel.hpp"
#include "base/time.hpp"

namespace sinan::storage {

// The form of what lies in the folder; a program that meets a newer one refuses.
inline constexpr int kStateVersion = 1;

// Makes the folder if it is missing and checks its version. kPrecondition: written by a newer Sinan.
Status prepare_state_folder(const std::filesystem::path& folder);
// kCorrupt where records were sealed (heads/) and the store that held them is gone or empty: a new one would forget them all.
Status expect_store(const std::filesystem::path& folder);

// The exclusive right to change the state (a run, serve's runs, restore), held until destroyed or the process ends, however it ends.
class StateLock {
 public:
  // `purpose` is shown to others ("run cycle"). Waits up to `wait`; then kUnavailable says who holds the lock, since when and what for.
  static Result<StateLock> acquire(const std::filesystem::path& folder, const std::string& purpose, const Clock& clock,
                                   std::chrono::seconds wait = std::chrono::seconds{0}, const CancelToken* cancel = nullptr);
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&& other) noexcept;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace sinan::storage

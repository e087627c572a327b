#include "platform/audit/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

namespace sinan::audit {

Result<FileLock> FileLock::take(const std::filesystem::path& file) {
  constexpr auto kPatience = std::chrono::seconds(30);
  constexpr auto kPause = std::chrono::milliseconds(2);
  int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::kUnavailable, fmt::format("cannot open a lock: {}", std::strerror(errno)), file.string());
  FileLock lock(fd);
  auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return fail(ErrorCode::kUnavailable, fmt::format("cannot take a lock: {}", std::strerror(errno)), file.string());
    if (std::chrono::steady_clock::now() > give_up)
      return fail(ErrorCode::kUnavailable, "another process has been writing decisions for more than 30 s; try again when it has ended",
                  file.string());
    std::this_thread::sleep_for(kPause);
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace sinan::audit

// A lock between processes that ends with its holder, however that ends.
#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace sinan::audit {

// Held as long as the object lives. Not recursive.
class FileLock {
 public:
  // Waits up to 30 seconds; then kUnavailable.
  static Result<FileLock> take(const std::filesystem::path& file);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace sinan::audit

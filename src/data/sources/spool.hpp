// Rows set aside in a temporary file, for a connection that can send only one result at a time.
#pragma once

#include <cstdio>
#include <memory>

#include "base/table.hpp"

namespace sinan::sources {

// Written to its end first, then read from its beginning. The file has no name and goes with the spool. Not thread-safe.
class Spool {
 public:
  // Beyond `limit_bytes`, append() is kLimit.
  static Result<std::unique_ptr<Spool>> create(std::uint64_t limit_bytes);

  Status append(const Batch& batch);
  Status rewind();
  // False at the end.
  Result<bool> next(Batch& batch);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Spool(std::FILE* file, std::uint64_t limit_bytes) : file_(file), limit_bytes_(limit_bytes) {}
  template <typename T>
  Status put(const T* data, std::size_t count);
  template <typename Container>
  Status take(Container& values);

  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t limit_bytes_;
  std::uint64_t bytes_ = 0;
};

}  // namespace sinan::sources

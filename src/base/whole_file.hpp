// A file that appears under its name when it is whole, so that a failure leaves what was there before and nothing beside it.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace sinan {

// Bytes go to draft(), in the same folder, until finish() renames it; destroyed before that, the draft is removed. A link is followed.
// Errors: kDiskFull where no room is left; kInvalidInput where the folder is missing or may not be written, or the name is taken by what
// is no regular file (a folder, a device). Blocks on the disk; not for use by several threads.
class WholeFile {
 public:
  explicit WholeFile(const std::filesystem::path& path);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  // Makes the draft, empty. For those who write() only; other writers make the file draft() themselves.
  Status open();
  Status write(std::string_view bytes);
  Status finish();

  const std::filesystem::path& draft() const { return draft_; }

 private:
  Status expect_place() const;
  Error cannot_write(int error_number) const;

  std::filesystem::path named_;  // as the caller knows it, for messages
  std::filesystem::path path_;
  std::filesystem::path draft_;
  std::FILE* file_ = nullptr;
  bool finished_ = false;
};

// All of it at once.
Status write_whole_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace sinan

#include "base/whole_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sinan {
namespace fs = std::filesystem;

WholeFile::WholeFile(const fs::path& path) : named_(path), path_(path) {
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    fs::path target = fs::weakly_canonical(path, error);
    if (!error) path_ = std::move(target);
  }
  // The process's number keeps two that write the same file apart.
  draft_ = fmt::format("{}.{}.part", path_.string(), ::getpid());
}

WholeFile::~WholeFile() {
  if (file_) std::fclose(file_);
  std::error_code ignored;
  if (!finished_) fs::remove(draft_, ignored);
}

Status WholeFile::expect_place() const {
  std::error_code error;
  auto status = fs::status(path_, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    return fail(ErrorCode::kInvalidInput, "the file cannot be written: a folder or device has this name; choose another", named_.string());
  return {};
}

Status WholeFile::open() {
  SINAN_CHECK(expect_place());
  file_ = std::fopen(draft_.c_str(), "wb");
  if (!file_) return fail(cannot_write(errno));
  return {};
}

Status WholeFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) return fail(cannot_write(errno));
  return {};
}

Status WholeFile::finish() {
  if (file_) {
    std::FILE* file = std::exchange(file_, nullptr);
    if (std::fclose(file) != 0) return fail(cannot_write(errno));
  }
  SINAN_CHECK(expect_place());
  std::error_code error;
  fs::rename(draft_, path_, error);
  if (error) return fail(cannot_write(error.value()));
  finished_ = true;
  return {};
}

Error WholeFile::cannot_write(int error_number) const {
  ErrorCode code = write_error_code(error_number, ErrorCode::kInvalidInput);
  std::string_view way_out =
      code == ErrorCode::kDiskFull ? "make room on the disk, then run again" : "check the folder and its permissions";
  return {code, fmt::format("the file cannot be written: {}; {}", std::strerror(error_number), way_out), named_.string(), nullptr};
}

Status write_whole_file(const fs::path& path, std::string_view bytes) {
  WholeFile file(path);
  SINAN_CHECK(file.open());
  SINAN_CHECK(file.write(bytes));
  return file.finish();
}

}  // namespace sinan

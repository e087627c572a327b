#include "data/sources/local_file.hpp"

#include <glob.h>
#include <sys/stat.h>

#include <fstream>

#include "platform/duck/text_files.hpp"

namespace sinan::sources {

std::optional<LocalFile> look_at(const std::filesystem::path& path) {
  struct ::stat found{};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return LocalFile{path, static_cast<std::uint64_t>(found.st_size),
                   std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

Result<std::string> fingerprint(const LocalFile& file) {
  constexpr std::uint64_t kHead = 1 << 16;
  std::ifstream in(file.path, std::ios::binary);
  std::string bytes(std::min(file.size, kHead), '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.size > kHead) {
    std::string tail(std::min(file.size - kHead, kHead), '\0');
    in.seekg(-static_cast<std::streamoff>(tail.size()), std::ios::end);
    in.read(tail.data(), static_cast<std::streamsize>(tail.size()));
    bytes += tail;
  }
  if (!in) return fail(ErrorCode::kConflict, "the file changed while it was read: read again", file.path.string());
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;  // FNV-1a (Fowler, Noll, Vo), 64 bits
  for (unsigned char byte : bytes) hash = (hash ^ byte) * 1'099'511'628'211ULL;
  return fmt::format("{:016x}", hash);
}

Result<std::vector<LocalFile>> list_files(const std::filesystem::path& pattern) {
  std::vector<LocalFile> out;
  if (auto file = look_at(pattern)) return std::vector<LocalFile>{*file};
  glob_t found{};
  int result = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  for (std::size_t i = 0; i < found.gl_pathc; ++i)
    if (auto file = look_at(found.gl_pathv[i])) out.push_back(std::move(*file));
  ::globfree(&found);
  std::error_code error;
  if (std::filesystem::is_directory(pattern, error))
    return fail(ErrorCode::kInvalidInput, "this is a folder; name a file, or those in it with a pattern: folder/*.csv", pattern.string());
  const bool there = std::filesystem::exists(pattern.parent_path(), error) || duck::is_pattern(pattern.parent_path());
  if (out.empty() && !there) return fail(ErrorCode::kNotFound, "there is no such folder: check the path", pattern.parent_path().string());
  if (result == GLOB_ABORTED) return fail(ErrorCode::kDenied, "a folder of the pattern cannot be read", pattern.string());
  if (out.empty()) return fail(ErrorCode::kNotFound, "there is no such file: check the path", pattern.string());
  return out;
}

Status unchanged(const std::vector<LocalFile>& files) {
  for (const LocalFile& file : files)
    if (look_at(file.path) != file)
      return fail(ErrorCode::kConflict, "the file changed while it was read: read again when it is complete", file.path.string());
  return {};
}

}  // namespace sinan::sources

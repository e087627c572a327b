// Files of this machine as kinds read them: which a path names, and whether they are still what they were when they were listed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sinan::sources {

// A file as it was when it was listed.
struct LocalFile {
  std::filesystem::path path;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;

  bool operator==(const LocalFile&) const = default;
};
// nullopt if there is no such file.
std::optional<LocalFile> look_at(const std::filesystem::path& path);
// The files that a pattern with * ? [] matches, in order of name; a name without them is one file. kNotFound if there are none.
Result<std::vector<LocalFile>> list_files(const std::filesystem::path& pattern);
// kConflict, with the path, if one of them is not as it was. A snapshot lists its files; a scan asks when it begins and when it ends.
Status unchanged(const std::vector<LocalFile>& files);
// A hash of the file's first and last bytes, to tell a file from another one of its name, size and time.
Result<std::string> fingerprint(const LocalFile& file);

}  // namespace sinan::sources

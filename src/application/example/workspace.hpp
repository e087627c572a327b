// The workspace of the example company: the files of workspace/ and truth/ beside this one, which the binary carries.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinan::example {

struct TemplateFile {
  std::string_view path;  // "workspace/sources/erp.yaml"
  std::string_view text;
};
// Made by the build from the folders, in order of path.
const std::vector<TemplateFile>& template_files();

// Writes one of them, with {{name}} replaced; folders are made as needed.
Status write_template(std::string_view path, const std::filesystem::path& target, const std::map<std::string, std::string>& values);
// Writes all of workspace/ into `dir`; "erp.postgres.yaml" becomes "erp.yaml" if `variants` holds "postgres", and so on.
Status write_workspace(const std::filesystem::path& dir, const std::vector<std::string>& variants,
                       const std::map<std::string, std::string>& values);

Status write_file(const std::filesystem::path& path, std::string_view text);
// The same, but the file appears under its name whole: it is written beside it first.
Status write_whole(const std::filesystem::path& path, std::string_view text);
Status rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace sinan::example

#include "application/example/workspace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

namespace sinan::example {

Status write_file(const std::filesystem::path& path, std::string_view text) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.flush();
  if (!out)
    return fail(write_error_code(errno, ErrorCode::kUnavailable),
                "cannot write the file; check the folder's permissions and the disk's free space", path.string());
  return {};
}

Status rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) return fail(ErrorCode::kUnavailable, "cannot rename: " + error.message(), to.string());
  return {};
}

Status write_whole(const std::filesystem::path& path, std::string_view text) {
  const std::filesystem::path part = path.string() + ".part";
  SINAN_CHECK(write_file(part, text));
  return rename_file(part, path);
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, "cannot read the file", path.string());
  std::stringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

Status write_template(std::string_view path, const std::filesystem::path& target, const std::map<std::string, std::string>& values) {
  const auto& files = template_files();
  const auto found = std::ranges::find(files, path, &TemplateFile::path);
  if (found == files.end()) broken(fmt::format("the example has no file {}", path));
  std::string text(found->text);
  for (const auto& [name, value] : values) {
    const auto mark = "{{" + name + "}}";
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size()) text.replace(at, mark.size(), value);
  }
  return write_file(target, text);
}

Status write_workspace(const std::filesystem::path& dir, const std::vector<std::string>& variants,
                       const std::map<std::string, std::string>& values) {
  static constexpr std::string_view kRoot = "workspace/";
  static constexpr std::string_view kVariants[] = {"sqlite", "postgres", "mariadb"};
  for (const auto& file : template_files()) {
    if (!file.path.starts_with(kRoot)) continue;
    std::string name(file.path.substr(kRoot.size()));
    bool wanted = true;
    for (const auto variant : kVariants) {  // sources/erp.postgres.yaml
      const auto at = name.find(fmt::format(".{}.", variant));
      if (at == std::string::npos) continue;
      wanted = std::ranges::count(variants, fmt::format("{}:{}", name.substr(0, at), variant)) > 0;
      name.erase(at, variant.size() + 1);
    }
    if (wanted) SINAN_CHECK(write_template(file.path, dir / name, values));
  }
  return write_file(dir / ".gitignore", ".sinan/\n.sinan.*/\n");
}

}  // namespace sinan::example

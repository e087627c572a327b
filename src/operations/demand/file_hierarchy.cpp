#include "operations/demand/file_hierarchy.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/text.hpp"
#include "operations/demand/file_attributes.hpp"
#include "operations/demand/hierarchy.hpp"

namespace sinan::demand {
namespace {

Status check_ends(const FileForecastOptions& options, const FilePanel& file) {
  const std::int64_t latest = file.panel.latest_end();
  for (std::size_t i = 0; i < file.panel.size(); ++i)
    if (file.panel.ends[i] != latest)
      return fail(ErrorCode::kInvalidInput,
                  "--hierarchy: the series ends before others do, and most do not end together, so their forecasts are not of the same "
                  "periods; give all series the same last period",
                  fmt::format("{}, series {}", options.input.string(), visible(file.panel.keys[i])));
  return {};
}

Status check_names(const FileForecastOptions& options, const FilePanel& file, const std::vector<HierarchyLevel>& levels) {
  std::unordered_set<std::string_view> names;
  auto twice = [&](std::string_view name, std::string_view way_out) {
    return fail(ErrorCode::kInvalidInput, fmt::format("--hierarchy: two series would be named '{}'; {}", visible(name), way_out),
                options.input.string());
  };
  for (const HierarchyLevel& level : levels)
    for (const auto& [name, parts] : level.sums)
      if (!names.insert(name).second) return twice(name, "name each level once");
  for (const std::string& key : file.panel.keys)
    if (names.contains(key)) return twice(key, "rename the one in the file");
  return {};
}

void append_sum(FilePanel& file, std::string name, const std::vector<std::size_t>& parts) {
  const std::vector<double> sum = added_up(file.panel, file.seasons, parts, file.panel.ends.front());
  file.panel.values.insert(file.panel.values.end(), sum.begin(), sum.end());
  file.panel.offsets.push_back(file.panel.values.size());
  file.panel.keys.push_back(std::move(name));
  file.panel.ends.push_back(file.panel.ends.front());
  file.last.push_back(Stamp(file.last.front()));
  file.last_written.push_back(std::string(file.last_written.front()));
  if (!file.seasons.empty()) file.seasons.push_back(int(file.seasons[parts.front()]));
}

}  // namespace

Result<FileHierarchy> FileHierarchy::read(const FileForecastOptions& options, FilePanel& file) {
  FileHierarchy out;
  out.parts_ = file.panel.size();
  if (options.hierarchy.empty()) return out;
  if (options.hierarchy.size() > kMostLevels)
    return fail(ErrorCode::kLimit, fmt::format("--hierarchy takes at most {} levels, not {}", kMostLevels, options.hierarchy.size()));
  SINAN_CHECK(check_ends(options, file));
  std::vector<std::string> columns;
  for (const std::string& level : options.hierarchy)
    for (std::string& name : attributes_of(level)) columns.push_back(std::move(name));
  SINAN_TRY(const FileAttributes attributes, FileAttributes::read(options, file, columns, "--hierarchy"));
  auto attribute = [&](const std::string& column, std::size_t i) { return std::string_view(attributes.of(column, i)); };
  const std::vector<HierarchyLevel> levels = demand::levels_of(file.panel, options.hierarchy, attribute);
  SINAN_CHECK(check_names(options, file, levels));
  out.levels_ = demand::sums_of(levels, out.parts_).levels;
  for (const HierarchyLevel& level : levels)
    for (const auto& [name, parts] : level.sums) append_sum(file, name, parts);
  return out;
}

forecasting::Sums FileHierarchy::sums_of(const std::vector<std::size_t>& kept) const {
  forecasting::Sums out;
  for (std::size_t i : kept) out.parts += i < parts_;
  std::size_t first = parts_;
  for (const auto& level : levels_) {
    std::vector<std::uint32_t> now(level.groups, forecasting::Sums::kNone);
    auto& kept_level = out.levels.emplace_back();
    for (std::size_t i : kept)
      if (i >= first && i < first + level.groups) now[i - first] = static_cast<std::uint32_t>(kept_level.groups++);
    for (std::size_t row = 0; row < out.parts; ++row) kept_level.group_of.push_back(now[level.group_of[kept[row]]]);
    first += level.groups;
  }
  return out;
}

}  // namespace sinan::demand

#include "operations/demand/file_hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "intelligence/forecasting/clean.hpp"
#include "operations/demand/file_attributes.hpp"

namespace sinan::demand {
namespace {

constexpr std::size_t kMostLevels = 20;
const std::string kTotal = "total";

// The columns of "category*place".
std::vector<std::string> columns_of(const std::string& level) {
  std::vector<std::string> out;
  std::istringstream parts(level);
  for (std::string name; std::getline(parts, name, '*');) out.push_back(name);
  return out;
}

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

using Groups = std::map<std::string, std::vector<std::size_t>>;  // parts by name of their sum

Status check_names(const FileForecastOptions& options, const FilePanel& file, const std::vector<Groups>& levels) {
  std::unordered_set<std::string_view> names;
  auto twice = [&](std::string_view name, std::string_view way_out) {
    return fail(ErrorCode::kInvalidInput, fmt::format("--hierarchy: two series would be named '{}'; {}", visible(name), way_out),
                options.input.string());
  };
  for (const Groups& groups : levels)
    for (const auto& [name, parts] : groups)
      if (!names.insert(name).second) return twice(name, "name each level once");
  for (const std::string& key : file.panel.keys)
    if (names.contains(key)) return twice(key, "rename the one in the file");
  return {};
}

// The series of some parts that end together, added up.
std::vector<double> added_up(const FilePanel& file, const std::vector<std::size_t>& parts) {
  forecasting::Cleaned cleaned;
  std::vector<double> newest_first;
  for (std::size_t i : parts) {
    const int season = file.seasons.empty() ? 1 : std::max(1, file.seasons[i]);
    std::span<const double> values = file.panel.series(i);
    forecasting::clean(values, {}, season, cleaned);
    const std::size_t length = std::min(values.size(), forecasting::kMaxLength);
    if (newest_first.size() < length) newest_first.resize(length, 0);
    for (std::size_t back = 0; back < cleaned.y.size(); ++back) {
      const double value = values[values.size() - 1 - back];
      newest_first[back] += std::isfinite(value) ? value : static_cast<double>(cleaned.y[cleaned.y.size() - 1 - back]) * cleaned.scale;
    }
  }
  return {newest_first.rbegin(), newest_first.rend()};
}

void append_sum(FilePanel& file, std::string name, const std::vector<std::size_t>& parts) {
  const std::vector<double> sum = added_up(file, parts);
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
    for (std::string& name : columns_of(level)) columns.push_back(std::move(name));
  SINAN_TRY(const FileAttributes attributes, FileAttributes::read(options, file, columns, "--hierarchy"));
  std::vector<Groups> levels(1);
  std::vector<std::size_t>& order = levels[0][kTotal];  // by key, so that sums have the same bits in any order of series
  for (std::size_t i = 0; i < out.parts_; ++i) order.push_back(i);
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(file.panel.keys[i]); });
  for (const std::string& level : options.hierarchy) {
    auto& groups = levels.emplace_back();
    for (std::size_t i : levels[0][kTotal]) {
      std::string name;
      for (const std::string& column : columns_of(level)) {
        const std::string& text = attributes.of(column, i);
        name += fmt::format("{}{}={}", name.empty() ? "" : ", ", column, text.empty() ? "(none)" : text);
      }
      groups[name].push_back(i);
    }
  }
  SINAN_CHECK(check_names(options, file, levels));
  for (const auto& groups : levels) {
    auto& level = out.levels_.emplace_back(forecasting::Sums::Level{std::vector<std::uint32_t>(out.parts_), 0});
    for (const auto& [name, parts] : groups) {
      for (std::size_t i : parts) level.group_of[i] = static_cast<std::uint32_t>(level.groups);
      ++level.groups;
      append_sum(file, name, parts);
    }
  }
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

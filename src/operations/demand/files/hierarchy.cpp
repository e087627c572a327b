#include "operations/demand/files/hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "base/text.hpp"
#include "operations/demand/hierarchy.hpp"

namespace sinan::demand {
namespace {

constexpr double kMostGuessed = 0.1;  // of what is known as a sum

// Adds up, newest first, what fills the gaps of a series.
void note_gaps(const FilePanel& file, std::size_t i, std::int64_t end, std::vector<double>& guessed) {
  const std::span<const double> values = file.panel.series(i);
  if (std::ranges::all_of(values, [](double v) { return std::isfinite(v); })) return;
  std::vector<double> filled;
  add_series(file.panel, file.seasons, i, end, filled);
  for (std::size_t back = 0; back < std::min(values.size(), filled.size()); ++back) {
    if (std::isfinite(values[values.size() - 1 - back])) continue;
    if (guessed.size() <= back) guessed.resize(back + 1, 0);
    guessed[back] += std::abs(filled[back]);
  }
}

}  // namespace

Result<FileHierarchy> FileHierarchy::open(const FileForecastOptions& options) {
  FileHierarchy out(options);
  if (options.hierarchy.empty()) return out;
  if (options.hierarchy.size() > kMostLevels)
    return fail(ErrorCode::kLimit, fmt::format("--hierarchy takes at most {} levels, not {}", kMostLevels, options.hierarchy.size()));
  out.levels_.emplace_back();
  for (const std::string& level : options.hierarchy) out.levels_.emplace_back().columns = attributes_of(level);
  return out;
}

Status FileHierarchy::add(const FilePanel& file) {
  parts_ += file.panel.size();
  if (levels_.empty()) return {};
  if (like_.last.empty()) {
    const auto latest = static_cast<std::size_t>(std::ranges::max_element(file.panel.ends) - file.panel.ends.begin());
    like_.calendar = file.calendar;
    like_.last = {file.last[latest]};
    like_.last_written = {file.last_written[latest]};
    like_.panel.ends = {file.panel.ends[latest]};
  }
  const std::int64_t end = like_.panel.ends.front();
  for (std::size_t i = 0; i < file.panel.size(); ++i) {
    const std::string& id = file.panel.keys[i];
    if (file.panel.ends[i] != end)
      return fail(ErrorCode::kInvalidInput,
                  "--hierarchy: the series ends before others do, and most do not end together, so their forecasts are not of the same "
                  "periods; give all series the same last period",
                  fmt::format("{}, series {}", options_->input.string(), visible(id)));
    if (id == "total" || id.find('=') != std::string::npos) doubtful_.insert(id);
  }
  std::vector<std::size_t> order(file.panel.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(file.panel.keys[i]); });
  for (Level& level : levels_) {
    const std::size_t before = level.sum_of.size();
    level.sum_of.resize(before + file.panel.size());
    for (std::size_t i : order) {
      auto value = [&](std::size_t column) { return std::string_view(file.attributes.at(level.columns[column])[i]); };
      auto [found, is_new] = level.sums.try_emplace(sum_name(level.columns, value));
      if (is_new) found->second.number = static_cast<std::uint32_t>(level.sums.size() - 1);
      if (!file.seasons.empty() && (is_new || file.panel.keys[i] < found->second.least_id)) {
        found->second.least_id = file.panel.keys[i];
        found->second.season = file.seasons[i];
      }
      level.sum_of[before + i] = found->second.number;
      add_series(file.panel, file.seasons, i, end, found->second.newest_first);
      if (options_->backtest > 0) note_gaps(file, i, end, found->second.guessed);
    }
  }
  if (!file.seasons.empty()) like_.seasons = {0};
  return {};
}

Result<FilePanel> FileHierarchy::sums() const {
  FilePanel out{.calendar = like_.calendar};
  std::unordered_set<std::string_view> names;
  auto twice = [&](std::string_view name, std::string_view way_out) {
    return fail(ErrorCode::kInvalidInput, fmt::format("--hierarchy: two series would be named '{}'; {}", visible(name), way_out),
                options_->input.string());
  };
  for (const Level& level : levels_)
    for (const auto& [name, sum] : level.sums) {
      if (!names.insert(name).second) return twice(name, "name each level once");
      if (doubtful_.contains(name)) return twice(name, "rename the one in the file");
      for (std::size_t back = sum.newest_first.size(); back-- > 0;) {
        const double value = sum.newest_first[back];
        const bool doubtful = back < sum.guessed.size() && sum.guessed[back] > kMostGuessed * std::abs(value);
        out.panel.values.push_back(doubtful ? kMissing : value);
      }
      out.panel.offsets.push_back(out.panel.values.size());
      out.panel.keys.push_back(name);
      out.panel.ends.push_back(like_.panel.ends.front());
      out.last.push_back(like_.last.front());
      out.last_written.push_back(like_.last_written.front());
      if (!like_.seasons.empty()) out.seasons.push_back(sum.season);
    }
  return out;
}

void FileHierarchy::sum_up(Panel& panel, std::span<const std::size_t> kept, std::span<const int> seasons) const {
  const auto parts = static_cast<std::size_t>(std::ranges::lower_bound(kept, parts_) - kept.begin());
  if (parts == kept.size() || parts == 0) return;
  std::vector<int> of_kept;
  if (!seasons.empty())
    for (std::size_t row = 0; row < parts; ++row) of_kept.push_back(seasons[kept[row]]);
  const std::int64_t end = panel.ends[0];
  std::size_t row = parts;
  std::vector<double> values(panel.values.begin(), panel.values.begin() + static_cast<std::ptrdiff_t>(panel.offsets[parts]));
  std::vector<std::size_t> offsets(panel.offsets.begin(), panel.offsets.begin() + static_cast<std::ptrdiff_t>(parts) + 1);
  std::vector<std::size_t> order(parts);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(panel.keys[i]); });
  std::size_t first = parts_;  // of the level, as sums are numbered behind the parts
  for (const Level& level : levels_) {
    std::vector<std::vector<double>> sums(level.sums.size());
    for (std::size_t i : order) add_series(panel, of_kept, i, end, sums[level.sum_of[kept[i]]]);
    std::size_t place = first;
    for (const auto& [name, sum] : level.sums) {
      if (row == kept.size() || kept[row] != place++) continue;
      values.insert(values.end(), sums[sum.number].rbegin(), sums[sum.number].rend());
      offsets.push_back(values.size());
      ++row;
    }
    first += level.sums.size();
  }
  panel.values = std::move(values);
  panel.offsets = std::move(offsets);
}

forecasting::Sums FileHierarchy::all_sums() const {
  forecasting::Sums out{parts_, {}};
  for (const Level& level : levels_) {
    std::vector<std::uint32_t> by_name(level.sums.size());
    std::uint32_t next = 0;
    for (const auto& [name, sum] : level.sums) by_name[sum.number] = next++;
    auto& now = out.levels.emplace_back(forecasting::Sums::Level{level.sum_of, level.sums.size()});
    for (std::uint32_t& sum : now.group_of) sum = by_name[sum];
  }
  return out;
}

forecasting::Sums FileHierarchy::sums_of(const std::vector<std::size_t>& kept) const {
  const forecasting::Sums all = all_sums();
  forecasting::Sums out;
  for (std::size_t i : kept) out.parts += i < parts_;
  std::size_t first = parts_;
  for (const auto& level : all.levels) {
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

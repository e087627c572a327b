#include "operations/demand/hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "intelligence/forecasting/clean.hpp"

namespace sinan::demand {

std::vector<std::string> attributes_of(const std::string& level) {
  std::vector<std::string> out;
  std::istringstream parts(level);
  for (std::string name; std::getline(parts, name, '*');) out.push_back(name);
  return out;
}

std::vector<HierarchyLevel> levels_of(const Panel& panel, std::span<const std::string> levels, const AttributeOf& attribute) {
  std::vector<std::size_t> order(panel.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::string_view(panel.keys[i]); });
  std::vector<HierarchyLevel> out;
  out.push_back({"total", {{"total", order}}});
  for (const std::string& level : levels) {
    HierarchyLevel& now = out.emplace_back(level);
    const std::vector<std::string> columns = attributes_of(level);
    for (std::size_t i : order) now.sums[sum_name(columns, [&](std::size_t column) { return attribute(columns[column], i); })].push_back(i);
  }
  return out;
}

std::string sum_name(std::span<const std::string> columns, const std::function<std::string_view(std::size_t column)>& value) {
  if (columns.empty()) return "total";
  std::string out;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const std::string_view text = value(c);
    out += fmt::format("{}{}={}", out.empty() ? "" : ", ", columns[c], text.empty() ? "(none)" : text);
  }
  return out;
}

forecasting::Sums sums_of(std::span<const HierarchyLevel> levels, std::size_t parts) {
  forecasting::Sums out{parts, {}};
  for (const HierarchyLevel& level : levels) {
    auto& now = out.levels.emplace_back(forecasting::Sums::Level{std::vector<std::uint32_t>(parts, forecasting::Sums::kNone), 0});
    for (const auto& [name, members] : level.sums) {
      for (std::size_t i : members) now.group_of[i] = static_cast<std::uint32_t>(now.groups);
      ++now.groups;
    }
  }
  return out;
}

std::vector<double> added_up(const Panel& panel, std::span<const int> seasons, std::span<const std::size_t> parts, std::int64_t end) {
  std::vector<double> newest_first;
  for (std::size_t i : parts) add_series(panel, seasons, i, end, newest_first);
  return {newest_first.rbegin(), newest_first.rend()};
}

void add_series(const Panel& panel, std::span<const int> seasons, std::size_t part, std::int64_t end, std::vector<double>& newest_first) {
  const std::span<const double> values = panel.series(part);
  const std::span<const std::uint8_t> lost = panel.lost_of(part);
  forecasting::Cleaned cleaned;
  forecasting::clean(values, lost, seasons.empty() ? 1 : std::max(1, seasons[part]), cleaned);
  const auto after = static_cast<std::size_t>(panel.end_of(part) - end);
  const std::size_t length = std::min(values.size(), forecasting::kMaxLength);
  if (length > after && newest_first.size() < length - after) newest_first.resize(length - after, 0);
  for (std::size_t back = after; back < cleaned.y.size(); ++back) {
    const std::size_t t = values.size() - 1 - back;
    const bool known = std::isfinite(values[t]) && (lost.empty() || !lost[t]);
    newest_first[back - after] += known ? values[t] : static_cast<double>(cleaned.y[cleaned.y.size() - 1 - back]) * cleaned.scale;
  }
}

}  // namespace sinan::demand

// Which sums there are of some series: the total of all, and one for each value of an attribute (category, place) or of several together.
#pragma once

#include <functional>
#include <map>

#include "base/series.hpp"
#include "intelligence/forecasting/hierarchy/reconciliation.hpp"

namespace sinan::demand {

inline constexpr std::size_t kMostLevels = 20;  // that may be asked for

struct HierarchyLevel {
  std::string name;                                      // "total", "category", "category*place"
  std::map<std::string, std::vector<std::size_t>> sums;  // their parts, in order of keys, by name: "total", "category=tea, place=Xi'an"
};

// The attributes of "category*place".
std::vector<std::string> attributes_of(const std::string& level);

// What series i has of an attribute; empty: nothing, which is a value too: "(none)".
using AttributeOf = std::function<std::string_view(const std::string& attribute, std::size_t i)>;

// The total, then `levels`, of the series of `panel`. The order of series does not matter.
std::vector<HierarchyLevel> levels_of(const Panel& panel, std::span<const std::string> levels, const AttributeOf& attribute);

// For reconciliation; sums are numbered level by level, by name.
forecasting::Sums sums_of(std::span<const HierarchyLevel> levels, std::size_t parts);

// The name of what a series belongs to, of values of `columns`: "category=tea, place=Xi'an"; "total" without any. An empty value is
// "(none)".
std::string sum_name(std::span<const std::string> columns, const std::function<std::string_view(std::size_t column)>& value);

// What some series held together, until `end`, which none ends before; older periods that only longer ones have are theirs alone. A gap,
// and a period in which the lost flag is set, is what clean() (forecasting/clean.hpp) makes of it. `seasons`: of each series, or none.
std::vector<double> added_up(const Panel& panel, std::span<const int> seasons, std::span<const std::size_t> parts, std::int64_t end);
// Adds one series to such a sum, of which the newest period comes first.
void add_series(const Panel& panel, std::span<const int> seasons, std::size_t part, std::int64_t end, std::vector<double>& newest_first);

}  // namespace sinan::demand

// Drivers: what moves demand beside time, such as price, promotion, weather, or the attributes of an item; and the row of features that
// trees read for one period of one series.
//
// A row belongs to a series, an origin (the last period of which demand is known) and a step ahead. It holds nothing of demand after the
// origin, nothing of a driver after it unless the driver is known ahead, and no event (events.hpp) and no number (releases.hpp) that became
// known after it. All of demand is told relative to the series' own recent
// level, so that one model serves series of any size: r(v) = asinh(v / (0.1 · m)) − b, where m is the mean size and b the mean of
// asinh(v / (0.1 · m)) of the newest 26 known values. asinh is logarithmic for large and linear for small values, so zeros and
// negative values need no rule of their own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/series.hpp"
#include "intelligence/forecasting/drivers/events.hpp"
#include "intelligence/forecasting/drivers/releases.hpp"

namespace sinan::forecasting {

// How trees learn from drivers: gradient boosting (Friedman 2001), each from what those before it leave, or a random forest (Breiman 2001),
// side by side from other rows and columns each.
enum class TreeMethod : std::uint8_t { kBoosting, kForest };
// "boosting", "forest".
std::string_view name(TreeMethod method);
// kInvalidInput for another name.
Result<TreeMethod> parse_tree_method(std::string_view text);

struct Driver {
  std::string name;
  bool known_ahead = false;  // its values for the periods ahead are given
  bool fixed = false;        // does not change in time: one value per series
  bool category = false;     // values are codes 0, 1, 2 … without an order
  // fixed: [i]. common: one value per period, the last `horizon` periods after the latest end of all series, back to the first period of
  // any. Otherwise as the panel's values, but each series is followed by `horizon` periods ahead. NaN is unknown.
  std::vector<float> values;
  bool common = false;  // changes in time, and is the same for all series: the calendar
};

struct Drivers {
  std::size_t horizon = 0;
  std::vector<Driver> columns;
  Events events;
  std::vector<Releases> releases;
  std::int64_t last = 0;  // the period, as in Panel::ends, `horizon` before the last one of drivers that all series share

  bool empty() const { return columns.empty() && events.empty() && releases.empty(); }
  // The values of a driver that changes in time: as many as the series has, and `horizon` more.
  std::span<const float> of(const Driver& driver, const Panel& panel, std::size_t i) const {
    const std::size_t length = panel.offsets[i + 1] - panel.offsets[i] + horizon;
    if (!driver.common) return std::span(driver.values).subspan(panel.offsets[i] + i * horizon, length);
    const std::size_t end = driver.values.size() - static_cast<std::size_t>(last - panel.end_of(i));
    return std::span(driver.values).subspan(end - length, length);
  }
  // Whether one tells of single series in time, as prices and promotions do.
  bool tells_of_series() const {
    return std::ranges::any_of(columns, [](const Driver& driver) { return !driver.fixed && !driver.common; });
  }
};

// kInvalidInput where the drivers do not fit the panel or the horizon, or a value is infinite.
Status check(const Drivers& drivers, const Panel& panel, std::size_t horizon);

// Columns of a row that are words of events: first … first + count − 1.
struct Words {
  std::size_t first = 0, count = 0;
};

// Rows of periods in which mostly the same events count have one number: of value `at` of series i.
std::uint32_t cluster_of(const Drivers& drivers, const Panel& panel, std::size_t i, std::size_t at);

// Writes rows of features. One series and origin at a time; not for several threads at once.
class Features {
 public:
  Features(const Panel& panel, const Drivers& drivers);

  const std::vector<std::string>& names() const { return names_; }
  const std::vector<int>& categories() const { return categories_; }
  std::size_t width() const { return names_.size(); }
  // The driver that a feature tells of, by its place in drivers(); −1: the series' own history.
  int owner(std::size_t feature) const { return owners_[feature]; }
  // The names of Drivers::columns, then those of the features of events, then those of the releases.
  const std::vector<std::string>& drivers() const { return driver_names_; }

  // The features that are words of events.
  Words words() const { return {first_word_, drivers_.events.names.size()}; }

  // Looks at series i as it was when `known` values of it had been seen; `season`: its period, 1: none. False when there is nothing to
  // learn from: no value, or only zeros.
  bool look(std::size_t i, std::size_t known, std::size_t season);
  // The row for `step` ≥ 1 periods after the last one known, into width() places.
  void row(std::size_t step, std::span<float> out) const;
  // The same at the end of `cells`.
  void append(std::size_t step, std::vector<float>& cells) const {
    cells.resize(cells.size() + width());
    row(step, std::span(cells).last(width()));
  }
  // Replaces `cells` by the rows of the steps 1 … steps.
  void rows(std::size_t steps, std::vector<float>& cells) const {
    cells.clear();
    for (std::size_t step = 1; step <= steps; ++step) append(step, cells);
  }
  // From values to what trees are taught, and back, at the level that look() found.
  double taught(double value) const;
  double value(double taught) const;
  double unit() const { return unit_; }
  double centre() const { return centre_; }

 private:
  struct Past {
    double mean = 0;  // of the newest known values up to the origin
    float last = 0;
    bool positive = true;  // all of them are above zero
  };

  void add_feature(std::string name);

  const Panel& panel_;
  const Drivers& drivers_;
  std::vector<std::string> names_;
  std::vector<int> categories_;
  std::vector<int> owners_;
  std::vector<std::string> driver_names_;
  std::size_t first_word_ = 0;
  std::size_t series_ = 0;
  std::size_t known_ = 0;
  std::size_t season_ = 1;
  std::int64_t origin_ = 0;  // as a period of Panel::ends
  double unit_ = 1;          // 0.1 · m
  double centre_ = 0;        // b
  float history_[7] = {};
  std::vector<Past> past_;
  EventView events_;
  std::vector<ReleaseView> releases_;
};

}  // namespace sinan::forecasting

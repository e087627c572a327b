// What older series say of a younger one with the same attributes: its level and its season.
#pragma once

#include <map>
#include <optional>

#include "intelligence/forecasting/drivers/drivers.hpp"
#include "intelligence/forecasting/drivers/effects.hpp"

namespace sinan::forecasting {

// A series as it was at some time, from its first demand on, and what came then. `end` numbers its last period (Panel::ends). No values:
// it had no demand yet, or some below zero.
struct View {
  std::span<const double> values, after;
  std::span<const std::uint8_t> lost, lost_after;
  std::int64_t end = 0;
};
// Series i as it was `cut` periods before period `latest`; the whole of it where it ended before that.
View view_of(const Panel& panel, std::size_t i, std::int64_t latest, std::size_t cut);
// As if it had begun `age` periods before its end, or later where nothing was demanded then.
View newest(const View& view, std::size_t age);

// The attributes of series: drivers that are fixed and categories.
std::vector<const Driver*> attributes_of(const Drivers* drivers);
// Of series i; −1: unknown.
std::vector<int> codes_of(std::span<const Driver* const> attributes, std::size_t i);

struct Expected {
  double level = 0;            // logarithm
  std::vector<double> season;  // logarithms, by the number of the period modulo their length; empty: none is known
};

class Peers {
 public:
  // Learns from those `members` (in an order that does not depend on their places) that had `age` or more periods `cut` periods before
  // `latest`, and demand in the newest 26 or the newest season. `season` 1: none. Linear in the values.
  Peers(const Panel& panel, std::span<const Driver* const> attributes, std::span<const std::size_t> members, std::size_t season,
        std::int64_t latest, std::size_t cut, std::size_t age);

  std::size_t size() const { return level_.rows(); }
  bool has(std::size_t series) const { return level_rows_.contains(series); }
  bool know_season() const { return season_.rows() > 1; }
  // There must be two at least. What series `without` says is left out, if it is one of them.
  Expected expect(std::span<const int> codes, std::optional<std::size_t> without) const;
  // How many there are with this code; 0: the attribute says nothing, of the season also where it is asked for.
  std::size_t alike(std::size_t attribute, int code, bool of_season) const;
  // The variance to mean of demand, against the mean size of demands: the middle of all.
  double dispersion() const { return dispersion_; }

 private:
  using Rows = std::map<std::size_t, std::size_t>;  // by series

  std::size_t period_;
  Effects level_, season_;
  Rows level_rows_, season_rows_;
  double dispersion_ = 1;
};

}  // namespace sinan::forecasting

// New items: what a series with a short history borrows from the others of its group.
//
// A series is new while it has fewer periods since its first demand than indices of its season need (season.hpp), or than 18. Older ones
// tell the level and the season that go with the fixed attributes of a series, its category, brand or place; without attributes, those of
// all (peers.hpp). What to make of that is learnt from series that were new earlier, as they were then, by what the older ones said at an
// origin before; where such cases are few, older series of which only the newest periods are known stand in for them. By class and age (1,
// 2 … 3, 4 … 7 periods and so on) one way of borrowing is chosen (borrowing.hpp), and none where that did not gain more than chance would.
//
// A series without any demand, all of whose values are missing, has what its group had from the first demand on.
#pragma once

#include <memory>

#include "intelligence/forecasting/newcomers/borrowing.hpp"

namespace sinan::forecasting {

class Newcomers {
 public:
  static constexpr std::size_t kLeastPeers = 10;  // older series that there must be
  // `forecasts` tells the class and season of each series; only series of the `sample` (by series, 0 or 1) are learnt from. Without new
  // series, and with fewer than ten older ones, nothing is learnt. Neither the order of series nor the number of threads of `alone` matter.
  static Result<Newcomers> learn(const Panel& panel, std::span<const int> seasons, const Options& options, const Forecasts& forecasts,
                                 std::span<const std::uint8_t> sample, const ForecastAlone& alone);

  // Whether a series may be new, by the age that is new with the longest season there may be. `classes`: by series.
  static bool any(const Panel& panel, std::span<const int> seasons, const Options& options, std::span<const DemandClass> classes);

  // Forecasts the new series of a panel that end within one horizon of the end of what was learnt from. It may be another panel: codes of
  // attributes and numbers of periods must mean the same. Series in which trees have a share stay: these have learnt from all.
  Status apply(const Panel& panel, std::span<const int> seasons, const Options& options, const ForecastAlone& alone, Forecasts& out) const;

 private:
  struct Group;
  std::map<int, std::shared_ptr<const Group>> groups_;  // by known season; 0: of series whose season is found
};

}  // namespace sinan::forecasting

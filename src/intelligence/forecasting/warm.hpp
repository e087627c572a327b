// Warm starts: what one night learnt of each series, from which the next nights go on.
//
// A series whose history is the one that was learnt from is not computed again. Of one that has only grown since, the errors at earlier
// origins are kept, and the rate of sparse demand takes one step per new period; models of regular demand learn from all of its history
// as ever; trees and pooled regressions stay what they were. Everything is learnt anew after warm_periods(); and so is, in any
// night, a series whose history was revised, whose newest periods lack a value or stock, that was dead and sold, or whose demand became
// sparse (what is sparse is classed again when all is learnt). What is kept says from what it was learnt, so a forecast is a function of
// the panel, the options and one WarmState, which never changes.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <unordered_map>

#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/sparse/intermittent.hpp"

namespace sinan::forecasting {

// After so many new periods all is learnt anew: errors at earlier origins are never older than by a quarter of the horizon.
inline constexpr int kMostWarmPeriods = 7;
inline constexpr int warm_periods(int horizon) { return std::min(kMostWarmPeriods, 1 + horizon / 4); }

// What is kept of one series.
struct WarmSeries {
  enum class Kind : std::uint8_t { kDead, kSparse, kRegular };
  Kind kind = Kind::kDead;
  DemandClass demand_class = DemandClass::kDead;
  bool non_negative = false;      // as in Cleaned
  std::int32_t known_season = 0;  // that was asked for; 0: to be found
  std::int32_t asked = 1;         // that it was cleaned with
  std::int32_t season = 1;        // that was used
  std::int64_t end = 0;           // the last period that was learnt from, as in Panel::ends,
  std::uint64_t length = 0;       // of so many
  std::array<std::uint64_t, kMostWarmPeriods>
      hashes{};                      // of them, of them without the first, the first two, …: a window of history moves on
  std::uint64_t fixed = 0;           // a hash of the drivers that do not change in time
  double scale = 1;                  // Cleaned::scale
  float noise = 0;                   // mean size of first differences, in that unit,
  float level = 1;                   // and PoolForecast::level
  std::uint32_t reach = 0;           // PoolForecast::reach
  std::int32_t only = -1;            // the one model that forecast, by its place in models()
  bool weighted = false;             // whether learned weights had a part in it, PoolForecast::weighted
  float pooled_share = 0;            // of the pooled regression in
  std::vector<float> point, errors;  // of regular demand, in that unit, as in PoolForecast; errors after trees were mixed in
  std::vector<float> down, up;       // their widths in that unit, as in OwnErrors, where drivers tell them,
  float width_power = 0;             // and Facts::width_power
  RateMemory rate;                   // of sparse demand, in units of scale

  // By how many periods a series has grown, if it has changed in no other way.
  std::optional<std::size_t> grown(const Panel& panel, std::size_t i) const;
  // Says of which history this is.
  void remember(const Panel& panel, std::size_t i);
};

// What is kept of a night.
struct WarmState {
  std::uint64_t method = 0;                                                   // what decides besides the panel: method_of()
  std::int64_t learnt = 0;                                                    // the latest end of all series when everything was learnt
  std::unordered_map<std::string, std::shared_ptr<const WarmSeries>> series;  // by key
  std::shared_ptr<const std::map<int, Pooled>> pooled;                        // the pooled regressions by season, as in Forecasts
  // Trees, if there are any: as text, with their share in the median of each group of forecast(); and those of widths.
  std::string trees;
  std::vector<float> shares;
  std::string low_trees, middle_trees, high_trees;
  // The same of sparse demand (factors.hpp).
  std::string factor_trees;
  std::vector<float> factor_shares;

  // The one series, or what all share, as bytes; a round trip gives the same bits. kCorrupt when they are none, or of another program.
  static std::string bytes_of(const WarmSeries& series);
  static Result<WarmSeries> series_from(std::string_view bytes);
  std::string shared_bytes() const;
  static Result<WarmState> shared_from(std::string_view bytes);
};

// A hash of the drivers of one series that do not change in time: codes of categories among them, which trees know by number alone.
std::uint64_t hash_of_fixed(const Drivers* drivers, std::size_t i);

// A hash of the options that decide what is kept: another one, and a state is of no use.
std::uint64_t method_of(const Options& options);

}  // namespace sinan::forecasting

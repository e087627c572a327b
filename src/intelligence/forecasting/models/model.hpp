// A forecast model: two functions on flat arrays, one file in models/, one line in models.inc.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinan::forecasting {

// What a model is given of a series.
enum class Input : std::uint8_t {
  kAdjusted,     // the seasonally adjusted series
  kLogAdjusted,  // its logarithm, adjusted; only series above zero have one
  kOriginal,     // the series with its season, only when there is one
  kWhole,        // the series with its season, if there is one
};

// Values are divided by the series' mean size (before the logarithm, if any), have no gaps, and are oldest first.
struct History {
  std::span<const float> y;
  int season = 1;         // 1: none
  int longer = 0;         // a second season, a multiple of the first (168 with 24), when it is in use; 0: none
  bool positive = false;  // all original values are above zero: ratios make sense
  // The season's indices that the adjusted series is without, phase p for values t with t % indices.size() == p: one of `season` or
  // `longer` periods. Factors around 1, or with `factors` false what is added. Empty without a season.
  std::span<const float> indices = {};
  bool factors = false;
};

// What fit() finds in one history and predict() uses on that one or on a longer or shorter piece of the same series.
using Parameters = std::array<float, 48>;

// Working memory of one thread, kept from series to series so that none allocates once it has grown.
class Scratch {
 public:
  // `count` floats of any content, valid until the model returns. At most kSlots per call of a model.
  std::span<float> floats(std::size_t slot, std::size_t count) {
    if (slots_[slot].size() < count) slots_[slot].resize(count);
    return std::span(slots_[slot]).first(count);
  }
  static constexpr std::size_t kSlots = 3;

 private:
  std::vector<float> slots_[kSlots];
};

// Which series a model of regular demand is asked about when none is named, by their season: those for which it adds something to the
// others. By default none: it has to be named.
using Routes = std::uint8_t;
inline constexpr Routes kUnseasonal = 1;   // no season, or too short a history for one
inline constexpr Routes kShortSeason = 2;  // 2 … 23 periods, but
inline constexpr Routes kWeek = 4;         // 7: a week of days
inline constexpr Routes kDay = 8;          // a day of 24 and more periods, of less than two weeks of history, and
inline constexpr Routes kDayInWeek = 16;   // the same in a week
inline constexpr Routes kLongSeason = 32;  // others of 24 and more: a year of weeks
inline constexpr Routes kOnlyNamed = 0;

inline bool is_day(std::size_t season) { return season >= 24 && season <= 1440 && 1440 % season == 0; }
// `longer`: the season above, in use where the history is long enough for it; 0: none.
inline Routes route_of(std::size_t season, std::size_t longer) {
  if (season < 2) return kUnseasonal;
  if (season == 7) return kWeek;
  if (season < 24) return kShortSeason;
  return !is_day(season) ? kLongSeason : longer > 0 ? kDayInWeek : kDay;
}

struct ModelInfo {
  std::string_view name;     // as in the literature
  std::string_view summary;  // one line, with the source of the method
  int minimum_length = 1;    // values; a model of kOriginal needs two whole seasons at least
  Input input = Input::kAdjusted;
  bool intermittent = false;  // for demand with many zeros; others are for regular demand
  Routes routes = kOnlyNamed;
  // Learns from y.size() ≥ minimum_length values; false: it cannot from these, and stays out. Null: nothing to learn.
  bool (*fit)(const History& history, Scratch& scratch, Parameters& out) = nullptr;
  // Writes out[k], the forecast k + 1 periods ahead, for all k < out.size(). Must be finite for finite input, and depend on nothing else.
  void (*predict)(const History& history, const Parameters& parameters, Scratch& scratch, std::span<float> out) = nullptr;
  // Not null: named alone, it also says how intermittent demand is distributed, as sums over `lead` periods were in the newest so many
  // (sparse/empirical.hpp); else the distribution is a negative binomial.
  std::size_t (*window)(std::size_t season, std::size_t lead) = nullptr;
};

// In the order of models.inc.
std::span<const ModelInfo> models();
// Those of the names; kInvalidInput says which is near, or lists those that there are.
Result<std::vector<const ModelInfo*>> find_models(const std::vector<std::string>& names);

}  // namespace sinan::forecasting

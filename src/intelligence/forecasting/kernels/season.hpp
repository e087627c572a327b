// Seasons: whether a period is in the data, which of several, and the indices that remove it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinan::forecasting {

inline constexpr double kUsualLimit = 1.645;  // standard deviations: as in the M4 competition

// The strength of a period: how far the autocorrelation at its lag, of the series without its straight line, stands above what noise with
// the shorter lags' autocorrelation would show (Bartlett's limit, one-sided). ≤ 0 is none. Needs three whole seasons.
double season_strength(std::span<const float> y, int season, double limit = kUsualLimit);

// The strongest of the candidates in the series or, beyond a higher limit, in its changes: what wanders hides its season in the
// autocorrelation that all its lags have. 1: it shows none.
int find_season(std::span<const float> y, std::span<const int> candidates);

// The phase of a period, by its number (Panel::ends), which may be negative.
inline std::size_t phase_of(std::int64_t period, std::size_t season) {
  const auto m = static_cast<std::int64_t>(season);
  return static_cast<std::size_t>(((period % m) + m) % m);
}

enum class SeasonKind : unsigned char { kNone, kAdditive, kMultiplicative };

struct Periods {
  std::size_t season = 1;
  std::size_t longer = 0;  // a multiple of `season` (168 with 24) whose phases differ where the data say so; 0: none
  std::size_t length() const { return longer ? longer : season; }
};

// The shortest history for indices: two whole seasons and one value, or for seasons of 24 periods and more 1.6 seasons.
std::size_t least_length(std::size_t season);
inline bool long_enough(std::size_t length, std::size_t season) { return season > 1 && length >= least_length(season); }

// Phase p of `indices` (Periods::length() of them) belongs to values t with t % length() == p. Multiplicative indices average to 1,
// additive ones to 0. y must be long_enough().
//
// Ratios to (or differences from) a centred moving average over one season, averaged by phase with weights that fall from season to season
// (by how much, the series decides), so that a changing season is followed; then drawn towards what is more certain, as far as their own
// noise says (James & Stein 1961; for seasonal indices Miller & Williams 2003): phases of the longer season towards those of the shorter,
// phases of a season of 24 and more towards their neighbours (whose noise is theirs as far as what the season leaves over is correlated),
// all towards no season. No test decides: a season that is noise vanishes by itself, and so does one that a random walk seems to have.
void season_indices(std::span<const float> y, const Periods& periods, SeasonKind kind, std::span<float> indices);

// y with the indices removed, into `out` (may be y itself); and a forecast of out.size() steps from `first` on with them put back.
void remove_season(std::span<const float> y, std::span<const float> indices, SeasonKind kind, std::span<float> out);
void restore_season(std::span<float> forecast, std::size_t first, std::span<const float> indices, SeasonKind kind);

}  // namespace sinan::forecasting

// Seasons: whether a period is in the data, which of several, and the indices that remove it.
#pragma once

#include <span>
#include <vector>

namespace sinan::forecasting {

// Whether the autocorrelation at lag `season`, of the series without its straight line, is above what noise with the shorter lags'
// autocorrelation would show (Bartlett's limit, 90 % one-sided; as in the M4 competition). Needs three whole seasons.
bool has_season(std::span<const float> y, int season);

// The strength of a period: how far the autocorrelation at its lag stands above the limit; ≤ 0 is none.
double season_strength(std::span<const float> y, int season);

enum class SeasonKind : unsigned char { kNone, kAdditive, kMultiplicative };

// Classical decomposition by a centred moving average over one season. Phase p of `indices` belongs to values t with t % season == p.
// Multiplicative indices average to 1, additive ones to 0. y must have two seasons or more; `indices` holds `season` values.
void season_indices(std::span<const float> y, int season, SeasonKind kind, std::span<float> indices);

// y with the indices removed, into `out` (may be y itself); and a forecast of out.size() steps from `first` on with them put back.
void remove_season(std::span<const float> y, std::span<const float> indices, SeasonKind kind, std::span<float> out);
void restore_season(std::span<float> forecast, std::size_t first, std::span<const float> indices, SeasonKind kind);

}  // namespace sinan::forecasting

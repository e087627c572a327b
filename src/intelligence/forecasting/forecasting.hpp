// Demand forecasts: a panel of series in, medians, quantiles and quantiles of sums out. Pure functions: no clock, no disk, no globals.
//
//   forecasting::Options options{.horizon = 14, .quantiles = {0.1, 0.5, 0.9}, .season_candidates = {7}};
//   SINAN_TRY(auto result, forecasting::forecast(panel, options));
//   double first = result.yhat[series * 14];
//
// Each series is cleaned (gaps filled, periods without stock not learnt as low demand), classed, and forecast:
//  - smooth and erratic series by a pool of models (models.inc) on the seasonally adjusted series, or by seasonal models directly; each
//    member is refitted at several earlier origins, and its errors there set its weight in the combination;
//  - intermittent and lumpy series by the distribution of demand over a window (lead_time.hpp) around the rate of Croston-type members;
//  - dead series by zero.
// Quantiles are conformal: errors made at the earlier origins, divided by the series' own error scale, are pooled over the series of the
// panel per class, grown with the horizon as they grew there, and turned back into units (intervals.hpp).
//
// The same panel and seed give the same bits at any number of threads. Series do not influence each other's yhat, only the shape of the
// quantiles. Cost: linear in the number of values; about 100 µs for a series of 100 values on one core.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.hpp"
#include "base/result.hpp"
#include "base/series.hpp"

namespace sinan::forecasting {

// Syntetos, Boylan & Croston (2005): average demand interval at most 1.32 or more, squared variation of demand sizes at most 0.49 or more;
// and the cases in which those say nothing.
enum class DemandClass : std::uint8_t {
  kSmooth,
  kErratic,
  kIntermittent,
  kLumpy,
  kShort,  // too few values to choose a model by its errors
  kDead,   // never sold, or silent for far longer than it ever was between two sales
};
std::string_view name(DemandClass demand_class);
inline constexpr std::size_t kDemandClasses = 6;

struct Options {
  int horizon = 1;                                       // 1 … 10,000 periods
  std::vector<double> quantiles = {0.1, 0.5, 0.9};       // increasing, each inside (0, 1)
  bool totals = false;                                   // also the sums from the first step to each step
  std::vector<int> season_candidates = {7, 12, 24, 52};  // periods that are tried where the season is not given
  std::vector<std::string> models = {};                  // only these members of models.inc; empty: all
  int threads = 1;
  std::uint64_t seed = 1;  // of the sample of series from which the shape of errors is learnt when there are very many
};

// Everything in series order, flat: series i, step k (0 is the first period ahead), quantile q lie at
// yhat[i * horizon + k] and at_quantile[(i * horizon + k) * quantiles + q].
struct Forecasts {
  int horizon = 0;
  std::vector<double> quantiles;
  std::vector<double> yhat;         // medians
  std::vector<double> mean;         // expected values
  std::vector<double> at_quantile;  // increasing in q; never negative where no value of the series was
  // With Options::totals: of the sum of steps 0 … k.
  std::vector<double> total_mean;
  std::vector<double> total_at_quantile;
  // Per series.
  std::vector<DemandClass> classes;
  std::vector<int> seasons;         // the period used; 1: none
  std::vector<std::string> models;  // "theta", or "combination"
};

// `seasons`: one period per series (1: none, 0: find it), or empty: all are found. Errors name the series by its key: infinite values,
// values beyond 1e30, a season below 0 or above 20,000; and options out of range. An empty series gives zeros.
Result<Forecasts> forecast(const Panel& panel, const Options& options, std::span<const int> seasons = {},
                           const CancelToken* cancel = nullptr, const Progress& progress = {});

}  // namespace sinan::forecasting

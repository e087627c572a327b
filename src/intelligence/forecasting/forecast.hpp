// Forecasting: a panel of series in, forecasts with quantiles out. Pure functions; same input and options give the same bits at any
// number of threads, and the order of the series does not matter.
//
// Each series is cleaned (missing and lost-sales periods filled), tested for its season and adjusted for it (multiplicative where all
// values are positive, additive otherwise), then forecast by a pool of models (models.inc). Their errors at rolling origins weigh them.
// Quantiles come from the errors of the combination at the same origins, scaled by series, pooled over series of the same class.
// Intermittent series are forecast by their own models, and their quantiles are empirical.
#pragma once

#include <string_view>

#include "base/cancel.hpp"
#include "base/series.hpp"

namespace sinan::forecasting {

// Syntetos, Boylan & Croston (2005): squared coefficient of variation of demand sizes (cut at 0.49) against the mean interval between
// demands (cut at 1.32); and three states that come before that.
enum class DemandClass : std::uint8_t { kSmooth, kErratic, kIntermittent, kLumpy, kShort, kDead };
std::string_view name(DemandClass demand_class);

struct Options {
  int horizon = 1;                             // periods ahead, 1…10,000
  std::vector<int> seasons = {};               // candidate season lengths in periods; the strongest that is significant is used
  std::vector<double> quantiles = {0.1, 0.9};  // each in (0, 1)
  bool cumulative = false;                     // also fill Forecasts::sums
  int origins = 6;                             // rolling origins that weigh the models, at most
  int threads = 1;
};

// Flat arrays; series i, step h (0 = first period ahead), quantile q.
struct Forecasts {
  int horizon = 0;
  std::vector<double> quantile_levels;
  std::vector<double> median;     // [i * horizon + h]
  std::vector<double> quantiles;  // [(i * horizon + h) * levels + q]; not decreasing in q; not negative where the history is not
  std::vector<double> mean;       // [i * horizon + h]
  std::vector<double> sum_mean;   // with cumulative: mean of the sum of the first h + 1 periods
  std::vector<double> sums;       // with cumulative: quantiles of that sum, as `quantiles`
  std::vector<DemandClass> classes;
  std::vector<int> seasons;         // found or given; 1: none
  std::vector<std::string> models;  // the model with the greatest weight, or "empirical"
};

// `seasons`: the known season length of each series (1: none), or empty to find them among options.seasons.
// Every series needs at least one value that is not missing; infinite values are kInvalidInput and name the series.
Result<Forecasts> forecast(const Panel& panel, std::span<const int> seasons, const Options& options, const CancelToken* cancel = nullptr,
                           const Progress& progress = {});

}  // namespace sinan::forecasting

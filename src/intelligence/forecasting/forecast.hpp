// Forecasting: a panel of series in, forecasts with quantiles out. Pure functions; same input and options give the same bits at any
// number of threads, and the order of the series does not matter. Series learn from each other: a regression, the season of sparse
// demand, the level of new items, and what drivers do.
//
// Each series is cleaned (missing and lost-sales periods filled, past bursts forgotten), classed, and forecast:
//  - regular demand by the median of those models of models.inc that serve its kind of season (models/model.hpp), each on the seasonally
//    adjusted series (season.hpp), on its logarithm, or with a season of its own; without a season, by it and their mean with learned
//    weights (learned_weights.hpp). The same is done at earlier origins, with what the models learnt before the first of them;
//  - intermittent and lumpy demand by a negative binomial whose rate follows the series as fast as the series asks for (intermittent.hpp),
//    with a season that all such series show together (shared_season.hpp), and, where drivers are given, multiplied by what they do to all
//    such series (factors.hpp);
//  - dead series by zero.
// A regression that all regular series with one season share (pooled_regression.hpp) and, where drivers are given (drivers.hpp), trees that
// learn from all regular series together (driver_model.hpp) forecast too, at the same origins. The share, 0 … 1 in quarters, that makes the
// errors there smallest is mixed with the median; none where that gains less than 1 % (blend.hpp, blend_trees.hpp). Quantiles of regular
// demand come from the errors at these origins, grown with the root of the series' level, scaled by series, pooled over series of the same
// class and a like season (intervals.hpp), and where drivers tell more of them, in proportion to how far demand may lie off there
// (width_model.hpp).
//
// Series with a short history borrow level, season, the shape of a launch and quantiles from those with the same fixed attributes, where
// that made the forecasts of such series better before (newcomers.hpp); not with named models, nor where trees have a share of a median.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.hpp"
#include "base/series.hpp"
#include "intelligence/forecasting/drivers/drivers.hpp"

namespace sinan::forecasting {

class DriverModel;
class FactorModel;
class WidthModel;
struct Pooled;
struct Shared;
struct WarmState;

// Syntetos, Boylan & Croston (2005): squared coefficient of variation of demand sizes (cut at 0.49) against the mean interval between
// demands (cut at 1.32); and three states that come before that.
enum class DemandClass : std::uint8_t { kSmooth, kErratic, kIntermittent, kLumpy, kShort, kDead };
std::string_view name(DemandClass demand_class);

struct Options {
  int horizon = 1;                             // periods ahead, 1…10,000
  std::vector<int> seasons = {};               // candidate season lengths in periods; the strongest that is significant is used,
  int usual_season = 1;                        // or else this one: indices that are noise vanish by themselves
  std::vector<double> quantiles = {0.1, 0.9};  // each in (0, 1); in the results they increase
  bool cumulative = false;                     // also fill Forecasts::sums
  int origins = 4;                             // rolling origins whose errors make the quantiles, at most; 1…20
  int threads = 1;
  std::vector<std::string> models = {};  // only these members of models.inc; empty: all
  std::uint64_t seed = 1;  // of the sample of series, by key, from which errors are learnt when there are very many, and of trees
  std::int64_t (*clock)() = nullptr;         // in nanoseconds from any start; with it, Forecasts::nanoseconds is filled
  const Shared* shared = nullptr;            // what learn_shared() found, with the same options, in a sample of the series; not owned
  const Drivers* drivers = nullptr;          // of the panel, for the same horizon; not owned
  std::size_t tree_rows = 150'000;           // that trees learn from, about; fewer are faster
  TreeMethod trees = TreeMethod::kBoosting;  // of regular demand; rare demand has boosted ones
  // What an earlier night kept, to go on from (warm.hpp); null, of other options, or too old: all is learnt anew. Not with `shared`.
  std::shared_ptr<const WarmState> warm = nullptr;
  bool keep = false;  // also fill Forecasts::warm
};

// How many series were forecast how: from what was kept as it is, from there on, or anew.
struct WarmCounts {
  std::size_t unchanged = 0, grown = 0, learnt = 0;
};

// What a series with a short history borrowed, and how (newcomers.hpp).
struct Borrowed {
  std::vector<std::string> attributes;  // that say something of it; none: its group is all series
  std::size_t series = 0;               // older ones in the group: with the rarest of these attributes
  std::size_t cases = 0;                // on which this way was chosen: series that were as new, or seen as if they were
  double level = 0;                     // of the group, per period
  double own = 0;                       // level that the series' own values say; NaN: there are none
  double own_weight = 1;                // 0 … 1: the level is own ^ weight · level ^ (1 − weight)
  double periods = 0;                   // above 0: instead, `level` was thought of the rate, as if it had been that in so many periods
  int season = 1;                       // of the group, in periods
  double season_power = 0;              // of its indices; 0: not borrowed
  double spread = 0;                    // above 0: its own, times this; else that of the cases
  std::vector<double> drift;            // by step: what the cases demanded against such a level; empty with `periods`
};

// Flat arrays; series i, step h (0 = first period ahead), quantile q.
struct Forecasts {
  int horizon = 0;
  std::vector<double> quantile_levels;
  std::vector<double> median;     // [i * horizon + h]
  std::vector<double> quantiles;  // [(i * horizon + h) * levels + q]; not decreasing in q; not negative where the history is not
  std::vector<double> mean;       // [i * horizon + h]
  std::vector<double> variance;   // [i]: of the error of one period, on average over the horizon
  std::vector<double> sum_mean;   // with cumulative: mean of the sum of the first h + 1 periods
  std::vector<double> sums;       // with cumulative: quantiles of that sum, as `quantiles`
  std::vector<DemandClass> classes;
  std::vector<int> seasons;               // the period used; 1: none
  std::vector<std::int64_t> nanoseconds;  // with a clock: what the series' models took, without trees
  // The model, "naive" also where no other fits so few values or all are the same; "median" of several, "weighted" when learned weights
  // had a part in it, "negative_binomial" or "zero"; " + pooled_regression" and " + trees" where those are mixed in, alone where they took
  // its place; "negative_binomial + trees" where they move its mean; of series that borrow with the attributes, or "group" for all series:
  // "median + category", and just "category" where there is no demand yet.
  std::vector<std::string> models;
  std::map<std::size_t, Borrowed> borrowed;             // by series
  std::vector<float> pooled_shares;                     // of the pooled regression in each series' median, 0 … 1
  std::shared_ptr<const std::map<int, Pooled>> pooled;  // by season (blend.hpp)
  // With drivers: the share of trees in each series' median, 0 … 1; of sparse demand the power of their factors on its mean.
  // With drivers: what trees added to the middle of each period, in units of the values; [i × horizon + h].
  std::vector<float> driver_effect;
  std::vector<float> tree_shares;
  std::shared_ptr<const DriverModel> trees;    // with drivers, if there was enough to learn from
  std::shared_ptr<const WidthModel> widths;    // with drivers, where they tell how far forecasts of regular demand may err
  std::vector<std::uint8_t> widths_used;       // by series, whether they do; empty: of none
  std::shared_ptr<const FactorModel> factors;  // with drivers, where they are of use to sparse demand
  std::shared_ptr<const WarmState> warm;       // with Options::keep: for the next night
  WarmCounts counts;
};

// `seasons`: the known season length of each series (1: none, 0: find it), or empty to find them among options.seasons. A known season
// for which a series is too short is not used; of one that it does not show nothing is left.
// Every series needs at least one value that is not missing, or enough older ones to borrow from; infinite values and such beyond 1e30 are
// kInvalidInput and name the series.
Result<Forecasts> forecast(const Panel& panel, std::span<const int> seasons, const Options& options, const CancelToken* cancel = nullptr,
                           const Progress& progress = {});

// What forecast() would have these series learn from each other: the shapes of errors, the season of sparse demand. Given in
// Options::shared, the series of a large panel can be forecast some at a time, so that memory does not grow with their number: each
// forecast then depends on its series and on the sample alone.
Result<std::shared_ptr<const Shared>> learn_shared(const Panel& panel, std::span<const int> seasons, const Options& options,
                                                   const CancelToken* cancel = nullptr, const Progress& progress = {});

}  // namespace sinan::forecasting

// The drift watch: are the forecasts of the version in use as good as they were when it was measured?
//
// Of each class of demand, the error of every day (backtest.hpp: day_error) over the first week ahead is standardised with mean and
// deviation of the same error in the version's newest backtest, and watched by a CUSUM (forecasting/evaluation/drift.hpp). The mean is
// taken a standard error higher than measured, because it comes from two to four weeks only. Dead demand, and classes with fewer than 3
// series or 10 days in the backtest, are not watched. A new measurement, which a person approves (model_review), starts the watch anew.
#pragma once

#include "operations/models/registry.hpp"

namespace sinan::models {

inline constexpr std::int64_t kLeastSeries = 3;
inline constexpr std::int64_t kLeastDays = 10;

struct WatchedClass {
  std::string demand_class;
  std::int64_t days = 0;      // since the measurement
  double usual = 0;           // WAPE of the first week ahead when it was measured
  double now = 0;             // and over the days looked at: since the change, if there is one, else all
  double bias = 0;            // over the same days
  double pressure = 0;        // the CUSUM over its limit: from 1 on it is sure
  std::optional<Date> since;  // the day of the change, if errors are above what is usual now
  std::optional<Date> sure;   // when the alarm came
};

// Classes in order of name. `scores` of all versions.
std::vector<WatchedClass> watch(const ModelVersion& version, const std::vector<Score>& scores);

// Those that are sure.
std::vector<Alarm> alarms_of(const ModelVersion& version, const std::vector<WatchedClass>& watched);

}  // namespace sinan::models

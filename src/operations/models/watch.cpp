#include "operations/models/watch.hpp"

#include <cmath>

#include "intelligence/forecasting/evaluation/drift.hpp"
#include "operations/models/backtest.hpp"
#include "operations/models/scoring.hpp"

namespace sinan::models {
namespace {

// What a deviation is at least: errors that hardly vary must not make a small change look sure.
constexpr double kLeastDeviation = 0.02;
constexpr double kLeastShare = 0.05;

WatchedClass watch_class(const ClassMetrics& measured, const std::vector<const Score*>& days) {
  const double standard_error = measured.day_error_sd / std::sqrt(static_cast<double>(measured.watch_days));
  const double deviation = std::max({measured.day_error_sd, kLeastShare * measured.day_error, kLeastDeviation});
  std::vector<double> errors;
  for (const Score* s : days) errors.push_back(day_error(s->error, s->sold, s->forecast));
  const forecasting::DriftOptions options;
  const forecasting::Drift drift = forecasting::watch_drift(errors, measured.day_error + standard_error, deviation, options);
  WatchedClass out{.demand_class = measured.demand_class,
                   .days = static_cast<std::int64_t>(days.size()),
                   .usual = measured.week_wape,
                   .pressure = drift.sum / options.limit};
  if (drift.since < days.size()) out.since = days[drift.since]->day;
  if (drift.alarm) out.sure = days[*drift.alarm]->day;
  double error = 0;
  double sold = 0;
  double excess = 0;
  for (std::size_t t = drift.since < days.size() ? drift.since : 0; t < days.size(); ++t) {
    error += days[t]->error;
    sold += days[t]->sold;
    excess += days[t]->excess;
  }
  out.now = sold > 0 ? error / sold : kMissing;
  out.bias = sold > 0 ? excess / sold : kMissing;
  return out;
}

}  // namespace

std::vector<WatchedClass> watch(const ModelVersion& version, const std::vector<Score>& scores) {
  std::vector<WatchedClass> out;
  for (const ClassMetrics& measured : version.measurement.metrics) {
    if (measured.demand_class == "all" || measured.demand_class == "dead") continue;
    if (measured.series < kLeastSeries || measured.watch_days < kLeastDays) continue;
    std::vector<const Score*> days;
    for (const Score& s : scores)
      if (s.version == version.id && s.demand_class == measured.demand_class && s.lead == kLeads[0] &&
          format_date(s.day) > version.measurement.day)
        days.push_back(&s);
    out.push_back(watch_class(measured, days));
  }
  return out;
}

std::vector<Alarm> alarms_of(const ModelVersion& version, const std::vector<WatchedClass>& watched) {
  std::vector<Alarm> out;
  for (const WatchedClass& w : watched)
    if (w.sure && w.since)
      out.push_back({version.id, w.demand_class, {}, format_date(*w.since), format_date(*w.sure), w.usual, w.now, w.bias});
  return out;
}

}  // namespace sinan::models

// Whether forecasts have become worse than they were: a one-sided CUSUM on standardised errors.
//
// S(t) = max(0, S(t−1) + z(t) − slack), z(t) = (error(t) − mean) / deviation cut at ±most; an alarm when S > limit (Page 1954; the form of
// Hawkins & Olwell 1998, ch. 2). The cut keeps one odd day from raising an alarm. With slack 0.5 and limit 6, a process that has not
// changed gives a false alarm every 2,500 periods on average, and one that has become worse by a deviation is seen after 13 (Siegmund
// 1985, eq. 2.56), for independent normal errors. When S left zero last is the estimate of when the change came (Page 1954; Nishina 1992).
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace sinan::forecasting {

struct DriftOptions {
  double slack = 0.5;  // half of the change that is to be found, in deviations
  double limit = 6;
  double most = 3;
};

struct Drift {
  double sum = 0;                    // S after the last period
  std::size_t since = 0;             // the period in which S left zero last; the number of periods when it is zero
  std::optional<std::size_t> alarm;  // the period in which S went beyond the limit, since then
};

// `errors` in order of time; NaN is unknown and changes nothing. `deviation` > 0.
Drift watch_drift(std::span<const double> errors, double mean, double deviation, const DriftOptions& options = {});

}  // namespace sinan::forecasting

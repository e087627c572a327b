// Whether one way to forecast is better than another by more than luck, from their losses in the same periods.
//
// The test of Diebold & Mariano (1995): the mean of d(t) = first(t) − second(t) over its standard error. Losses hang together over a few
// periods, and there are few of them, so the error is that of Coroneo & Iacone (2020, eq. 8): the long-run variance is the mean of the
// periodogram of d at the m = floor(n^⅓) lowest frequencies, and the statistic has the t distribution with 2m degrees of freedom. (The
// usual sum over lags calls equal forecasts different much too often then: simulated, with an autocorrelation of 0.3, half as often
// again.)
#pragma once

#include <cstddef>
#include <span>

namespace sinan::forecasting {

struct Comparison {
  std::size_t periods = 0;  // in which both losses are known
  double first = 0;         // mean losses there
  double second = 0;
  double statistic = 0;  // above zero: the second is better
  double p = 1;          // of such a difference, or a larger one, if the second is not better; 1 with fewer than 3 periods
};

// Both of one length, in order of time; NaN is unknown. A difference that never varies has p 0 where the second is better, else 1.
Comparison compare_losses(std::span<const double> first, std::span<const double> second);

// P(T > t) for Student's t with `degrees` > 0 of freedom.
double student_t_upper(double t, double degrees);

}  // namespace sinan::forecasting

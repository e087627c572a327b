// What forecasts were worth: measures of point forecasts and of intervals, from what was known, what was said and what came.
//
// A window is one series at one origin: its history, the forecasts from there on, and the values that came. In a history, gaps are filled
// by a line between their neighbours (at the ends by the nearest value); of the future, missing values are not scored. With y what came,
// f the median that was forecast, n the scored values of a window and m the season (1 where there is none, or where the history is no
// longer than it):
//
//  wape     Σ|y − f| / Σ|y| over all values of all windows
//  bias     Σ(f − y) / Σ|y|, likewise: above zero, forecasts are too high
//  pinball  max(q(y − x), (q − 1)(y − x)) for the forecast x of quantile q, the mean over all values and quantiles; in units of y
//  smape    mean of 200 |y − f| / (|y| + |f|), 0 where both are zero (Makridakis, Spiliotis & Assimakopoulos 2018: M4), in percent
//  mase     mean |y − f| / mean |x(t) − x(t−m)| of the history x (Hyndman & Koehler 2006, eq. 3, with the season's lag as in M4)
//  rmsse    √(mean (y − f)² / mean (x(t) − x(t−1))²) of the history from its first value that is not zero on (Makridakis, Spiliotis &
//           Assimakopoulos 2022: M5)
//  owa      ½ (smape / smape of Naive 2 + mase / mase of Naive 2), the ratios of means over windows (M4)
//  msis     mean interval score, (u − l) + 2/α (l − y) where y < l, + 2/α (y − u) where y > u, of the interval (l, u) with
//           probability 1 − α (Gneiting & Raftery 2007, eq. 43), divided by mase's denominator (M4)
//  coverage the share of values inside an interval, its ends included
//
// smape, mase, rmsse and msis are of each window first; then the mean over windows. A window whose denominator is zero, because its
// history is constant, or has no lag yet, is left out of the measure it is the denominator of.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace sinan::forecasting {

// Indices of two quantile levels that add up to one, such as 0.1 and 0.9; the widest pair first. Levels increase.
std::vector<std::pair<std::size_t, std::size_t>> symmetric_pairs(const std::vector<double>& levels);

// Naive 2 by the rules of M4: the last value; where the autocorrelation at the season's lag lies beyond Bartlett's limits with 90 %, and
// there are three whole seasons, of the series divided by the classical multiplicative indices, which are then put back. `history` has no
// gaps and at least one value.
void naive2(std::span<const double> history, std::size_t season, std::span<double> out);

struct Window {
  std::span<const double> history;  // with at least one known value
  std::size_t season = 1;
  std::span<const double> actual;     // as long as `median`, or shorter where the data end
  std::span<const double> median;     // of each step
  std::span<const double> quantiles;  // step × level
};

// NaN where nothing could be measured.
struct Scores {
  struct Interval {
    double probability = 0;  // 0.8 for the quantiles 0.1 and 0.9
    double coverage = 0;
  };
  std::size_t windows = 0;   // with at least one scored value
  std::size_t points = 0;    // values scored
  std::size_t unscaled = 0;  // windows left out of mase or rmsse
  double wape = 0, bias = 0, smape = 0, mase = 0, rmsse = 0, owa = 0;
  double pinball = 0;
  double msis = 0;                  // of the widest interval
  std::vector<Interval> intervals;  // one for each symmetric pair, the widest first
};

// Adds up windows; their order changes last bits only.
class Evaluation {
 public:
  // `quantiles` increase.
  explicit Evaluation(std::vector<double> quantiles);
  void add(const Window& window);
  Scores scores() const;

 private:
  struct Mean {
    double sum = 0;
    std::size_t count = 0;
    void add(double value) { sum += value, ++count; }
    double value() const;
  };
  void add_intervals(const Window& window, double scale);

  std::vector<double> quantiles_;
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
  std::vector<double> history_, naive_;
  std::size_t windows_ = 0, points_ = 0, unscaled_ = 0;
  double size_ = 0, distance_ = 0, excess_ = 0;  // sums of |y|, |y − f|, f − y
  Mean smape_, mase_, rmsse_, naive_smape_, naive_mase_, pinball_, msis_;
  std::vector<Mean> inside_;  // of each pair
};

}  // namespace sinan::forecasting

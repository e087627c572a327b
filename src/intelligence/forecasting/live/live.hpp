// Live: what last night's forecast says by now, while sales come in. A small state per series, one update per sale.
//
// The night said of each period ahead, the current one first, what mean m and variance V its demand has. Demand within a period is taken as
// compound Poisson at `level` times the pace that was forecast. Sales of sizes q have a variance to mean of s = Σq² / Σq, so V = s·m + m² /
// κ, where 1 / κ is how uncertain the level is: Gamma(κ, κ). After `sold` units, in a part of the period in which the share u of its demand
// was to come, the level is Gamma(κ + sold / s, κ + u·m / s), and what is still to come has the mean level·(1 − u)·m and a variance of the
// same form (Scarf 1959; Azoury 1985). Before anything is known, u = 0, that is the night's m and V.
//
// Sudden demand is seen by the detector of bursts.hpp, which takes what was sold so far as if it were all of the period. As sure as it
// is, the level is what today's sales alone say of it: Gamma(1, 1) before them, and s no less than Σq² / Σq of today, so that a single
// large order does not make a pace.
//
// Errors of periods move together with a correlation ρ. So later periods are expected to differ from what was forecast by ρ·σₕ / σ₁ of what
// the current one does (best linear prediction), and demand over a lead time has the variance Σσ² + ρ Σ_{i≠j} σᵢσⱼ. Its quantiles are those
// that the night gave, moved to the mean and stretched to the standard deviation that it has by now.
#pragma once

#include <optional>
#include <span>

#include "intelligence/forecasting/live/bursts.hpp"

namespace sinan::forecasting {

// What the night said of one series. Spans are read by the constructor of LiveSeries alone.
struct LiveNight {
  std::span<const double> mean;       // of the periods of the lead time: at least one, the current one first; never negative
  std::span<const double> deviation;  // standard deviation of the demand of each; as many
  double sale_size = 1;               // Σq² / Σq of single sales
  double correlation = 0.1;           // ρ of any two periods, 0 … 1
  bool promotion = false;             // in the current period
};

// Where a series stands. Quantities are in units of demand.
struct LivePosition {
  double sold = 0;     // in the current period
  double elapsed = 0;  // share of its demand that was to come by now
  double level = 1;    // of demand in this period, in what was forecast
  double rest = 0;     // mean of what is still to come of the period,
  double rest_variance = 0;
  double lead = 0;  // and from now to the end of the lead time
  double lead_variance = 0;
};

// One series in one period; the next period starts from another LiveSeries, so nothing of this one is remembered. All functions take
// constant time, allocate nothing, and depend on the sales only, not on the order in which they come. Copies are states of their own.
class LiveSeries {
 public:
  LiveSeries() = default;
  explicit LiveSeries(const LiveNight& night);

  // One sale, or a return (below zero; a period never holds less than nothing), made when the share `elapsed` (0 … 1) of the period's
  // demand was to have come. `before` has seen the periods before this one, `scratch` is any detector with the same options, to be reused.
  // True: a burst was seen, for the first time in this period.
  bool sell(double quantity, double elapsed, const BurstDetector& before, BurstDetector& scratch);

  // What was sold to another state of this series in this period, whatever its night said: what selling it all here gives. True: a burst.
  bool take_over(const LiveSeries& other, const BurstDetector& before, BurstDetector& scratch);

  // `elapsed`: up to when sales are known to be complete; the newest sale's, if that is later. At 0 and without sales exactly the night's.
  LivePosition position(double elapsed) const;

  // The night's quantiles of demand over the lead time as they are at a position of this series: from now to its end. Not decreasing where
  // the night's do not; not negative.
  void quantiles(const LivePosition& now, std::span<const double> night, std::span<double> out) const;

  // The burst that runs; its begin may lie in earlier periods. Sizes are of what was sold so far.
  bool bursting() const { return confidence_ > 0; }
  double burst_size() const { return burst_size_; }
  double confidence() const { return confidence_; }

 private:
  bool judge(const BurstDetector& before, BurstDetector& scratch);
  double variance_of(double first) const;  // of the lead time, with the standard deviation of what is to come of the current period

  double mean_ = 0, deviation_ = 0;  // of the current period
  double size_ = 1;                  // s
  double kappa_ = 1;
  double correlation_ = 0;
  double later_mean_ = 0, later_deviation_ = 0, later_squares_ = 0;  // Σ over the later periods of m, σ, σ²
  double net_ = 0, gross_ = 0, squares_ = 0;                         // of today's sales; of those above zero: q, q²
  double elapsed_ = 0;
  double confidence_ = 0, burst_size_ = 0;
  bool promotion_ = false;
};

}  // namespace sinan::forecasting

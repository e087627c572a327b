// Quantiles from errors that were made: conformal prediction with scales of their own and shapes in common.
//
// The errors e(j, k) of a series at origin j, k steps ahead, are taken as s · g(k) · w(j, k) · u: s is the series' own scale, g the growth
// with the horizon and u the shape, both common to its group; w is how wide drivers say that errors lie there, below or above, else 1. For
// learning u, an error is divided by a scale without its own origin and without
// those that share more than half of its periods, so that few errors do not look like certainty. The same is done for the sums of errors
// over steps 0 … k, of which the width is the root of the mean square. Where few errors tell, g(k) is drawn towards g(k − 1) times what a
// slow random walk grows by in a step, and u towards Student's t with five degrees of freedom. Where there are widths, they say how skewed
// errors are; what leans to one side beyond that happened to many series in the same few periods, and need not happen again: u is as likely
// as −u around what is forecast, and errors of sums around their mean, which keeps what errors lean to. What happened in one period gives a
// step a larger mean size too, so g is there a power of the usual growth.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace sinan::forecasting {

// Of one series; arrays of origins × horizon.
struct OwnErrors {
  std::span<const float> errors;  // NaN where the data ended, or has a gap
  std::span<const float> down;    // the widths of errors below and above zero, or none: all errors are alike. 0: not known there,
  std::span<const float> up;      // and its error tells nothing
  std::size_t reach = 0;          // how many periods come after its oldest origin (past_errors.hpp)
  double noise = 0;               // about the size of its errors, before they are seen: in widths where there are any
};

// How wide the sum of the steps so far lies, against one step of width 1: their root mean square, which is 1 where all are alike.
class WidthOfSums {
 public:
  void add(double down, double up) { down_ += down * down, up_ += up * up, ++steps_; }
  double down() const { return std::sqrt(down_ / steps_); }
  double up() const { return std::sqrt(up_ / steps_); }

 private:
  double down_ = 0, up_ = 0, steps_ = 0;
};

class Intervals {
 public:
  Intervals(std::size_t groups, std::size_t origins, std::size_t horizon);

  // How errors grow with the steps ahead before anything is known of them.
  static double usual_growth(std::size_t k);

  // Learns from one series; in any order, sums are exact. Of a group all series have widths, or none.
  void add(std::size_t group, const OwnErrors& own);
  std::size_t origins() const { return origins_; }
  std::size_t horizon() const { return horizon_; }
  // No more add() after this. Without `totals` nothing is learnt of sums over steps, and total_offset() may not be asked.
  void finish(bool totals = true);

  // The scale of a series: from its own errors, which count as often as they fill the horizon without sharing periods, and as one more
  // horizon of them its noise times what errors in the group were to that; with widths as up to 16, as made errors at origins that the
  // scale does not know likeliest. Without errors, from the noise alone.
  double scale(std::size_t group, const OwnErrors& own) const;

  // The distance of quantile q from the median at step k; zero at 0.5, increasing in q. To be multiplied by the scale, and by the width
  // there: of q below 0.5 down, above up.
  double offset(std::size_t group, std::size_t k, double q) const { return groups_[group].growth[k] * shape(groups_[group].shape, q); }
  double total_offset(std::size_t group, std::size_t k, double q) const {
    return groups_[group].total_growth[k] * shape(groups_[group].total_shape, q);
  }
  // The mean error at step k with these widths, in scales: what the expected value is beyond the forecast. Models that learn by least
  // squares forecast means, so on skewed demand it is near zero, and the median lies below.
  double mean_offset(std::size_t group, std::size_t k, double down, double up) const { return mean_offset(groups_[group], k, down, up); }

 private:
  struct Group {
    std::vector<float> errors;         // series × origins × horizon, in widths
    std::vector<float> down, up;       // the widths, if there are any
    std::vector<std::size_t> reaches;  // by series
    std::vector<double> noises;        // by series
    std::vector<double> growth, total_growth;
    std::vector<float> shape, total_shape;  // sorted
    double ratio = 1;                       // of scales to noise, in the middle of the group
    double prior = 1;                       // weight of the noise in a scale, in horizons of errors
    double mean_below = 0, mean_above = 0;  // of the shape: what is below zero and above it contribute to its mean
  };
  std::span<const float> of(const std::vector<float>& values, std::size_t i) const {
    return values.empty() ? std::span<const float>() : std::span(values).subspan(i * origins_ * horizon_, origins_ * horizon_);
  }
  double middle_ratio(const Group& group) const;
  // The weight of the noise under which errors, that fall off exponentially, are likeliest at origins that their scale does not know.
  double likeliest_prior(const Group& group) const;
  void learn(Group& group, bool totals) const;
  static void learn_means(Group& group);  // of the shape of single steps, as errors were
  static double mean_offset(const Group& group, std::size_t k, double down, double up) {
    return group.growth[k] * (group.mean_below * down + group.mean_above * up);
  }
  static double shape(const std::vector<float>& sorted, double q);

  std::size_t origins_;
  std::size_t horizon_;
  std::vector<Group> groups_;
};

}  // namespace sinan::forecasting

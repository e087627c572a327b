// Quantiles from errors that were made: conformal prediction with scales of their own and shapes in common.
//
// The errors e(j, k) of a series at origin j, k steps ahead, are taken as s · g(k) · u: s is the series' own scale, g the growth with the
// horizon and u the shape, both common to its group. For learning u, an error is divided by a scale without its own origin and without
// those that share more than half of its periods, so that few errors do not look like certainty. The same is done for the sums of errors
// over steps 0 … k. Where few errors tell, g(k) is drawn towards g(k − 1) times what a slow random walk grows by in a step, and u towards
// Student's t with five degrees of freedom.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinan::forecasting {

class Intervals {
 public:
  // `errors` are arrays of origins × horizon with NaN where the data ended.
  Intervals(std::size_t groups, std::size_t origins, std::size_t horizon);

  // Learns from one series; in any order, sums are exact. `reach`: how many periods come after its oldest origin (past_errors.hpp);
  // `noise`: mean size of its first differences, adjusted for season.
  void add(std::size_t group, std::span<const float> errors, std::size_t reach, double noise);
  std::size_t origins() const { return origins_; }
  std::size_t horizon() const { return horizon_; }
  // No more add() after this. Without `totals` nothing is learnt of sums over steps, and total_offset() may not be asked.
  void finish(bool totals = true);

  // The scale of a series: from its own errors, which count as often as they fill the horizon without sharing periods, and as one more
  // horizon of them `noise` times what errors in the group were to that. Without errors, from `noise` alone.
  double scale(std::size_t group, std::span<const float> errors, std::size_t reach, double noise) const;

  // The distance of quantile q from the median at step k; zero at 0.5, increasing in q. To be multiplied by the scale.
  double offset(std::size_t group, std::size_t k, double q) const { return groups_[group].growth[k] * shape(groups_[group].shape, q); }
  double total_offset(std::size_t group, std::size_t k, double q) const {
    return groups_[group].total_growth[k] * shape(groups_[group].total_shape, q);
  }
  // The mean error at step k, in scales: what the expected value is beyond the forecast. Models that learn by least squares forecast means,
  // so on skewed demand it is near zero, and the median lies below.
  double mean_offset(std::size_t group, std::size_t k) const { return groups_[group].growth[k] * groups_[group].mean_shape; }

 private:
  struct Group {
    std::vector<float> errors;         // series × origins × horizon
    std::vector<std::size_t> reaches;  // by series
    std::vector<double> noises;        // by series
    std::vector<double> growth, total_growth;
    std::vector<float> shape, total_shape;  // sorted
    double ratio = 1;                       // of scales to noise, in the middle of the group
    double mean_shape = 0;
  };
  std::span<const float> errors_of(const Group& group, std::size_t i) const {
    return std::span(group.errors).subspan(i * origins_ * horizon_, origins_ * horizon_);
  }
  double middle_ratio(const Group& group) const;
  void learn(Group& group, bool totals) const;
  static double shape(const std::vector<float>& sorted, double q);

  std::size_t origins_;
  std::size_t horizon_;
  std::vector<Group> groups_;
};

}  // namespace sinan::forecasting

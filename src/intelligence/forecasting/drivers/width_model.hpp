// How far demand may lie below and above its median, as drivers tell: a promoted week sells more, and it is less known how much more.
//
// Trees of all series learn the quantiles .1 and .9 (driver_model.hpp); the widths are their distances from a median that was learnt from
// the same rows. They are relative: conformal prediction (intervals.hpp) finds from errors divided by them how many widths a quantile lies
// away (Papadopoulos et al. 2011; Romano, Patterson & Candès 2019), which holds if the errors were no part of the rows, and if the same
// trees then tell the widths ahead.
#pragma once

#include "intelligence/forecasting/drivers/driver_model.hpp"

namespace sinan::forecasting {

class WidthModel {
 public:
  // From the rows that `median` was learnt from, which knows something; on two threads if there are as many.
  static Result<WidthModel> learn(DriverModel median, const TaughtRows& rows, const DriverModel::Options& options, int threads,
                                  const CancelToken* cancel);
  // One that was learnt before, from Trees::text() of each.
  static Result<WidthModel> read(const std::string& low, const std::string& median, const std::string& high);

  const learning::Trees& low() const { return low_.trees(); }
  const learning::Trees& median() const { return median_.trees(); }
  const learning::Trees& high() const { return high_.trees(); }

  // For what `features` sees, at the steps 1 … down.size() after its origin: the widths, above zero, in units of the values. `cells` is
  // scratch.
  Status predict(const Features& features, std::vector<float>& cells, std::span<float> down, std::span<float> up) const;

 private:
  DriverModel low_, median_, high_;
};

}  // namespace sinan::forecasting

// How far demand may lie below and above its median, as drivers tell: a promoted week sells more, and it is less known how much more.
//
// Trees learn the quantiles .1 and .9 (the pinball loss, Koenker & Bassett 1978) of what a median is wrong by in series that it was not
// learnt from: two quick ones, of either half of the series, each tell of the other half. What is seldom seen is then told as wide as that
// makes it, which residuals of the rows that were learnt from would not show. The widths are relative: conformal prediction
// (intervals.hpp) finds from errors divided by them how many widths a quantile lies away (Papadopoulos et al. 2011; Romano, Patterson &
// Candès 2019), which holds if the errors were no part of the rows, and if the same trees then tell the widths ahead.
#pragma once

#include "intelligence/forecasting/drivers/driver_model.hpp"

namespace sinan::forecasting {

class WidthModel {
 public:
  // From the rows that `median` was learnt from, which knows something; on two threads if there are as many. There are half as many trees
  // as of the median, smaller ones, since how far demand may lie off is told by less than where it lies.
  static Result<WidthModel> learn(DriverModel median, const TaughtRows& rows, const DriverModel::Options& options, int threads,
                                  const CancelToken* cancel);
  // One that was learnt before, from Trees::text() of each.
  static Result<WidthModel> read(const std::string& low, const std::string& median, const std::string& high);

  const learning::Trees& low() const { return *low_; }  // what is to be added to the median for its quantile .1
  const learning::Trees& median() const { return median_.trees(); }
  const learning::Trees& high() const { return *high_; }

  // For what `features` sees, at the steps 1 … down.size() after its origin: the widths, above zero, in units of the values. `cells` is
  // scratch.
  Status predict(const Features& features, std::vector<float>& cells, std::span<float> down, std::span<float> up) const;

 private:
  DriverModel median_;
  std::optional<learning::Trees> low_, high_;
};

}  // namespace sinan::forecasting

// How far demand may lie below and above its median, as drivers tell: a promoted week sells more, and it is less known how much more.
//
// Trees of all series learn the quantiles .1 and .9 (driver_model.hpp); the widths are their distances from the median of the trees. They
// are relative: conformal prediction (intervals.hpp) finds from errors divided by them how many widths a quantile lies away (Papadopoulos
// et al. 2011; Romano, Patterson & Candès 2019).
#pragma once

#include "intelligence/forecasting/drivers/driver_model.hpp"

namespace sinan::forecasting {

class WidthModel {
 public:
  // As DriverModel::learn(); on two threads if there are as many.
  static Result<WidthModel> learn(const Panel& panel, const Drivers& drivers, std::span<const int> seasons, std::size_t away,
                                  const DriverModel::Options& options, int threads, const CancelToken* cancel);
  // One that was learnt before, from Trees::text() of each.
  static Result<WidthModel> read(const std::string& low, const std::string& high);

  bool knows() const { return low_.knows() && high_.knows(); }
  const learning::Trees& low() const { return low_.trees(); }
  const learning::Trees& high() const { return high_.trees(); }

  // For what `features` sees, at the steps 1 … median.size() after its origin, of which `median` is what the trees of the median say: the
  // widths, above zero, in units of the values. `cells` is scratch.
  Status predict(const Features& features, std::vector<float>& cells, std::span<const double> median, std::span<float> down,
                 std::span<float> up) const;

 private:
  DriverModel low_, high_;
};

}  // namespace sinan::forecasting

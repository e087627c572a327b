// One model of all sparse series: trees that learn from drivers, and from the history of each series, by what the mean of a period is
// multiplied.
//
// As in DriverModel each row is a period of a series as seen from an origin 1 … horizon periods before it. What is learnt is demand
// relative to the mean that the series' own rate and season say from there (intermittent.hpp), f = exp(score), so one model serves items
// that sell daily and yearly. The deviance of a Poisson distribution is made small (Tweedie's of power 1: Jørgensen 1997), of demand
// counted in its unit times its dispersion, which makes the variance of the counts their mean (quasi-likelihood: McCullagh & Nelder 1989,
// chapter 9): a row weighs as much as is expected in it, and a day on which the shop is closed nothing.
#pragma once

#include "base/cancel.hpp"
#include "base/result.hpp"
#include "intelligence/forecasting/drivers/drivers.hpp"
#include "intelligence/forecasting/sparse/sparse_view.hpp"
#include "intelligence/learning/boosting.hpp"

namespace sinan::forecasting {

class FactorModel {
 public:
  // From the sparse series of a run, which has drivers, up to `away` periods before the latest end of all series, with the seasons of then;
  // about Options::tree_rows rows. Of very many series a sample is learnt from, drawn by key. Nothing to learn from: a model that knows
  // nothing. The order of the series does not matter.
  static Result<FactorModel> learn(const Run& run, const SparseSeasons& seasons, std::size_t away, const CancelToken* cancel);

  // One that was learnt before, from Trees::text().
  static Result<FactorModel> read(const std::string& text);

  bool knows() const { return trees_.has_value(); }
  const learning::Trees& trees() const { return *trees_; }

  // The factors of the steps 1 … out.size() after the origin that `features` looks at, above zero and finite. `cells` is scratch.
  Status factors(const Features& features, std::vector<float>& cells, std::span<double> out) const;

 private:
  std::optional<learning::Trees> trees_;
};

}  // namespace sinan::forecasting

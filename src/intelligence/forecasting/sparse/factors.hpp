// By what drivers multiply the means of sparse demand, as far as that made forecasts at earlier origins better.
//
// A second model learns from what came before the oldest of these origins. There the rate of each series, with the season of then, is
// followed to each origin, and its negative binomial forecast with the factors to the powers 0, ¼ … 1. The power of a class of demand is
// the one whose pinball loss (quantiles .1, .25, .5, .75, .9; relative to the root of each series' size, as in borrowing.hpp) is smallest.
// There is none where that gains less than 1 % or two standard errors over the series, unless it gains ¼ % and three standard errors:
// promotions of one day in a hundred move a sum over all days by little, and many series alike.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "intelligence/forecasting/sparse/factor_model.hpp"

namespace sinan::forecasting {

struct Factors {
  std::shared_ptr<const FactorModel> model;  // null: of no use
  std::vector<float> shares;                 // by DemandClass: the power of the factors, 0 … 1; empty: of no use
};

// From the sparse series of a run with drivers; `seasons` as they are at its end. A second thread, where there is one, learns the factors
// of the periods ahead before it is known whether they are of use.
Result<Factors> learn_factors(const Run& run, const SparseSeasons& seasons, const CancelToken* cancel);
// Those of an earlier night, from Trees::text(); empty: there were none.
Result<Factors> known_factors(const std::string& trees, std::span<const float> shares);

// The factors of one series at a time. One per thread; the run and the factors must outlive it.
class Multiplier {
 public:
  Multiplier(const Run& run, const Factors& factors);

  // The power for series i; 0: none.
  float share(std::size_t i) const;
  // By what the mean of each step ahead of series i is multiplied, to the power of its share; empty: by nothing.
  Result<std::span<const double>> of(std::size_t i);

 private:
  const Run& run_;
  const Factors& factors_;
  Features features_;
  std::vector<float> cells_;
  std::vector<double> found_;
};

}  // namespace sinan::forecasting

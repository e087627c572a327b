// The pool: forecasts one regular series with every member that fits it, at several origins, and combines the members by their errors.
#pragma once

#include <span>
#include <vector>

#include "intelligence/forecasting/clean.hpp"
#include "intelligence/forecasting/models/model.hpp"

namespace sinan::forecasting {

struct PoolForecast {
  std::vector<float> point;         // horizon values, in units of Cleaned::scale
  std::vector<float> errors;        // origins × horizon: actual − combination at the earlier origins; NaN where the data ends
  std::size_t season = 1;           // the period used
  const ModelInfo* only = nullptr;  // when a single member made it
};

// Not thread-safe: one per thread. Keeps its memory.
class Pool {
 public:
  // `members` by name; empty: all of models.inc that are for regular demand.
  Pool(std::span<const ModelInfo* const> members, std::size_t horizon, std::size_t origins);

  // `season` 1: none. A season that the data does not show is not used.
  void forecast(const Cleaned& series, std::size_t season, PoolForecast& out);

 private:
  // Forecasts of all members from the first `length` values into forecasts_[member]; NaN for members that do not fit.
  void run_members(const Cleaned& series, std::size_t length, std::size_t season, std::size_t steps);
  bool fits(const ModelInfo& model, std::size_t length, std::size_t season) const;
  void weigh(const Cleaned& series, std::size_t season);
  void choose_origins(std::size_t length, std::size_t season);
  void combine(std::size_t steps, std::span<float> out) const;

  std::vector<const ModelInfo*> members_;
  std::size_t horizon_;
  std::size_t max_origins_;
  Scratch scratch_;
  std::vector<float> adjusted_;
  std::vector<float> indices_;
  std::vector<float> forecasts_;      // member × horizon
  std::vector<float> rolled_;         // origin × member × horizon
  std::vector<std::size_t> origins_;  // values known at each
  std::vector<float> weights_;        // member; 0: not used
};

}  // namespace sinan::forecasting

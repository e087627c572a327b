// One model of all series: trees that learn from drivers, and from the history of each series, what demand will be.
//
// Every known period of a series is taught once or several times, each time as seen from an origin 1 … horizon periods before it (the
// direct strategy, Ben Taieb et al. 2012, with the step as a feature). The absolute error is made small, so that the median is learnt.
#pragma once

#include "base/cancel.hpp"
#include "base/result.hpp"
#include "intelligence/forecasting/drivers/drivers.hpp"
#include "intelligence/forecasting/drivers/word_choice.hpp"
#include "intelligence/learning/boosting.hpp"

namespace sinan::forecasting {

class DriverModel {
 public:
  struct Options {
    std::size_t horizon = 1;
    std::size_t rows = 150'000;  // that are learnt from, about
    std::uint64_t seed = 1;
    TreeMethod method = TreeMethod::kBoosting;
  };

  // What is learnt from. `seasons[i]`: the period of series i, 1: none. Periods up to `away` before the latest end of all series are in
  // it; series of which nothing is demanded in more than a quarter of the periods are not. Of the words of events it has those that tell
  // something. The order of the series does not matter.
  static Result<TaughtRows> collect(const Panel& panel, const Drivers& drivers, std::span<const int> seasons, std::size_t away,
                                    const Options& options, const CancelToken* cancel);

  // Too little to learn from: a model that knows nothing. There are 200 trees, and 100 when fewer than 100,000 rows are asked for; larger
  // ones in a forest.
  static Result<DriverModel> learn(const TaughtRows& rows, const Options& options, const CancelToken* cancel);

  // How many trees are learnt.
  static int rounds(const Options& options);

  // One that was learnt before, from Trees::text().
  static Result<DriverModel> read(const std::string& text);

  bool knows() const { return trees_.has_value(); }
  const learning::Trees& trees() const { return *trees_; }

  // What `features` sees, forecast for the steps 1 … out.size() after its origin. `cells` is scratch.
  Status predict(const Features& features, std::vector<float>& cells, std::span<double> out) const;

 private:
  std::optional<learning::Trees> trees_;
};

// Demand in at least three of four periods: of others only the chance of demand could be learnt.
bool learnable(std::span<const double> values);

}  // namespace sinan::forecasting

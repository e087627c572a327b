// Forecasts that add up: across a hierarchy of series (item, category, place, total) and across time (day, week).
//
// Each series and each length of period is forecast by itself (forecast.hpp). First the forecasts of each series are reconciled over the
// lengths of periods (temporal hierarchies, Athanasopoulos, Hyndman, Kourentzes & Petropoulos 2017), then those of the single periods over
// the series (reconciliation.hpp); those of longer periods are then the sums of these, so that both ways add up (in this order after
// Kourentzes & Athanasopoulos 2019). What adds up is the mean. Medians and quantiles go with it: in proportion where no demand is
// negative, up to twice as much; beyond, and where some is, by the same difference.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "intelligence/forecasting/forecast.hpp"
#include "intelligence/forecasting/hierarchy/reconciliation.hpp"

namespace sinan::forecasting {

struct Coherence {
  Sums sums;                // over the first sums.parts series of the panel; the others are its sums, in their order
  std::vector<int> blocks;  // lengths of longer periods, each 2 … horizon; they are counted from the end of the history
  Reconciliation how = Reconciliation::kWls;
};

struct CoherentForecasts {
  Forecasts single;                  // of all series of the panel; seasons and classes as they were before
  std::vector<Forecasts> of_blocks;  // for each of `blocks`; its horizon is as many whole ones as fit
};

// `panel` and `seasons` as for forecast(); options.drivers, if any, are those of the parts. All series must end in the same period.
// kInvalidInput, also where `blocks` or `sums` do not fit.
Result<CoherentForecasts> forecast_coherent(const Panel& panel, std::span<const int> seasons, const Options& options,
                                            const Coherence& coherence, const CancelToken* cancel = nullptr, const Progress& progress = {});

// What learn_shared() finds in single periods, and in each of the longer ones.
struct SharedOfPeriods {
  std::shared_ptr<const Shared> single;
  std::vector<std::shared_ptr<const Shared>> of_blocks;
};
Result<SharedOfPeriods> learn_shared(const Panel& panel, std::span<const int> seasons, const Options& options, std::span<const int> blocks,
                                     const CancelToken* cancel = nullptr);

// The same of series that come some at a time: their histories are needed no longer than forecasting them takes. Not thread-safe.
class CoherentForecaster {
 public:
  // Coherence::sums are known at the end only.
  CoherentForecaster(std::vector<int> blocks, Reconciliation how) : blocks_(std::move(blocks)), how_(how) {}
  CoherentForecaster(const CoherentForecaster&) = delete;
  CoherentForecaster& operator=(const CoherentForecaster&) = delete;

  // Forecasts more series, the parts before the sums, with options of the same horizon and quantiles. Without `shared` they learn from
  // each other; options.shared is not looked at.
  Status add(const Panel& panel, std::span<const int> seasons, const Options& options, const SharedOfPeriods* shared = nullptr,
             const CancelToken* cancel = nullptr, const Progress& progress = {});
  // Makes them add up: of add() by add(), in their order.
  std::vector<CoherentForecasts> finish(const Sums& sums);

 private:
  struct Added {
    std::vector<std::string> keys;
    std::vector<bool> non_negative;
    CoherentForecasts forecasts;
  };

  std::vector<int> blocks_;
  Reconciliation how_;
  std::vector<Added> added_;
};

// The last step alone, of forecasts that were made apart: those of `panel` become parts that add up to those of its sums, period by period,
// and the other way round. The sums end together, no later than any part; a part that ends later is known in the first periods, and where
// it goes on beyond their horizon stays as it is.
void reconcile(const Panel& panel, Forecasts& parts, const Panel& panel_of_sums, Forecasts& sums, const Sums& hierarchy,
               Reconciliation how);

// The series of `panel` from `from` to before `to`.
Panel part_of(const Panel& panel, std::size_t from, std::size_t to);
// Periods of `block` periods, counted from the end; the oldest incomplete one is left out, unless there is no other. One of which fewer
// than half are known is missing, otherwise the unknown ones are taken to be like the known.
Panel in_blocks(const Panel& panel, std::size_t block);

}  // namespace sinan::forecasting

// What forecasts go on from, night after night (forecasting/warm.hpp), as the table ops.forecast_states of the lake: read at the version
// that sales are read at, written with the forecasts. So a forecast follows from one version of the lake.
//
// One row per series and model version, and one without item and place for what all series of a version share. Rows change only when
// something is learnt anew.
#pragma once

#include "intelligence/forecasting/warm.hpp"
#include "operations/demand/demand.hpp"

namespace sinan::models {

// What a model version kept; without a state `cold` says why all is learnt anew: it is the version's first night, or the table is
// damaged, which costs time, but no forecast. A damaged table is replaced: the new one is to be committed in mode kReplace.
struct WarmStart {
  std::shared_ptr<const forecasting::WarmState> state;
  std::string cold;
  bool damaged = false;
};
Result<WarmStart> read_warm(fabric::Fabric& fabric, const std::string& model_version, lake::Version at, const CancelToken* cancel);

// To be committed in mode kMerge where nothing was damaged, with the states of all versions that forecast.
Result<std::unique_ptr<lake::Staged>> stage_warm(lake::Lake& lake);
Status append_warm(lake::Staged& staged, const demand::DemandPanel& panel, const std::string& model_version,
                   const forecasting::WarmState& state);

}  // namespace sinan::models

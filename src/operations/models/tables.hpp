// The registry as tables in SQL: ops.model_versions, ops.model_metrics, ops.model_scores (docs/canonical-model.md).
#pragma once

#include "operations/models/registry.hpp"

namespace sinan::models {

// To be committed with the forecasts. Versions and metrics are null where the lake says the same already; scores, where there are none.
struct StagedTables {
  std::unique_ptr<lake::Staged> versions, metrics, scores;
};
Result<StagedTables> stage_tables(lake::Lake& lake, const State& state, const std::vector<Score>& scores);

}  // namespace sinan::models

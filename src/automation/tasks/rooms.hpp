// What tasks work with: the rooms of one workspace. The runtime opens them; everything outlives the tasks.
#pragma once

#include "automation/workflow/task.hpp"
#include "base/workspace.hpp"
#include "data/fabric/fabric.hpp"
#include "data/master/master.hpp"
#include "data/quality/quality.hpp"
#include "data/sources/source.hpp"
#include "data/sync/sync.hpp"
#include "operations/decisions/decisions.hpp"
#include "operations/demand/demand.hpp"
#include "operations/inventory/config.hpp"
#include "operations/models/registry.hpp"
#include "operations/reports/archive.hpp"

namespace sinan::tasks {

struct Rooms {
  const Workspace& workspace;
  std::filesystem::path state_dir;
  const Clock& clock;  // the present of the workspace: the real time, --now, or the day after its newest data
  storage::Store& store;
  storage::Store& lasting;        // not `store` where that is a trial's: holds the history of runs, and vectors that were paid for
  std::filesystem::path reports;  // folder
  lake::Lake& lake;
  fabric::Fabric& fabric;
  sync::Sync& sync;
  const std::vector<sources::SourceConfig>& sources;
  std::function<Result<std::unique_ptr<sources::Source>>(const sources::SourceConfig&, const CancelToken*)> open_source;
  const quality::Config& quality;
  const std::vector<master::Entity>& entities;
  const demand::ForecastConfig& forecast;
  const inventory::PlanConfig& plan;
  decisions::Decisions& decisions;
  decisions::EffectExecutor& effects;
  models::Registry& models;
  std::function<Status()> data_changed;  // tells the clock of a workspace with `now: from_data`
  int threads = 1;
  std::string sinan_version;
};

// That model/`name`.sql is there, without which `what`, such as "demand is forecast from", has nothing to read; kPrecondition.
Status expect_view(const Rooms& rooms, std::string_view name, std::string_view what);

// All tasks of tasks.inc. With null they can be asked for their info, but not run.
std::vector<std::unique_ptr<workflow::Task>> make_tasks(Rooms* rooms);

}  // namespace sinan::tasks

// Composition: the rooms of one workspace, opened together and wired. The only place that knows how they fit.
#pragma once

#include "application/runtime/clock.hpp"
#include "automation/tasks/rooms.hpp"
#include "automation/workflow/engine.hpp"
#include "operations/reports/archive.hpp"
#include "platform/identity/identity.hpp"
#include "platform/storage/state_folder.hpp"

namespace sinan::runtime {

struct OpenOptions {
  std::filesystem::path directory;                 // the workspace, or a folder below it
  std::optional<std::filesystem::path> state_dir;  // default: .sinan in the workspace
  std::optional<Instant> now;                      // --now
  std::string as_user;                             // --as; empty: the owner
  bool may_begin_state = false;                    // whether a state_dir that is not there is made, not refused
};

// Thread-safe after open().
class Runtime {
 public:
  // kInvalidInput when the workspace has mistakes: nothing runs in one that does not check.
  static Result<std::unique_ptr<Runtime>> open(const OpenOptions& options);
  ~Runtime();

  const Workspace& workspace() const;
  const std::filesystem::path& state_dir() const;
  const Clock& clock() const;
  bool clock_stands() const;  // --now, or now: from_data
  // Where `now: from_data`: the present is that of the data by now, which another process may have synced.
  Status settle_clock();
  const Principal& user() const;  // who asks
  const identity::Directory& people() const;
  fabric::Fabric& fabric() const;
  decisions::Decisions& decisions() const;
  decisions::EffectExecutor& effects() const;
  models::Registry& models() const;
  const demand::ForecastConfig& forecast() const;
  workflow::Engine& engine() const;
  const std::vector<workflow::Workflow>& workflows() const;
  Result<const workflow::Workflow*> workflow(const std::string& name) const;
  reports::Archive reports() const;
  storage::Store& store() const;
  lake::Lake& lake() const;

  // Runs a workflow under the lock of the state folder; waits up to `wait` for another holder. A dry run works on a copy of the state:
  // of it remain its record among the runs, and its report.
  Result<workflow::RunRecord> run(const workflow::Workflow& workflow, workflow::RunRequest request, std::chrono::seconds wait);

  struct Parts;

 private:
  explicit Runtime(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Everything that can be said about a workspace before it runs; `online` also asks the sources. An error is only what keeps the folder from
// being read.
Result<std::vector<Diagnostic>> check(const std::filesystem::path& directory, bool online, const CancelToken* cancel);

// JSON Schemas of the workspace's files, by folder: "sources", "quality", …; "sinan" for sinan.yaml.
std::map<std::string, Json> schemas();

}  // namespace sinan::runtime

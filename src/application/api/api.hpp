// The HTTP API over one workspace: what routes need, and the list of all routes. The contract is api/openapi.yaml.
#pragma once

#include <functional>

#include "application/api/launcher.hpp"
#include "automation/workflow/engine.hpp"
#include "operations/decisions/decisions.hpp"
#include "operations/demand/live/live_demand.hpp"
#include "operations/reports/archive.hpp"
#include "platform/http/router.hpp"
#include "platform/identity/identity.hpp"

namespace sinan::api {

// Everything lives longer than the routes. Routes are called from several threads.
struct ApiContext {
  workflow::Engine* engine = nullptr;
  const std::vector<workflow::Workflow>* workflows = nullptr;
  Launcher* launcher = nullptr;  // starts runs; null: runs cannot be started here
  decisions::Decisions* decisions = nullptr;
  std::function<Result<decisions::Decision>(const std::string& id)> execute;  // tries the effect of an approved decision; may be empty
  reports::Archive reports{std::filesystem::path()};
  demand::LiveDemand* live = nullptr;  // follows sales; null: they are not followed here
  identity::Directory people;          // who may what
  Principal user;                      // whose token it is
  std::string name;                    // of the company
  Zone zone;
  const Clock* clock = nullptr;
  std::string version;
};

// The routes of every line in routes.inc.
std::vector<http::Route> routes(const ApiContext& context);

}  // namespace sinan::api

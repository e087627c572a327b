// Fills a daily report: from the run's steps, the record of decisions, and the canonical model at one lake version.
//
// What cannot be read (a table that is not there yet, a query that fails) becomes the `problem` of its section; the report is written
// all the same, because the morning after a failure is when it is needed most.
#pragma once

#include <map>

#include "base/cancel.hpp"
#include "base/workspace.hpp"
#include "data/fabric/fabric.hpp"
#include "operations/decisions/decisions.hpp"
#include "operations/demand/demand.hpp"
#include "operations/models/registry.hpp"
#include "operations/reports/report_data.hpp"

namespace sinan::reports {

// reports/daily.yaml.
struct ReportConfig {
  std::vector<YamlNode> assumptions;  // a text, or {en: …, zh: …}
  std::optional<Decimal> budget;      // for purchasing, per month, in the workspace's currency
  int rows = 8;                       // lines shown per table
};
const Shape<ReportConfig>& shape_of(const ReportConfig*);
ReportConfig read_report_config(const Workspace& workspace, Diagnostics& diagnostics);

struct CollectContext {
  const Workspace* workspace = nullptr;
  fabric::Fabric* fabric = nullptr;
  decisions::Decisions* decisions = nullptr;  // null: no decisions in the report
  const models::Registry* models = nullptr;   // null: nothing about forecast models
  demand::ContestConfig contest = {};         // when challengers are tested
  Principal principal;                        // "system:reports"
  lake::Version version = 0;                  // pinned
  Instant now;                                // logical time of the run
  Instant generated_at;                       // real time
  std::string sinan_version;
  RunSection run;                       // with the steps so far
  std::map<std::string, Json> outputs;  // of the run's steps, by task: "sync_sources" as sync_json(), "check_quality" as quality::to_json()
  const CancelToken* cancel = nullptr;
};

// An error only when cancelled.
Result<ReportData> collect(const CollectContext& context);

}  // namespace sinan::reports

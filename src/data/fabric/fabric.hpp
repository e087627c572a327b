// The fabric: one governed SQL view over live sources and the lake. Policy sits at the scan: what a principal may not see never
// enters the engine that runs their SQL.
//
// Thread-safe: queries run in parallel, each in an engine of its own.
#pragma once

#include "base/cancel.hpp"
#include "base/table.hpp"
#include "data/lake/lake.hpp"
#include "platform/identity/principal.hpp"

namespace sinan::fabric {

struct QueryOptions {
  std::optional<lake::Version> at;       // lake version to read; default: the current one
  std::vector<std::pair<std::string, std::string>> parameters;  // $name in the SQL, as text
  const CancelToken* cancel = nullptr;
  std::int64_t max_rows = 0;             // 0: no limit
  // Lake tables ("lake.erp_orders") read with the rows that quality holds back, and with their hidden number `_row` (BIGINT) as the last
  // column; owner and system principals only, others get kDenied.
  std::vector<std::string> with_rejected = {};
};

// A running query. Not thread-safe; ends its work when destroyed.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual const Schema& schema() const = 0;
  // False at the end.
  virtual Result<bool> next(Batch& batch) = 0;
};

// One governed scan of a query, for --explain.
struct ScanPlan {
  std::string table;                  // "erp.orders"
  std::string where;                  // "source erp (postgres)", "lake"
  std::vector<std::string> columns;
  std::vector<std::string> pushed;    // filters answered by the source
  std::vector<std::pair<std::string, std::string>> kept;  // filter, and why it was not pushed
  std::string remote;                 // the query sent
};
struct Explanation {
  std::vector<ScanPlan> scans;
  std::string plan;  // of the engine above the scans
};

class Fabric {
 public:
  virtual ~Fabric() = default;

  // One SELECT (or VALUES, or WITH … SELECT). Anything else, and functions that read files, settings or statistics, is kDenied.
  virtual Result<std::unique_ptr<Rows>> query(const Principal& principal, std::string_view sql, const QueryOptions& options = {}) = 0;
  virtual Result<Explanation> explain(const Principal& principal, std::string_view sql, const QueryOptions& options = {}) = 0;

  // Runs a SELECT and keeps its rows in a lake table ("ops.forecasts"); owner and system principals only.
  virtual Result<lake::Version> materialize(const Principal& principal, std::string_view sql, const std::string& table,
                                            const std::vector<std::string>& key, lake::Mode mode, const QueryOptions& options = {}) = 0;

  virtual lake::Lake& lake() = 0;
};

// All rows in memory; kLimit beyond `max_rows`.
Result<Table> query_table(Fabric& fabric, const Principal& principal, std::string_view sql, const QueryOptions& options = {},
                          std::int64_t max_rows = 10'000'000);

}  // namespace sinan::fabric

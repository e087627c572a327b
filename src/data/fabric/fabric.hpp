// The fabric: one governed SQL view over live sources and the lake. Policy sits at the scan: what a principal may not see never
// enters the engine that runs their SQL.
//
// Thread-safe: queries run in parallel, each in an engine of its own.
#pragma once

#include "base/cancel.hpp"
#include "base/table.hpp"
#include "data/catalog/catalog.hpp"
#include "data/lake/lake.hpp"
#include "data/sources/source.hpp"
#include "platform/identity/principal.hpp"

namespace sinan::fabric {

struct QueryOptions {
  std::optional<lake::Version> at;                              // lake version to read; default: the current one
  std::vector<std::pair<std::string, std::string>> parameters;  // $name in the SQL, as text
  const CancelToken* cancel = nullptr;
  std::int64_t max_rows = 0;  // 0: no limit
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

// One governed scan of a query, for --explain. Callers who are neither owner nor system see only what they asked for themselves:
// `remote`, and row filters in `pushed`, are left out.
struct ScanPlan {
  std::string table;                                      // "erp.orders"
  std::string where;                                      // "source erp (postgres)", "lake"
  std::vector<std::string> columns;                       // read, as the caller may see them
  std::vector<std::string> pushed;                        // conditions answered by the source or the lake
  std::vector<std::pair<std::string, std::string>> kept;  // condition, and why it was not pushed
  std::string remote;                                     // the query sent
};
struct Explanation {
  std::vector<ScanPlan> scans;
  std::string plan;  // of the engine above the scans
};

class Fabric {
 public:
  virtual ~Fabric() = default;

  // One SELECT (or VALUES, or WITH … SELECT). Anything else, and functions that read files, settings or statistics, is kDenied.
  // Times of now() and current_date come from the fabric's clock. A table that the caller may not see is as if it were not there:
  // kNotFound for owner and system, kDenied for others, in the same words for both cases.
  virtual Result<std::unique_ptr<Rows>> query(const Principal& principal, std::string_view sql, const QueryOptions& options = {}) = 0;
  virtual Result<Explanation> explain(const Principal& principal, std::string_view sql, const QueryOptions& options = {}) = 0;
  // The lake tables that a query reads, also below its views, as they are at its version: where none has another version, and no view
  // another text, the query finds the same. kPrecondition: it reads a live table, which has no version. Owner and system principals only.
  virtual Result<std::vector<lake::TableVersion>> reads(const Principal& principal, std::string_view sql,
                                                        const QueryOptions& options = {}) = 0;

  // Runs a SELECT and keeps its rows in a lake table ("ops.forecasts"); owner and system principals only.
  virtual Result<lake::Version> materialize(const Principal& principal, std::string_view sql, const std::string& table,
                                            const std::vector<std::string>& key, lake::Mode mode, const QueryOptions& options = {}) = 0;

  // The tables that the principal may read, as they see them, in order of name. Views and sources that cannot be described now are left
  // out; their errors go to `problems` when it is given.
  virtual Result<std::vector<catalog::TableEntry>> tables(const Principal& principal, const QueryOptions& options = {},
                                                          std::vector<Error>* problems = nullptr) {
    (void)principal, (void)options, (void)problems;
    return fail(ErrorCode::kUnsupported, "this fabric does not list its tables");
  }
  // One of them; errors as of query().
  virtual Result<catalog::TableEntry> describe(const Principal& principal, const std::string& table, const QueryOptions& options = {}) {
    (void)principal, (void)options;
    return fail(ErrorCode::kUnsupported, "this fabric does not describe its tables", table);
  }

  virtual lake::Lake& lake() = 0;
};

// A source as the fabric uses it: each query opens an instance of its own, when it needs one.
struct SourceHandle {
  std::string name;  // "erp"
  std::string kind;  // "postgres"
  // Its work ends soon after `cancel` (may be null) is set, which outlives it.
  std::function<Result<std::unique_ptr<sources::Source>>(const CancelToken* cancel)> open;
};

// What a fabric is made of. Pointers must outlive it.
struct FabricContext {
  const Workspace* workspace = nullptr;  // views of model/, and `tables:` of policies/
  std::vector<SourceHandle> sources;
  lake::Lake* lake = nullptr;
  std::filesystem::path lake_dir;  // where its files lie
  const Clock* clock = nullptr;
  std::string mask_key;               // secret bytes for hash masks, at least 16
  std::int64_t memory_mb = 1024;      // of each query
  std::int64_t threads = 0;           // of each query; 0: all cores
  std::filesystem::path temp_dir;     // for work larger than memory; empty: none
  std::chrono::seconds timeout{600};  // of a query of anybody but owner and system
  bool push = true;                   // false: sources get no conditions; only to compare with
};

// Mistakes in views and policies go to `diagnostics`; a rule that cannot be read closes its table for its role.
Result<std::unique_ptr<Fabric>> open(FabricContext context, Diagnostics& diagnostics);

// What `sinan check` says about model/*.sql and `tables:` of policies/*.yaml: unknown roles, tables and columns, row filters that do not
// compute, masks that do not fit, policies on views. Tables of the lake that are not there yet are not mistakes.
void check(const Workspace& workspace, Fabric& fabric, Diagnostics& diagnostics);

// JSON Schema of the key `tables:` of policies/*.yaml.
Json policy_schema();

// Outside a workspace: runs one SELECT that reads files named in the SQL ("SELECT … FROM 'sales.csv'"). kDenied for all else.
// `written`: where its rows will go, if into a file; kInvalidInput where that is one of those it reads.
Result<std::unique_ptr<Rows>> query_files(std::string_view sql, const QueryOptions& options = {},
                                          const std::filesystem::path& written = {});

// All rows in memory; kLimit beyond `max_rows`.
Result<Table> query_table(Fabric& fabric, const Principal& principal, std::string_view sql, const QueryOptions& options = {},
                          std::int64_t max_rows = 10'000'000);

}  // namespace sinan::fabric

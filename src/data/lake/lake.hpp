// The lake: tables as immutable Parquet files, with a catalogue of versions in the store.
//
// A table is named schema.table ("lake.erp_orders", "ops.forecasts", "master.customers"). Each commit makes one new lake version (a
// number that only grows) and may touch several tables; a reader pins a version and sees exactly that. Every stored row has a hidden
// number `_row`, unique within its table for ever; deletions and rejections are lists of such numbers. Files become visible only by the
// store transaction that commits them; files of a crash are removed by vacuum(). Reading is thread-safe; commits of one lake are
// serialised, and a commit that meets another process's gives kConflict.
#pragma once

#include "base/cancel.hpp"
#include "base/json.hpp"
#include "base/table.hpp"
#include "base/time.hpp"
#include "platform/storage/store.hpp"

namespace sinan::lake {

using Version = std::int64_t;

struct TableVersion {
  std::string name;
  Version version = 0;  // of the last commit that touched it
  Schema schema;        // without `_row`
  std::vector<std::string> key;
  std::int64_t rows = 0;      // visible
  std::int64_t rejected = 0;  // held back by quality rules
  Instant committed_at;
};

// Rows on their way into one table; not visible before its commit. Not thread-safe.
class Staged {
 public:
  virtual ~Staged() = default;
  virtual Status append(const Batch& batch) = 0;
  virtual std::int64_t rows() const = 0;
  // Closes the file and makes it durable, which frees its memory; commit() does it for those that are still open. May be called again.
  virtual Status finish() { return {}; }
  // Size of the finished file.
  virtual std::int64_t bytes() const { return 0; }
};

enum class Mode : std::uint8_t {
  kAppend,   // add the rows
  kUpsert,   // by key: replace the row with the same key, add the others; of equal keys in one load, the last wins
  kReplace,  // the rows are the whole table now
  kMerge,    // as kUpsert, and rows whose key is not among the new ones are deleted
};
// With kUpsert and kMerge a row that did not change keeps its `_row` and costs no space. Null key values are equal to each other.

// What a load did to its table.
struct LoadCounts {
  std::int64_t read = 0;
  std::int64_t inserted = 0;
  std::int64_t changed = 0;
  std::int64_t deleted = 0;
};

struct Options {
  std::int64_t memory_mb = 1024;  // for merging; beyond it, work spills beside the files
  std::int64_t threads = 0;       // 0: all cores
};

class Lake {
 public:
  // `dir` holds the files, `store` the catalogue.
  static Result<std::unique_ptr<Lake>> open(const std::filesystem::path& dir, storage::Store& store, const Clock& clock,
                                            const Options& options = {});
  virtual ~Lake() = default;

  // The newest version, also of other processes' commits.
  virtual Version current() const = 0;
  virtual Result<std::vector<TableVersion>> tables(Version at) const = 0;
  virtual Result<TableVersion> table(const std::string& name, Version at) const = 0;

  // A SQL expression for DuckDB's FROM that yields the visible rows of the table at that version, with `_row` as the last column:
  // "(SELECT … FROM read_parquet([…]) …)". `with_rejected` includes what quality rules held back.
  virtual Result<std::string> scan_sql(const std::string& name, Version at, bool with_rejected = false) const = 0;

  virtual Result<std::unique_ptr<Staged>> stage(const std::string& name, const Schema& schema, const std::vector<std::string>& key) = 0;

  struct Load {
    std::unique_ptr<Staged> staged;  // may be null: only deletions
    Mode mode = Mode::kAppend;
    std::string table;                                  // name, when there are only deletions
    std::vector<std::unique_ptr<Staged>> deleted_keys;  // tables of key columns: rows to delete
    std::unique_ptr<Staged> present_keys;               // table of key columns, with kUpsert: rows with other keys are deleted
    LoadCounts* counts = nullptr;                       // filled when the commit succeeds
  };
  // Commits all loads at once (at most one load a table), together with whatever `also` writes to the store, in one transaction: either all
  // is there or nothing. A table in which nothing changed keeps its version. A schema that grew (new nullable columns, wider types) is
  // followed; one that cannot be reconciled is kConflict and names the column.
  virtual Result<Version> commit(std::vector<Load> loads, const std::function<Status(storage::Session&, Version)>& also = {}) = 0;
  // Sets which rows of a table quality holds back (all of them, replacing the previous list).
  virtual Result<Version> reject(const std::string& name, const std::vector<std::int64_t>& rows,
                                 const std::function<Status(storage::Session&, Version)>& also = {}) = 0;

  // Removes files that no version younger than `keep` needs, and those of crashes; rewrites tables with many small files.
  virtual Status vacuum(std::chrono::seconds keep) = 0;
};

}  // namespace sinan::lake

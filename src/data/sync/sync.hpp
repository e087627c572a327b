// Reads what changed in the sources into the lake: `lake.<source>_<table>`, each row once, with its position.
//
// All tables of one source are read in one snapshot and committed at once, rows and positions in one transaction: a crash at any moment
// leaves the state before or after. Memory does not grow with the rows.
//
// A table whose definition changed in the source is read anew as a whole. New columns and wider types are followed, and so is whatever
// the workspace itself asks for (`columns:`, `types:`, `key:`, `cursor:`) and what the sniffing of files finds. A column that is gone
// or became narrower, where nobody asked for it, is kPrecondition: it names the table, the change and the way out, and nothing is read.
#pragma once

#include "base/cancel.hpp"
#include "data/lake/lake.hpp"
#include "data/sources/source.hpp"

namespace sinan::sync {

struct TableReport {
  std::string source;
  std::string table;       // in the source, as the workspace names it
  std::string lake_table;  // "lake.erp_orders"
  lake::LoadCounts counts;
  std::int64_t bytes = 0;          // of the rows read, as compressed Parquet
  std::string position;            // where the next read begins: JSON of the connector
  bool whole = false;              // the whole table was read, not only its changes
  std::vector<std::string> notes;  // schema changes that were followed, values that could not be read as they are
  std::chrono::duration<double> duration{};
};

struct SourceReport {
  std::string source;
  bool consistent = false;  // all tables were read in one state of the source
  std::vector<TableReport> tables;
  lake::Version version = 0;  // the lake version that holds the rows
  std::chrono::duration<double> duration{};
};

// "lake.erp_sales_orders" for the table "sales.orders" of "erp".
std::string lake_table(const std::string& source, const std::string& table);

class Sync {
 public:
  static Result<std::unique_ptr<Sync>> open(storage::Store& store, lake::Lake& lake, const Clock& clock);

  // Reads one source. Errors leave everything as it was; kUnavailable and kTimeout are worth a retry.
  Result<SourceReport> read(const sources::SourceConfig& config, sources::Source& source, const CancelToken& cancel);

  // When the source was last read completely; nullopt if never.
  Result<std::optional<Instant>> last_read(const std::string& source) const;

 private:
  Sync(storage::Store& store, lake::Lake& lake, const Clock& clock) : store_(store), lake_(lake), clock_(clock) {}

  storage::Store& store_;
  lake::Lake& lake_;
  const Clock& clock_;
};

}  // namespace sinan::sync

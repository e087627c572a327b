// A source: one system of the company, read as tables. Every connector implements Source; what it can do beyond reading, it says in
// its capabilities.
//
// Six functions are mandatory: discover, describe, snapshot on Source; scan and consistent on Snapshot; next on Scan. Pushing filters,
// telling changes apart and writing are optional. The place of an error is path:line in a text file, source.table.column elsewhere, as far
// as it is known. Instances belong to one thread at a time; different instances of one source may be used in parallel.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/cancel.hpp"
#include "base/filter.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "base/table.hpp"
#include "base/time.hpp"
#include "base/workspace.hpp"

namespace sinan::sources {

// The filters of base/filter.hpp, by the names that connectors use.
using sinan::CompareOp;
using sinan::Filter;
using sinan::Pushdown;
using sinan::Value;

struct TableInfo {
  std::string name;  // as the workspace names it: "orders", or "sales.orders" beyond the default schema
  // Names of columns are unique without regard to case, which SQL here ignores; configured.hpp refuses a table where they are not.
  Schema schema;
  std::vector<std::string> key;  // primary or unique key; empty if none is known
  std::optional<std::uint64_t> estimated_rows;
  std::string comment;
};

struct ScanRequest {
  std::string table;
  std::vector<std::string> columns;  // in the order wanted; may be empty: only the number of rows matters
  std::vector<Filter> filters;       // all must hold; only such as pushdown() answered kExact or kSuperset for
};

// Values that a source can hold and a column of that type cannot (zero dates, NaN in a decimal, infinity as a date): read as null, and
// counted. With `odd_values: refuse` in the source's YAML they are an error instead.
struct Warning {
  std::string table;
  std::string column;
  std::string what;  // "a zero date, read as null"
  std::uint64_t count = 0;
};

// A stream of batches, in no particular order.
class Scan {
 public:
  static constexpr std::size_t kMostRows = 4096;  // of a batch; 2,048 is usual

  virtual ~Scan() = default;
  // Fills `batch` (columns as requested; previous contents are dropped). False at the end, and whenever it is called again after it; after
  // an error it is not called again. Looks at OpenContext::cancel each time. With no columns requested, the batch has one column of type
  // kBool, so that the rows can be counted.
  virtual Result<bool> next(Batch& batch) = 0;
  // What was read otherwise than it stands in the source; complete at the end.
  virtual std::vector<Warning> warnings() const { return {}; }
};

// Where an incremental read stands: opaque JSON of the connector, kept by sync in the transaction that keeps the rows.
struct Position {
  Json state;  // null: from the beginning
};

// How changes of one table are seen; from the table's YAML.
struct ChangeOptions {
  std::string table;
  std::vector<std::string> columns;  // in the order wanted
  std::vector<std::string> key;      // empty: no row can be named, so only whole reads and appended files are possible
  std::string cursor;                // a column that grows with every insert or update; empty: by full comparison
  bool deletions = true;             // with a cursor: whether to read the keys of all rows, to see which are gone
};

// What changed since a position. `upserts` holds new and changed rows, with all columns asked for. When there is a key, rows may
// come again (a superset): the key tells; without one, every row comes once. Read `upserts` to its end before `present_keys`.
struct Changes {
  std::unique_ptr<Scan> upserts;
  bool replaces_all = false;  // upserts is the whole table: what is not in it is gone
  std::unique_ptr<Scan>
      present_keys;  // the key of every row that there is now: what is not in it is gone. Null: no row is gone, or replaces_all
};

// A consistent view: all reads of one Snapshot see the same state of the source, as far as the source can (`consistent()`).
// Scans must end before their snapshot does; several may be open at once. A source that keeps no old states, as files, refuses with
// kConflict what changed since its snapshot: both when the scan begins and when it ends.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  // False where the source cannot promise that, as MariaDB for tables without transactions; sync reports it.
  virtual bool consistent() const = 0;
  virtual Result<std::unique_ptr<Scan>> scan(const ScanRequest& request) = 0;
  // Reads what changed in one table since `since`. `next` becomes the position to keep, in the transaction that keeps all the rows.
  // Nothing that is committed in the source by now is ever missed, also when its transaction began before `since` was taken. A connector
  // that cannot tell changes reads the whole table.
  virtual Result<Changes> changes(const ChangeOptions& options, const Position& since, Position& next);
};

// Writes rows into one table of the source, exactly once per idempotency key.
struct WriteRequest {
  std::string table;
  std::string idempotency_column;  // unique in the source
  std::string idempotency_key;
  std::vector<std::pair<std::string, Value>> values;  // other columns
};
enum class WriteOutcome : std::uint8_t { kWritten, kAlreadyThere };

class Writer {
 public:
  virtual ~Writer() = default;
  // Proves that the table may take such rows: columns exist, types fit, the idempotency column is unique.
  virtual Status check(const std::string& table, const std::string& idempotency_column, const std::vector<std::string>& columns) = 0;
  // Returns after the source has made the row durable. A row with the same key that is there already is left as it is.
  virtual Result<WriteOutcome> write(const WriteRequest& request) = 0;
};

// Tables under the names of the source. The names, keys and columns that a workspace gives are applied above it (configured.hpp); types
// that it pins are the connector's to apply, in describe() and scans (pinned_types() in options.hpp).
class Source {
 public:
  virtual ~Source() = default;
  // All tables, in order of name. A file that cannot be read is an error, for a list without it would pass for all there is; then
  // describe() still answers for the others. A database lists what its user can read; what the workspace names and is not there,
  // configured.hpp tells (kPrecondition).
  virtual Result<std::vector<TableInfo>> discover() = 0;
  // kNotFound lists the nearest tables that there are.
  virtual Result<TableInfo> describe(const std::string& table) = 0;
  // Does not fail for one table that cannot be read: the scan of that table does, and queries of the others go on.
  virtual Result<std::unique_ptr<Snapshot>> snapshot() = 0;

  // Asked before a scan; must not touch the network (describe() has been called for the table).
  virtual Pushdown pushdown(const std::string& table, const Filter& filter) const;
  // The query that a scan will send, for --explain; empty if there is none.
  virtual std::string explain(const ScanRequest& request) const;
  virtual std::unique_ptr<Writer> writer() { return nullptr; }
};

// What one table of a source is, from the workspace: `tables:` in sources/*.yaml.
struct TableConfig {
  Located<std::string> table;                         // name in the source; default: the key in `tables:`
  std::vector<Located<std::string>> key;              // default: what the source says
  Located<std::string> cursor;                        // column that grows with every change
  std::vector<Located<std::string>> columns;          // default: all
  std::map<std::string, Located<std::string>> types;  // pinned types: the connector applies them
  std::string deletions = "keys";                     // with a cursor: read all "keys" to see which rows are gone, or "ignore"
  std::vector<YamlNode::Entry> options;               // of the kind: path, format, delimiter, …
  Place place;
};

// sources/NAME.yaml. `options` are the keys that the kind reads.
struct SourceConfig {
  std::string name;  // the file's name
  Located<std::string> kind;
  std::map<std::string, TableConfig> tables;  // empty: all that are discovered
  struct Write {
    Located<std::string> table;                           // default: the key in `writes:`
    std::map<std::string, Located<std::string>> columns;  // column in the source: field of the order (see docs/canonical-model.md)
    Located<std::string> idempotency_key;                 // the column
  };
  std::map<std::string, Write> writes;  // "purchase_orders", "transfers"
  std::vector<YamlNode::Entry> options;
  Place place;
};
const Shape<TableConfig>& shape_of(const TableConfig*);
const Shape<SourceConfig::Write>& shape_of(const SourceConfig::Write*);
const Shape<SourceConfig>& shape_of(const SourceConfig*);

struct OpenContext {
  std::filesystem::path base_dir;    // relative paths start here
  Zone zone;                         // for times without an offset
  std::chrono::seconds timeout{60};  // without any answer
  const CancelToken* cancel = nullptr;
};

// One connector: a line in connectors.inc.
struct ConnectorInfo {
  std::string kind;           // "postgres"
  std::string summary;        // one sentence
  Json options_schema;        // JSON Schema of its options: schema_of_options() in options.hpp
  Json table_options_schema;  // and of those of each table; an empty object if it has none
  // Checks the options without opening anything; every mistake goes to `diagnostics`.
  void (*check)(const SourceConfig& config, Diagnostics& diagnostics);
  Result<std::unique_ptr<Source>> (*open)(const SourceConfig& config, const OpenContext& context);
};

const std::vector<ConnectorInfo>& connectors();

// All sources/*.yaml, in order of name, checked as far as that goes without opening anything; mistakes go to `diagnostics`, and files
// with mistakes are left out.
std::vector<SourceConfig> read_configs(const Workspace& workspace, Diagnostics& diagnostics);
// How the changes of a table, as describe() tells it, are to be read.
ChangeOptions change_options(const SourceConfig& config, const TableInfo& table);
// Opens the source as configured: its tables carry the names, keys, columns and types that `config` gives them.
Result<std::unique_ptr<Source>> open_source(const SourceConfig& config, const OpenContext& context);
// Opens the source and proves the configuration against it: tables, columns, keys, cursors, writes. A source that cannot be reached
// is a diagnostic too (code "unreachable").
void check_source(const SourceConfig& config, const OpenContext& context, Diagnostics& diagnostics);
// The JSON Schema of sources/*.yaml.
Json config_schema();

}  // namespace sinan::sources

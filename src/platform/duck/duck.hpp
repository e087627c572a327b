// DuckDB, wrapped once: in-memory engines with limits, queries that stream as base Batches, tables that are streamed in from C++, and
// Parquet files written batch by batch. No DuckDB type leaves this room.
//
//   SINAN_TRY(auto database, duck::Database::open({.memory_mb = 512}));
//   SINAN_TRY(auto connection, database.connect());
//   SINAN_TRY(auto reader, connection.query("SELECT * FROM read_csv('sales.csv')"));
//   Batch batch;
//   for (;;) {
//     SINAN_TRY(bool more, reader->next(batch));
//     if (!more) break;
//     …
//   }
//
// Errors carry DuckDB's first line: what the SQL or a file did wrong is kInvalidInput, a file that is not there kNotFound, memory, disk
// and temporary space kLimit, an interrupted query kCancelled. An Error of a streamed-in table comes back as it was.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.hpp"
#include "base/filter.hpp"
#include "base/table.hpp"

namespace sinan::duck {

struct Options {
  std::int64_t memory_mb = 1024;                         // beyond it, work spills to `temp_dir`
  std::int64_t threads = 0;                              // 0: all cores
  std::filesystem::path temp_dir;                        // empty: no spilling, the limit is an error
  bool files = true;                                     // whether SQL may read and write files; cannot be switched on again
  std::vector<std::filesystem::path> allowed_dirs = {};  // folders that SQL may read even with files = false
};

// Rows as they come. Not thread-safe, but may be moved to another thread. Keeps its connection and database alive; ends the work when
// destroyed.
//
// Types that base/table.hpp lacks arrive as: unsigned 64-bit integers decimal(20,0); 128-bit ones (sums of integers) decimal(38,0);
// real as double; timestamps of any precision, with or without time zone, as timestamp in UTC; anything else (times, intervals,
// lists, structs, JSON, enums, UUIDs) as text.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual const Schema& schema() const = 0;
  // Fills `batch` with up to 2,048 rows (a Reader written elsewhere: up to 64 K); previous contents are dropped. False at the end.
  virtual Result<bool> next(Batch& batch) = 0;
};

// What a query wants of a table that is streamed in.
struct StreamRequest {
  std::vector<std::size_t> columns;  // indices into the schema, in the order wanted; never empty
  std::vector<Filter> filters;       // all must hold; only such as pushdown() answered kExact or kSuperset for
};

// A table that lives outside the engine. open() is called once for each time that a query reads the table, from any thread.
class TableProvider {
 public:
  virtual ~TableProvider() = default;
  virtual const Schema& schema() const = 0;
  // Shown in plans.
  virtual std::string name() const = 0;
  // kExact: open() answers the filter and the engine forgets it; kSuperset: the engine applies it once more. May be asked repeatedly.
  virtual Pushdown pushdown(const Filter&) const { return Pushdown::kNone; }
  // For the order of joins; nullopt keeps the size from the planner.
  virtual std::optional<std::uint64_t> estimated_rows() const { return std::nullopt; }
  // A filter that could not be handed down, as SQL, with the reason: for explanations. Called while planning.
  virtual void kept(const std::string&, const std::string&) const {}
  // The batches must have exactly the requested columns, in the types of the schema.
  virtual Result<std::unique_ptr<Reader>> open(const StreamRequest& request) const = 0;
};

struct QueryOptions {
  std::vector<std::pair<std::string, std::string>> parameters;  // $name in the SQL; text, cast to what the SQL needs
  const CancelToken* cancel = nullptr;                          // must outlive the reader
  // Past it, the query ends with kTimeout; by the steady clock.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
  // Every batch has exactly 2,048 rows, but the last: how the rows lay in files and chunks leaves no trace.
  bool even = false;
};

// One session with a database. Not thread-safe; one query at a time: a new one ends the reader of the one before.
class Connection {
 public:
  // Runs statements and drops their rows.
  Status run(std::string_view sql);
  // Plans and starts one statement. One that changes something has done so when its reader has been read to the end.
  Result<std::unique_ptr<Reader>> query(std::string_view sql, const QueryOptions& options = {});
  // The columns that a query would have, without running it.
  Result<Schema> describe(std::string_view sql);
  // The rows changed by one INSERT, UPDATE, DELETE or COPY.
  Result<std::int64_t> execute(std::string_view sql);
  // All rows in memory; kLimit beyond `max_rows`.
  Result<Table> table(std::string_view sql, std::int64_t max_rows = 10'000'000);
  // Ends what runs, from any thread.
  void interrupt();

  struct State;
  explicit Connection(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

// Keeps a TableProvider readable in all connections of its database, by the FROM expression sql(), while it lives.
class TableHandle {
 public:
  const std::string& sql() const { return sql_; }

  TableHandle(std::string sql, std::shared_ptr<const void> registration) : sql_(std::move(sql)), registration_(std::move(registration)) {}

 private:
  std::string sql_;
  std::shared_ptr<const void> registration_;
};

// An empty in-memory engine. A cheap handle, thread-safe; the engine ends with its last handle, connection and reader.
// Extensions are never loaded or installed; ICU, JSON and Parquet are built in. The time zone of SQL is UTC.
class Database {
 public:
  static Result<Database> open(const Options& options);
  Result<Connection> connect() const;
  TableHandle add_table(std::shared_ptr<const TableProvider> provider) const;
  // A scalar function from text to text, of one argument; null gives null. `function` is called from many threads.
  Status add_text_function(const std::string& name, std::function<std::string(std::string_view)> function) const;
  // After this no setting can be changed any more, in any connection.
  Status lock_configuration() const;

  struct State;
  explicit Database(std::shared_ptr<State> state) : state_(std::move(state)) {}
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

struct ParquetOptions {
  std::int64_t row_group_rows = 122'880;
};

// Writes one Parquet file (zstd), in the order of the rows, with bounded memory: encoding runs on a thread of its own.
// Not thread-safe. Without finish() the unfinished file is removed. Making the file durable (fsync, rename) is the caller's.
class ParquetWriter {
 public:
  static Result<std::unique_ptr<ParquetWriter>> create(const Database& database, const std::filesystem::path& file, const Schema& schema,
                                                       const ParquetOptions& options = {});
  virtual ~ParquetWriter() = default;
  // May block until earlier batches are encoded. After an error, the next calls give the same one.
  virtual Status append(Batch batch) = 0;
  // Closes the file; returns its rows.
  virtual Result<std::int64_t> finish() = 0;
};

// "name" and 'text', with quotes doubled, for SQL.
std::string quote_name(std::string_view name);
std::string quote_text(std::string_view text);
// A constant as SQL, in its type.
std::string literal(const Value& value);
// A filter as a SQL condition on its quoted column.
std::string condition(const Filter& filter);

}  // namespace sinan::duck

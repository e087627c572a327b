// The lake's catalogue in the store: which files make up a table at a version.
#pragma once

#include "data/lake/lake.hpp"

namespace sinan::lake {

enum class FileKind : std::uint8_t {
  kData,      // rows, with `_row`
  kDeleted,   // `_row` of rows that are gone
  kRejected,  // `_row` of rows that quality holds back; one such file at a time
};

struct File {
  std::string path;  // relative to the lake's folder
  FileKind kind = FileKind::kData;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::string schema;  // of a data file, as JSON
};

// A table as of a version.
struct TableState {
  TableVersion info;
  std::vector<File> files;

  std::vector<const File*> of(FileKind kind) const;
  std::int64_t rows_in(FileKind kind) const;
};

// What a commit changes about one table.
struct TableChange {
  TableState after;                  // info.version and committed_at are set by write()
  std::vector<std::string> removed;  // paths that belong to it no longer
  std::vector<std::string> added;    // paths of after.files that are new
  Version based_on = 0;              // version of the table that the change was worked out from; 0: there was none
};

const storage::Migrations& migrations();

Result<Version> current_version(storage::Session& session);
// kNotFound when there is no such table at that version.
Result<TableState> read_table(storage::Session& session, const std::string& name, Version at);
Result<std::vector<TableVersion>> read_tables(storage::Session& session, Version at);

// Makes the next version; kConflict when a table has moved on since `based_on`.
Result<Version> write(storage::Session& session, std::vector<TableChange>& changes, Instant now);

// Forgets versions that ended before `before` and returns the paths that no remaining version needs.
Result<std::vector<std::string>> forget(storage::Session& session, Instant before);
Result<std::vector<std::string>> all_paths(storage::Session& session);

// Reserves `count` row numbers of a table that nobody else gets, for ever; returns the first.
Result<std::int64_t> reserve_rows(storage::Store& store, const std::string& name, std::int64_t count);

std::string schema_json(const Schema& schema);
Result<Schema> parse_schema(std::string_view json);

}  // namespace sinan::lake

#include "data/lake/catalogue.hpp"

namespace sinan::lake {
namespace {

using storage::Row;
using storage::Session;

constexpr Version kStillThere = INT64_MAX;

Result<Instant> read_instant(const Row& row, int column) { return parse_instant(row.text(column)); }

Status read_version_row(const Row& row, TableState& state) {
  state.info.name = row.text(0);
  state.info.version = row.integer(1);
  SINAN_TRY(state.info.schema, parse_schema(row.text(2)));
  SINAN_TRY(Json key, parse_json(row.text(3)));
  state.info.key = key.get<std::vector<std::string>>();
  state.info.rows = row.integer(4);
  state.info.rejected = row.integer(5);
  SINAN_TRY(state.info.committed_at, read_instant(row, 6));
  return {};
}

constexpr std::string_view kVersionColumns =
    "t.name, t.version, t.schema, t.key, t.rows, t.rejected, v.committed_at FROM lake_tables t JOIN lake_versions v USING "
    "(version)";

}  // namespace

std::vector<const File*> TableState::of(FileKind kind) const {
  std::vector<const File*> out;
  for (const File& file : files)
    if (file.kind == kind) out.push_back(&file);
  return out;
}

std::int64_t TableState::rows_in(FileKind kind) const {
  std::int64_t rows = 0;
  for (const File* file : of(kind)) rows += file->rows;
  return rows;
}

const storage::Migrations& migrations() {
  static const storage::Migrations kMigrations{
      "lake",
      {"CREATE TABLE lake_versions (version INTEGER PRIMARY KEY, committed_at TEXT NOT NULL) STRICT;"
       // One row for each version in which a table changed.
       "CREATE TABLE lake_tables (name TEXT NOT NULL, version INTEGER NOT NULL, schema TEXT NOT NULL, key TEXT NOT NULL, rows INTEGER NOT "
       "NULL,"
       " rejected INTEGER NOT NULL, next_row INTEGER NOT NULL, PRIMARY KEY (name, version)) STRICT, WITHOUT ROWID;"
       // A file belongs to its table in versions added ≤ v < removed.
       "CREATE TABLE lake_files (path TEXT PRIMARY KEY, name TEXT NOT NULL, kind INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER "
       "NOT NULL,"
       " schema TEXT NOT NULL, added INTEGER NOT NULL, removed INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
       "CREATE INDEX lake_files_by_name ON lake_files (name, added)",
       // Row numbers are reserved in blocks, so that processes never hand out the same one.
       "CREATE TABLE lake_numbers (name TEXT PRIMARY KEY, next_row INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
       "INSERT INTO lake_numbers SELECT name, max(next_row) FROM lake_tables GROUP BY name;"
       "ALTER TABLE lake_tables DROP COLUMN next_row"},
  };
  return kMigrations;
}

Result<Version> current_version(Session& session) {
  Version version = 0;
  SINAN_CHECK(session.query("SELECT COALESCE(MAX(version), 0) FROM lake_versions", {}, [&](const Row& row) -> Status {
    version = row.integer(0);
    return {};
  }));
  return version;
}

Result<TableState> read_table(Session& session, const std::string& name, Version at) {
  TableState state;
  bool found = false;
  SINAN_CHECK(session.query(fmt::format("SELECT {} WHERE t.name = ? AND t.version <= ? ORDER BY t.version DESC LIMIT 1", kVersionColumns),
                            {name, at}, [&](const Row& row) -> Status {
                              found = true;
                              return read_version_row(row, state);
                            }));
  if (!found) return fail(ErrorCode::kNotFound, "the lake has no such table", name);
  SINAN_CHECK(session.query(
      "SELECT path, kind, rows, bytes, schema FROM lake_files WHERE name = ? AND added <= ? AND removed > ? ORDER BY added, path",
      {name, at, at}, [&](const Row& row) -> Status {
        state.files.push_back({row.text(0), static_cast<FileKind>(row.integer(1)), row.integer(2), row.integer(3), row.text(4)});
        return {};
      }));
  return state;
}

Result<std::vector<TableVersion>> read_tables(Session& session, Version at) {
  std::vector<TableVersion> out;
  SINAN_CHECK(session.query(
      fmt::format(
          "SELECT {} WHERE t.version = (SELECT MAX(l.version) FROM lake_tables l WHERE l.name = t.name AND l.version <= ?) ORDER BY t.name",
          kVersionColumns),
      {at}, [&](const Row& row) -> Status {
        TableState state;
        SINAN_CHECK(read_version_row(row, state));
        out.push_back(std::move(state.info));
        return {};
      }));
  return out;
}

Result<Version> write(Session& session, std::vector<TableChange>& changes, Instant now) {
  SINAN_TRY(Version version, current_version(session));
  ++version;
  SINAN_CHECK(session.execute("INSERT INTO lake_versions VALUES (?, ?)", {version, format_rfc3339(now)}));
  for (TableChange& change : changes) {
    TableVersion& info = change.after.info;
    auto before = read_table(session, info.name, version);
    Version there = before ? before->info.version : 0;
    if (!before && before.error().code != ErrorCode::kNotFound) return fail(std::move(before).error());
    if (there != change.based_on) return fail(ErrorCode::kConflict, "the table was changed by another run meanwhile; run again", info.name);
    info.version = version;
    info.committed_at = now;
    SINAN_CHECK(session.execute("INSERT INTO lake_tables VALUES (?, ?, ?, ?, ?, ?)",
                                {info.name, version, schema_json(info.schema), Json(info.key).dump(), info.rows, info.rejected}));
    for (const std::string& path : change.removed)
      SINAN_CHECK(session.execute("UPDATE lake_files SET removed = ? WHERE path = ?", {version, path}));
    for (const File& file : change.after.files)
      if (std::find(change.added.begin(), change.added.end(), file.path) != change.added.end())
        SINAN_CHECK(session.execute(
            "INSERT INTO lake_files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            {file.path, info.name, static_cast<std::int64_t>(file.kind), file.rows, file.bytes, file.schema, version, kStillThere}));
  }
  return version;
}

Result<std::vector<std::string>> forget(Session& session, Instant before) {
  // The newest version that is old enough to be the oldest one kept.
  Version oldest = 0;
  SINAN_CHECK(session.query("SELECT COALESCE(MAX(version), 0) FROM lake_versions WHERE committed_at <= ?", {format_rfc3339(before)},
                            [&](const Row& row) -> Status {
                              oldest = row.integer(0);
                              return {};
                            }));
  std::vector<std::string> paths;
  SINAN_CHECK(session.query("SELECT path FROM lake_files WHERE removed <= ?", {oldest}, [&](const Row& row) -> Status {
    paths.push_back(row.text(0));
    return {};
  }));
  SINAN_CHECK(session.execute("DELETE FROM lake_files WHERE removed <= ?", {oldest}));
  SINAN_CHECK(
      session.execute("DELETE FROM lake_tables WHERE version < (SELECT MAX(l.version) FROM lake_tables l WHERE l.name = lake_tables.name "
                      "AND l.version <= ?)",
                      {oldest}));
  return paths;
}

Result<std::vector<std::string>> all_paths(Session& session) {
  std::vector<std::string> paths;
  SINAN_CHECK(session.query("SELECT path FROM lake_files", {}, [&](const Row& row) -> Status {
    paths.push_back(row.text(0));
    return {};
  }));
  return paths;
}

Result<std::int64_t> reserve_rows(storage::Store& store, const std::string& name, std::int64_t count) {
  std::int64_t first = 0;
  SINAN_CHECK(store.transact([&](Session& session) -> Status {
    SINAN_CHECK(session.execute("INSERT INTO lake_numbers VALUES (?, 1) ON CONFLICT (name) DO NOTHING", {name}));
    SINAN_CHECK(session.query("SELECT next_row FROM lake_numbers WHERE name = ?", {name}, [&](const Row& row) -> Status {
      first = row.integer(0);
      return {};
    }));
    SINAN_CHECK(session.execute("UPDATE lake_numbers SET next_row = ? WHERE name = ?", {first + count, name}));
    return {};
  }));
  return first;
}

std::string schema_json(const Schema& schema) {
  Json out = Json::array();
  for (const Field& field : schema.fields) out.push_back(Json::array({field.name, field.type.sql(), field.nullable}));
  return dump(out);
}

Result<Schema> parse_schema(std::string_view text) {
  SINAN_TRY(Json json, parse_json(text));
  Schema schema;
  for (const Json& field : json) {
    SINAN_TRY(Type type, parse_type(field[1].get<std::string>()));
    schema.fields.push_back({field[0].get<std::string>(), type, field[2].get<bool>()});
  }
  return schema;
}

}  // namespace sinan::lake

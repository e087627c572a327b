#include "data/sync/sync.hpp"

#include "base/kill_point.hpp"

namespace sinan::sync {
namespace {

const storage::Migrations kMigrations{
    "sync",
    {"CREATE TABLE sync_positions (source TEXT NOT NULL, name TEXT NOT NULL, position TEXT NOT NULL, definition TEXT NOT NULL,"
     " version INTEGER NOT NULL, read_at TEXT NOT NULL, PRIMARY KEY (source, name)) STRICT, WITHOUT ROWID"},
};

// Where a table stands in the store.
struct Kept {
  sources::Position position;
  Json definition;  // null: never read
};

Json definition_of(const sources::TableInfo& info, const std::string& cursor) {
  Json columns = Json::array();
  for (const Field& field : info.schema.fields) columns.push_back(Json::array({field.name, field.type.sql()}));
  return Json{{"columns", columns}, {"key", info.key}, {"cursor", cursor}};
}

// What is different between two definitions, for people.
std::vector<std::string> differences(const Json& before, const Json& after) {
  std::vector<std::string> out;
  auto type_in = [](const Json& definition, const std::string& name) -> std::string {
    for (const Json& column : definition["columns"])
      if (column[0] == name) return column[1].get<std::string>();
    return {};
  };
  for (const Json& column : after["columns"]) {
    std::string name = column[0].get<std::string>();
    std::string was = type_in(before, name);
    if (was.empty())
      out.push_back(fmt::format("new column '{}'", name));
    else if (was != column[1].get<std::string>())
      out.push_back(fmt::format("column '{}' changed from {} to {}", name, was, column[1].get<std::string>()));
  }
  for (const Json& column : before["columns"])
    if (type_in(after, column[0].get<std::string>()).empty())
      out.push_back(fmt::format("column '{}' is gone", column[0].get<std::string>()));
  if (before["key"] != after["key"]) out.emplace_back("another key");
  if (before["cursor"] != after["cursor"]) out.emplace_back("another cursor");
  return out;
}

// One table on its way.
struct Reading {
  TableReport report;
  lake::Lake::Load load;
  sources::Position next;
  Json definition;
};

class SourceReading {
 public:
  SourceReading(const sources::SourceConfig& config, sources::Source& source, lake::Lake& lake, storage::Store& store, const Clock& clock,
                const CancelToken& cancel)
      : config_(config), source_(source), lake_(lake), store_(store), clock_(clock), cancel_(cancel) {}

  Result<SourceReport> run() {
    double start = clock_.elapsed().count();
    SINAN_TRY(auto tables, source_.discover());
    SINAN_TRY(auto snapshot, source_.snapshot());
    std::vector<Reading> readings;
    for (const sources::TableInfo& table : tables) {
      auto reading = read_table(table.name, *snapshot);
      if (!reading) return fail(std::move(reading.error()).within("reading stopped", config_.name + "." + table.name));
      readings.push_back(std::move(*reading));
      kill_point("sync.table.read");
    }
    SourceReport report{config_.name, snapshot->consistent(), {}, 0, {}};
    SINAN_TRY(report.version, commit(readings));
    for (Reading& reading : readings) report.tables.push_back(std::move(reading.report));
    report.duration = std::chrono::duration<double>(clock_.elapsed().count() - start);
    return report;
  }

 private:
  Result<Reading> read_table(const std::string& name, sources::Snapshot& snapshot) {
    double start = clock_.elapsed().count();
    SINAN_TRY(sources::TableInfo info, source_.describe(name));
    std::string cursor;
    if (auto configured = config_.tables.find(name); configured != config_.tables.end()) cursor = configured->second.cursor.value;
    Reading out;
    out.report.source = config_.name;
    out.report.table = name;
    out.report.lake_table = lake_table(config_.name, name);
    out.definition = definition_of(info, cursor);
    SINAN_TRY(Kept kept, kept_position(name));
    if (!kept.definition.is_null() && kept.definition != out.definition) {
      for (std::string& note : differences(kept.definition, out.definition)) out.report.notes.push_back(std::move(note));
      kept.position = {};
    }
    bool from_start = kept.position.state.is_null();

    sources::ChangeOptions options{name, {}, info.key, cursor};
    for (const Field& field : info.schema.fields) options.columns.push_back(field.name);
    SINAN_TRY(sources::Changes changes, snapshot.changes(options, kept.position, out.next));
    out.report.whole = changes.replaces_all || from_start;
    SINAN_TRY(out.load.staged, stage(*changes.upserts, out.report.lake_table, info.schema, info.key, out.report.notes));
    out.load.table = out.report.lake_table;
    out.load.mode = mode_of(info, out.report.whole, kept.definition != out.definition);
    if (changes.present_keys && !out.report.whole) {
      Schema key_schema;
      for (const std::string& column : info.key) key_schema.fields.push_back(info.schema.fields[*info.schema.index_of(column)]);
      SINAN_TRY(out.load.present_keys, stage(*changes.present_keys, out.report.lake_table, key_schema, info.key, out.report.notes));
    }
    out.report.duration = std::chrono::duration<double>(clock_.elapsed().count() - start);
    return out;
  }

  lake::Mode mode_of(const sources::TableInfo& info, bool whole, bool redefined) const {
    if (!whole) return info.key.empty() ? lake::Mode::kAppend : lake::Mode::kUpsert;
    // The key of a file is a claim that nothing enforces: equal keys must stay to be seen by the quality rules, so nothing is merged.
    bool enforced = !info.key.empty() && config_.kind.value != "files";
    return redefined || !enforced ? lake::Mode::kReplace : lake::Mode::kMerge;
  }

  Result<std::unique_ptr<lake::Staged>> stage(sources::Scan& scan, const std::string& table, const Schema& schema,
                                              const std::vector<std::string>& key, std::vector<std::string>& notes) {
    SINAN_TRY(auto staged, lake_.stage(table, schema, key));
    Batch batch;
    while (true) {
      SINAN_CHECK(cancel_.check());
      SINAN_TRY(bool more, scan.next(batch));
      if (!more) break;
      SINAN_CHECK(staged->append(batch));
    }
    for (const sources::Warning& warning : scan.warnings())
      notes.push_back(fmt::format("{} values of column '{}': {}", warning.count, warning.column, warning.what));
    return staged;
  }

  Result<Kept> kept_position(const std::string& table) const {
    Kept kept;
    SINAN_CHECK(store_.read([&](storage::Session& session) {
      return session.query("SELECT position, definition FROM sync_positions WHERE source = ? AND name = ?", {config_.name, table},
                           [&](const storage::Row& row) -> Status {
                             SINAN_TRY(kept.position.state, parse_json(row.text(0)));
                             SINAN_TRY(kept.definition, parse_json(row.text(1)));
                             return {};
                           });
    }));
    return kept;
  }

  Result<lake::Version> commit(std::vector<Reading>& readings) {
    std::vector<lake::Lake::Load> loads;
    for (Reading& reading : readings) {
      reading.load.counts = &reading.report.counts;
      loads.push_back(std::move(reading.load));
    }
    return lake_.commit(std::move(loads), [&](storage::Session& session, lake::Version version) -> Status {
      for (const Reading& reading : readings)
        SINAN_CHECK(session.execute(
            "INSERT INTO sync_positions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source, name) DO UPDATE SET"
            " position = excluded.position, definition = excluded.definition, version = excluded.version, read_at = excluded.read_at",
            {config_.name, reading.report.table, dump(reading.next.state), dump(reading.definition), version,
             format_rfc3339(clock_.now())}));
      return {};
    });
  }

  const sources::SourceConfig& config_;
  sources::Source& source_;
  lake::Lake& lake_;
  storage::Store& store_;
  const Clock& clock_;
  const CancelToken& cancel_;
};

}  // namespace

std::string lake_table(const std::string& source, const std::string& table) {
  std::string name = table;
  std::replace(name.begin(), name.end(), '.', '_');
  return fmt::format("lake.{}_{}", source, name);
}

Result<std::unique_ptr<Sync>> Sync::open(storage::Store& store, lake::Lake& lake, const Clock& clock) {
  SINAN_CHECK(store.migrate(kMigrations));
  return std::unique_ptr<Sync>(new Sync(store, lake, clock));
}

Result<SourceReport> Sync::read(const sources::SourceConfig& config, sources::Source& source, const CancelToken& cancel) {
  return SourceReading(config, source, lake_, store_, clock_, cancel).run();
}

Result<std::optional<Instant>> Sync::last_read(const std::string& source) const {
  std::optional<Instant> out;
  SINAN_CHECK(store_.read([&](storage::Session& session) {
    return session.query("SELECT MIN(read_at) FROM sync_positions WHERE source = ?", {source}, [&](const storage::Row& row) -> Status {
      if (row.is_null(0)) return {};
      SINAN_TRY(out, parse_instant(row.text(0)));
      return {};
    });
  }));
  return out;
}

}  // namespace sinan::sync

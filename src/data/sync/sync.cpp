#include "data/sync/sync.hpp"

#include "base/kill_point.hpp"
#include "base/text.hpp"
#include "data/sync/definition.hpp"

namespace sinan::sync {
namespace {

constexpr std::string_view kFiles = "files";

const storage::Migrations kMigrations{
    "sync",
    {"CREATE TABLE sync_positions (source TEXT NOT NULL, name TEXT NOT NULL, position TEXT NOT NULL, definition TEXT NOT NULL,"
     " version INTEGER NOT NULL, read_at TEXT NOT NULL, PRIMARY KEY (source, name)) STRICT, WITHOUT ROWID"},
};

// Where a table stands in the store.
struct Kept {
  sources::Position position;
  std::optional<Definition> definition;  // nullopt: never read
};

// One table on its way.
struct Reading {
  TableReport report;
  lake::Lake::Load load;
  sources::Position next;
  Definition definition;
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
    sources::ChangeOptions options = sources::change_options(config_, info);
    Reading out;
    out.report.source = config_.name;
    out.report.table = name;
    out.report.lake_table = lake_table(config_.name, name);
    out.definition = definition_of(info, options.cursor);
    SINAN_TRY(Kept kept, kept_position(name));
    bool grown = true;
    if (kept.definition && *kept.definition != out.definition) {
      SINAN_TRY(grown, follow(*kept.definition, out));
      kept.position = {};
    }
    bool from_start = kept.position.state.is_null();

    SINAN_TRY(sources::Changes changes, snapshot.changes(options, kept.position, out.next));
    out.report.whole = changes.replaces_all || from_start;
    out.report.position = dump(out.next.state);
    SINAN_TRY(out.load.staged, stage(*changes.upserts, out.report, info.schema, info.key));
    out.load.table = out.report.lake_table;
    out.load.mode = mode_of(info, out.report.whole, grown);
    if (changes.present_keys && !out.report.whole) {
      Schema key_schema;
      for (const std::string& column : info.key) key_schema.fields.push_back(info.schema.fields[*info.schema.index_of(column)]);
      SINAN_TRY(out.load.present_keys, stage(*changes.present_keys, out.report, key_schema, info.key));
    }
    out.report.duration = std::chrono::duration<double>(clock_.elapsed().count() - start);
    return out;
  }

  // Whether the rows that are there fit the table's new definition; an error when the change may not pass in silence.
  Result<bool> follow(const Definition& before, Reading& reading) const {
    const std::string& name = reading.report.table;
    std::vector<std::string> types_free;
    bool columns_chosen = false;
    if (auto configured = config_.tables.find(name); configured != config_.tables.end()) {
      columns_chosen = !configured->second.columns.empty();
      for (const auto& [column, type] : configured->second.types) types_free.push_back(column);
    }
    if (config_.kind.value == kFiles) types_free.emplace_back("*");
    Evolution evolution = compare(before, reading.definition, columns_chosen, types_free);
    if (!evolution.refused.empty())
      return fail(
          ErrorCode::kPrecondition,
          fmt::format("the table changed since it was last read: {}. Undo that in the source; or, if it is meant, say so in "
                      "sources/{}.yaml: tables: {{{}: {{columns: […], types: {{…}}}}}}, with the columns wanted and the types that changed",
                      fmt::join(evolution.refused, "; "), config_.name, name));
    for (std::string& note : evolution.followed) reading.report.notes.push_back(std::move(note));
    return evolution.only_grown;
  }

  lake::Mode mode_of(const sources::TableInfo& info, bool whole, bool grown) const {
    // The key of files is a claim that nothing enforces: equal keys must stay to be seen by the quality rules, so nothing is merged.
    bool enforced = !info.key.empty() && config_.kind.value != kFiles;
    if (!whole) return enforced ? lake::Mode::kUpsert : lake::Mode::kAppend;
    return grown && enforced ? lake::Mode::kMerge : lake::Mode::kReplace;
  }

  Result<std::unique_ptr<lake::Staged>> stage(sources::Scan& scan, TableReport& report, const Schema& schema,
                                              const std::vector<std::string>& key) {
    SINAN_TRY(auto staged, lake_.stage(report.lake_table, schema, key));
    Batch batch;
    while (true) {
      SINAN_CHECK(cancel_.check());
      SINAN_TRY(bool more, scan.next(batch));
      if (!more) break;
      SINAN_CHECK(staged->append(batch));
    }
    SINAN_CHECK(staged->finish());
    report.bytes += staged->bytes();
    for (const sources::Warning& warning : scan.warnings())
      report.notes.push_back(
          fmt::format("{} of column '{}': {}", counted(static_cast<std::int64_t>(warning.count), "value"), warning.column, warning.what));
    return staged;
  }

  Result<Kept> kept_position(const std::string& table) const {
    Kept kept;
    SINAN_CHECK(store_.read([&](storage::Session& session) {
      return session.query("SELECT position, definition FROM sync_positions WHERE source = ? AND name = ?", {config_.name, table},
                           [&](const storage::Row& row) -> Status {
                             SINAN_TRY(kept.position.state, parse_json(row.text(0)));
                             SINAN_TRY(Json definition, parse_json(row.text(1)));
                             SINAN_TRY(kept.definition, definition_from(definition));
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
            {config_.name, reading.report.table, dump(reading.next.state), dump(to_json(reading.definition)), version,
             format_rfc3339(clock_.now())}));
      kill_point("sync.commit.positions_written");
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

#include "data/fabric/engine.hpp"

#include <fmt/ranges.h>

#include "base/text.hpp"

namespace sinan::fabric {

namespace {

constexpr std::size_t kMaxViewDepth = 32;
constexpr std::size_t kMaxTables = 200;
constexpr std::array<std::string_view, 4> kLakeSchemas{"lake", "ops", "master", "quality"};

std::string quoted(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ".") + duck::quote_name(part);
  return out;
}

// "erp.sales.orders" as a name of a table in the caller's engine: by its first two dots.
std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> out;
  std::string_view rest = name;
  while (out.size() < 2) {
    auto dot = rest.find('.');
    if (dot == std::string_view::npos) break;
    out.emplace_back(rest.substr(0, dot));
    rest.remove_prefix(dot + 1);
  }
  out.emplace_back(rest);
  return out;
}

}  // namespace

const SourceHandle* Shared::source(std::string_view name) const {
  for (const SourceHandle& handle : context.sources)
    if (catalog::same_name(handle.name, name)) return &handle;
  return nullptr;
}

Session::Session(const Shared& shared, Principal principal, QueryOptions options)
    : shared_(shared), principal_(std::move(principal)), options_(std::move(options)) {}

lake::Version Session::lake_version() {
  if (!version_) version_ = options_.at ? *options_.at : shared_.context.lake->current();
  return *version_;
}

Status Session::prepare(std::string_view sql) {
  if (!options_.with_rejected.empty() && !principal_.is_trusted())
    return fail(ErrorCode::kDenied, "rows that quality holds back are for the owner and the system only");
  SINAN_TRY(parser_, shared_.trusted.connect());
  SINAN_TRY(Inspection inspection, inspect(*parser_, sql));
  for (const Mention& mention : inspection.tables) {
    SINAN_TRY([[maybe_unused]] const QueryTable* table, open(mention));
  }
  return {};
}

// For callers without trust: no policy lets them in.
bool Session::closed(std::string_view name) const { return !principal_.is_trusted() && shared_.policies.of(principal_, name).empty(); }

Result<const QueryTable*> Session::open(const Mention& mention) {
  if (!parser_) {
    SINAN_TRY(parser_, shared_.trusted.connect());
  }
  std::string name = catalog::fold(mention.text());
  if (auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  if (tables_.size() >= kMaxTables)
    return fail(ErrorCode::kLimit, fmt::format("more than {} tables in one query; use fewer views", kMaxTables));
  if (mention.parts.size() < 2 || is_system_name(mention)) return fail(unknown(mention.text()));
  const SourceHandle* source = shared_.source(mention.parts[0]);
  if (auto view = shared_.views.find(name); view != shared_.views.end()) {
    SINAN_CHECK(open_view(view->second));
  } else if (closed(name)) {
    return fail(unknown(mention.text()));
  } else if (source) {
    SINAN_CHECK(open_source(*source, mention));
  } else {
    SINAN_CHECK(open_lake(name));
  }
  by_name_[name] = tables_.back().get();
  return tables_.back().get();
}

Status Session::open_view(const catalog::View& view) {
  if (std::ranges::find(open_views_, view.name) != open_views_.end())
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the view {} uses itself: {} → {}", view.name, fmt::join(open_views_, " → "), view.name), view.place.file);
  if (open_views_.size() >= kMaxViewDepth) return fail(ErrorCode::kLimit, fmt::format("views are nested deeper than {}", kMaxViewDepth));
  auto inspection = inspect(*parser_, view.sql);
  if (!inspection) return fail(std::move(inspection).error().within(fmt::format("the view {} cannot be used", view.name), view.place.file));
  open_views_.push_back(view.name);
  for (const Mention& mention : inspection->tables) {
    auto table = open(mention);
    if (!table) {
      std::string place = view.place.file;
      return fail(std::move(table).error().within(fmt::format("the view {} reads a table that is not there for you", view.name), place));
    }
  }
  open_views_.pop_back();
  QueryTable table{view.name, catalog::Kind::kView, {view.name, catalog::Kind::kView, {}, {}, view.description, {}}, {}, {}, {}, {}};
  tables_.push_back(std::make_unique<QueryTable>(std::move(table)));
  return {};
}

Result<std::shared_ptr<SourceSession>> Session::session_of(const SourceHandle& handle) {
  auto& session = sessions_[handle.name];
  if (!session) {
    SINAN_TRY(session, SourceSession::open(handle, options_.cancel));
  }
  return session;
}

Status Session::open_source(const SourceHandle& handle, const Mention& mention) {
  std::string local = fmt::format("{}", fmt::join(std::span(mention.parts).subspan(1), "."));
  std::string name = handle.name + "." + local;
  auto read = [&]() -> Result<std::shared_ptr<SourceTable>> {
    SINAN_TRY(auto session, session_of(handle));
    SINAN_TRY(auto info, session->describe(local));
    return std::make_shared<SourceTable>(session, std::move(info), shared_.context.push);
  };
  auto source = read();
  if (!source) {
    if (source.error().code == ErrorCode::kNotFound) return fail(unknown(name));
    if (principal_.is_trusted()) return fail(std::move(source).error().within(fmt::format("could not read {}", name)));
    return fail(source.error().code, fmt::format("could not read {}; an owner who runs the same query sees why", name));
  }
  const sources::TableInfo& info = (*source)->info();
  QueryTable table{
      name, catalog::Kind::kSource, {name, catalog::Kind::kSource, info.schema, info.key, info.comment, info.estimated_rows}, {}, {}, {},
      {}};
  table.source = *source;
  if (principal_.is_trusted()) {
    tables_.push_back(std::make_unique<QueryTable>(std::move(table)));
    return {};
  }
  auto handle_below = std::make_shared<duck::TableHandle>(shared_.trusted.add_table(*source));
  std::string from = handle_below->sql();
  return govern(std::move(table), info.schema, std::move(from), std::move(handle_below));
}

bool Session::wants_rejected(const std::string& name) const {
  return std::ranges::any_of(options_.with_rejected, [&](const std::string& wanted) { return catalog::same_name(wanted, name); });
}

Status Session::open_lake(const std::string& name) {
  const lake::Lake& lake = *shared_.context.lake;
  auto version = lake.table(name, lake_version());
  if (!version) {
    if (version.error().code == ErrorCode::kNotFound) return fail(unknown(name));
    return fail(std::move(version).error());
  }
  bool rejected = wants_rejected(name);
  SINAN_TRY(std::string scan, lake.scan_sql(version->name, lake_version(), rejected));
  QueryTable table{name, catalog::Kind::kLake, {name, catalog::Kind::kLake, version->schema, version->key, {}, {}}, {}, {}, {}, {}};
  table.entry.estimated_rows = static_cast<std::uint64_t>(std::max<std::int64_t>(version->rows, 0));
  if (principal_.is_trusted()) {
    table.from = rejected ? scan : fmt::format("(SELECT * EXCLUDE (_row) FROM {})", scan);
    if (rejected) table.entry.schema.fields.push_back({"_row", {TypeId::kInt}, false});
    tables_.push_back(std::make_unique<QueryTable>(std::move(table)));
    return {};
  }
  return govern(std::move(table), version->schema, scan, nullptr);
}

Status Session::govern(QueryTable table, Schema raw, std::string from, std::shared_ptr<const void> keep) {
  auto access = combine(shared_.policies.of(principal_, table.name), raw);
  if (!access) return fail(unknown(table.name));
  table.entry.schema = access->schema;
  table.entry.estimated_rows.reset();
  std::erase_if(table.entry.key, [&](const std::string& column) { return !access->schema.index_of(column); });
  table.governed = std::make_shared<GovernedTable>(shared_.trusted,
                                                   GovernedTable::Options{table.name, std::move(from), std::move(raw), *std::move(access),
                                                                          principal_.user, options_.cancel, shared_.context.push},
                                                   std::move(keep));
  tables_.push_back(std::make_unique<QueryTable>(std::move(table)));
  return {};
}

bool Session::open_below(const catalog::View& view, std::size_t depth) {
  if (depth >= kMaxViewDepth || !parser_) return false;
  auto inspection = inspect(*parser_, view.sql);
  if (!inspection) return false;
  return std::ranges::all_of(inspection->tables, [&](const Mention& mention) {
    std::string name = catalog::fold(mention.text());
    if (auto below = shared_.views.find(name); below != shared_.views.end()) return open_below(below->second, depth + 1);
    return !closed(name);
  });
}

std::vector<Mention> Session::readable(std::vector<Error>* problems, std::string_view beside) {
  std::vector<Mention> out;
  if (!parser_) {
    if (auto parser = shared_.trusted.connect()) parser_ = *std::move(parser);
  }
  auto problem = [&](Error error) {
    if (problems) problems->push_back(std::move(error));
  };
  std::string_view schema = beside.substr(0, beside.find('.'));
  bool of_source = beside.contains('.') && shared_.source(schema);
  bool of_lake = std::ranges::find(kLakeSchemas, catalog::fold(schema)) != kLakeSchemas.end();
  for (const SourceHandle& handle : shared_.context.sources) {
    if (of_lake || (of_source && !catalog::same_name(handle.name, schema))) continue;
    auto list = [&]() -> Result<std::vector<sources::TableInfo>> {
      SINAN_TRY(auto session, session_of(handle));
      return session->discover();
    };
    auto tables = list();
    if (!tables) {
      if (principal_.is_trusted()) problem(std::move(tables).error().within(fmt::format("could not list the tables of {}", handle.name)));
      continue;
    }
    for (const auto& info : *tables)
      if (!closed(handle.name + "." + info.name)) out.push_back({parts_of(handle.name + "." + info.name)});
  }
  if (of_source) return out;
  if (auto tables = shared_.context.lake->tables(lake_version())) {
    for (const auto& table : *tables)
      if (!closed(table.name)) out.push_back({parts_of(table.name)});
  } else {
    problem(std::move(tables).error());
  }
  for (const auto& [name, view] : shared_.views)
    if (principal_.is_trusted() || open_below(view)) out.push_back({parts_of(name)});
  return out;
}

// The same words whether the table is not there or closed.
Error Session::unknown(const std::string& name) {
  bool trusted = principal_.is_trusted();
  std::string message = trusted ? fmt::format("there is no table '{}'", visible(name))
                                : fmt::format("there is no table '{}', or you may not read it", visible(name));
  std::string way_out;
  if (name.contains('/') || name.ends_with(".csv") || name.ends_with(".parquet") || name.ends_with(".json")) {
    way_out = "files are read only outside a workspace; here they are sources";
  } else {
    std::vector<std::string> names;
    for (const Mention& mention : readable(nullptr, name)) names.push_back(mention.text());
    std::string last = "." + name;
    auto same = std::ranges::find_if(names, [&](const std::string& known) {
      return known.size() > last.size() && catalog::same_name(std::string_view(known).substr(known.size() - last.size()), last);
    });
    way_out = same == names.end() ? catalog::suggestion(name, names) : fmt::format("did you mean '{}'?", *same);
  }
  if (!way_out.empty()) message += "; " + way_out;
  return {trusted ? ErrorCode::kNotFound : ErrorCode::kDenied, std::move(message), {}, nullptr};
}

// Functions of time follow the fabric's clock.
std::string Session::clock_sql() const {
  std::string now = format_timestamp(shared_.context.clock->now());
  std::string out;
  for (const char* name : {"now", "get_current_timestamp", "current_timestamp", "transaction_timestamp"})
    out += fmt::format("CREATE MACRO {}() AS TIMESTAMPTZ '{}+00';", name, now);
  for (const char* name : {"current_date", "today"}) out += fmt::format("CREATE MACRO {}() AS DATE '{}';", name, now.substr(0, 10));
  for (const char* name : {"current_localtimestamp", "localtimestamp"})
    out += fmt::format("CREATE MACRO {}() AS TIMESTAMP '{}';", name, now);
  for (const char* name : {"get_current_time", "current_localtime"})
    out += fmt::format("CREATE MACRO {}() AS TIME '{}';", name, now.substr(11));
  return out;
}

Status Session::create(duck::Connection& connection, const std::set<std::string>& attached) const {
  std::set<std::string> made;
  for (const auto& table : tables_) {
    auto parts = parts_of(table->name);
    if (parts.size() == 2 && attached.contains(catalog::fold(parts[0]))) parts.insert(parts.begin() + 1, "main");
    std::vector<std::string> schema(parts.begin(), parts.end() - 1);
    if (schema.back() != "main" && made.insert(catalog::fold(quoted(schema))).second)
      SINAN_CHECK(connection.run("CREATE SCHEMA IF NOT EXISTS " + quoted(schema)));
    std::string body =
        table->kind == catalog::Kind::kView ? shared_.views.at(catalog::fold(table->name)).sql : "SELECT * FROM " + table->from;
    auto done = connection.run(fmt::format("CREATE VIEW {} AS {}\n", quoted(parts), body));
    if (!done) {
      if (table->kind != catalog::Kind::kView) return fail(std::move(done).error().within(fmt::format("could not open {}", table->name)));
      const auto& view = shared_.views.at(catalog::fold(table->name));
      return fail(std::move(done).error().within(fmt::format("the view {} does not fit the tables it reads", view.name), view.place.file));
    }
  }
  return {};
}

Result<duck::Connection> Session::connect() {
  const FabricContext& context = shared_.context;
  duck::Options options{
      .memory_mb = context.memory_mb, .threads = context.threads, .temp_dir = context.temp_dir, .files = false, .allowed_dirs = {}};
  std::set<std::string> attached;
  bool reads_lake = false;
  for (const auto& table : tables_) {
    auto parts = parts_of(table->name);
    if (parts.size() == 3) attached.insert(catalog::fold(parts[0]));
    reads_lake = reads_lake || !table->from.empty();
  }
  if (reads_lake && !context.lake_dir.empty()) options.allowed_dirs = {context.lake_dir / ""};
  SINAN_TRY(auto database, duck::Database::open(options));
  SINAN_TRY(auto connection, database.connect());
  SINAN_CHECK(connection.run(clock_sql()));
  for (const auto& table : tables_) {
    std::shared_ptr<const duck::TableProvider> provider = table->source;
    if (table->governed) provider = table->governed;
    if (!provider || !table->from.empty()) continue;
    table->handles.push_back(database.add_table(provider));
    table->from = table->handles.back().sql();
  }
  for (const std::string& name : attached) SINAN_CHECK(connection.run("ATTACH ':memory:' AS " + duck::quote_name(name)));
  SINAN_CHECK(create(connection, attached));
  SINAN_CHECK(database.lock_configuration());
  return connection;
}

}  // namespace sinan::fabric

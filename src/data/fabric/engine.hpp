// The two engines of the fabric. The trusted one, shared, runs only SQL that is written here; each query of a person has an engine of
// its own that holds nothing but the tables its SQL names, as the caller may see them. Internal to data/fabric.
#pragma once

#include "data/fabric/scan.hpp"

namespace sinan::fabric {

// What all queries of a fabric share. Unchanging after open(); thread-safe.
struct Shared {
  FabricContext context;
  duck::Database trusted;
  std::map<std::string, catalog::View> views;  // by folded name
  Policies policies;

  const SourceHandle* source(std::string_view name) const;
};

// One table of one query.
struct QueryTable {
  std::string name;  // as it is called in messages: "erp.orders"
  catalog::Kind kind = catalog::Kind::kSource;
  catalog::TableEntry entry;                      // as the caller sees it; for views without schema
  std::string from;                               // what its view in the caller's engine selects from
  std::shared_ptr<const SourceTable> source;      // the raw table, for kSource
  std::shared_ptr<const GovernedTable> governed;  // for callers without trust
  std::vector<duck::TableHandle> handles;
};

// The tables that one query names, opened for its caller; then the engine that runs it.
class Session {
 public:
  Session(const Shared& shared, Principal principal, QueryOptions options);

  // Inspects the SQL and opens every table in it, and in the views it uses.
  Status prepare(std::string_view sql);
  // Opens one table by name.
  Result<const QueryTable*> open(const Mention& mention);
  // Builds the engine, after the tables.
  Result<duck::Connection> connect();

  // In the order in which they can be created: tables of a view come before it.
  const std::vector<std::unique_ptr<QueryTable>>& tables() const { return tables_; }
  const Principal& principal() const { return principal_; }
  const QueryOptions& options() const { return options_; }
  lake::Version lake_version();
  // Names of the tables that the caller may read; what cannot be listed goes to `problems`. With `beside`, only those of the same source,
  // or of the lake, as that name: a source that the name does not speak of is not asked.
  std::vector<Mention> readable(std::vector<Error>* problems, std::string_view beside = {});

 private:
  Status open_view(const catalog::View& view);
  Status open_source(const SourceHandle& handle, const Mention& mention);
  Status open_lake(const std::string& name);
  // Opens `raw`, readable in the trusted engine as `from`, as the caller may see it.
  Status govern(QueryTable table, Schema raw, std::string from, std::shared_ptr<const void> keep);
  Result<std::shared_ptr<SourceSession>> session_of(const SourceHandle& handle);
  bool closed(std::string_view name) const;
  // Whether every table below the view is open to the caller.
  bool open_below(const catalog::View& view, std::size_t depth = 0);
  Error unknown(const std::string& name);
  Status create(duck::Connection& connection, const std::set<std::string>& attached) const;
  std::string clock_sql() const;
  bool wants_rejected(const std::string& name) const;

  const Shared& shared_;
  Principal principal_;
  QueryOptions options_;
  std::optional<duck::Connection> parser_;
  std::optional<lake::Version> version_;
  std::map<std::string, std::shared_ptr<SourceSession>> sessions_;
  std::vector<std::unique_ptr<QueryTable>> tables_;
  std::map<std::string, const QueryTable*> by_name_;  // folded
  std::vector<std::string> open_views_;               // being opened, outermost first
};

}  // namespace sinan::fabric

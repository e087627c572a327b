#include "data/fabric/explain.hpp"

namespace sinan::fabric {

namespace {

// The second column of EXPLAIN.
Result<std::string> plan_of(duck::Connection& connection, std::string_view prefix, std::string_view sql,
                            const duck::QueryOptions& options) {
  SINAN_TRY(auto reader, connection.query(fmt::format("{} {}", prefix, sql), options));
  std::string out;
  Batch batch;
  for (;;) {
    SINAN_TRY(bool more, reader->next(batch));
    if (!more) return out;
    for (std::size_t row = 0; row < batch.rows(); ++row) out += batch.columns.back().text(row);
  }
}

// An operator of a plan that reads a table.
struct Read {
  std::string table;  // of a streamed one; empty for files of the lake
  std::vector<std::string> columns;
  std::vector<std::string> pushed;
};

// A text, or the lines of one.
std::vector<std::string> lines_of(const Json& info, const char* key) {
  std::vector<std::string> out;
  if (!info.contains(key)) return out;
  const Json& value = info[key];
  if (value.is_string() && !value.get<std::string>().empty()) out.push_back(value.get<std::string>());
  if (value.is_array())
    for (const Json& item : value)
      if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

void collect(const Json& root, std::vector<Read>& out) {
  std::vector<const Json*> open{&root};
  while (!open.empty()) {
    const Json& node = *open.back();
    open.pop_back();
    if (node.is_object() && node.contains("extra_info") && node["extra_info"].is_object()) {
      const Json& info = node["extra_info"];
      std::string name = node.value("name", "");
      if (name.starts_with("SINAN_STREAM")) {
        auto table = lines_of(info, "Table");
        out.push_back({table.empty() ? "" : table.front(), lines_of(info, "Projections"), lines_of(info, "Pushed")});
      } else if (name.starts_with("READ_PARQUET")) {
        out.push_back({"", lines_of(info, "Projections"), lines_of(info, "Filters")});
      }
    }
    if (node.is_structured())
      for (auto child = node.rbegin(); child != node.rend(); ++child) open.push_back(&*child);
  }
}

Result<std::vector<Read>> reads_of(duck::Connection& connection, std::string_view sql, const duck::QueryOptions& options) {
  SINAN_TRY(std::string json, plan_of(connection, "EXPLAIN (FORMAT json)", sql, options));
  std::vector<Read> out;
  collect(Json::parse(json, nullptr, false), out);
  return out;
}

// The filters that a source took, by their text.
std::map<std::string, Filter> taken_by(const SourceTable& source) {
  std::map<std::string, Filter> out;
  for (Filter& filter : source.taken()) out.emplace(duck::condition(filter), std::move(filter));
  return out;
}

std::string source_name(const SourceTable& source) {
  return fmt::format("source {} ({})", source.session().name(), source.session().kind());
}

// Conditions that reached the source: exact ones are its answer; of a superset the engine applies them once more.
void tell_pushed(const SourceTable& source, const std::vector<std::string>& conditions, ScanPlan& plan) {
  auto taken = taken_by(source);
  for (const std::string& condition : conditions) {
    plan.pushed.push_back(condition);
    auto filter = taken.find(condition);
    if (filter != taken.end() && source.session().pushdown(source.info().name, filter->second) == Pushdown::kSuperset)
      plan.kept.emplace_back(condition, "the source answers it roughly, so it is applied here once more");
  }
}

std::string remote_query(const SourceTable& source, const std::vector<std::string>& columns, const std::vector<std::string>& conditions) {
  auto taken = taken_by(source);
  sources::ScanRequest request{source.info().name, columns, {}};
  for (const std::string& condition : conditions)
    if (auto filter = taken.find(condition); filter != taken.end()) request.filters.push_back(filter->second);
  return source.session().explain(request);
}

class Explainer {
 public:
  Explainer(const Shared& shared, const Session& session) : shared_(shared), session_(session) {}

  // nullopt: nothing that a person asked for.
  Result<std::optional<ScanPlan>> tell(const Read& read) {
    if (read.table.empty()) return lake_files(read);
    for (const auto& table : session_.tables())
      if (table->name == read.table || (table->source && table->source->name() == read.table))
        return table->governed ? governed(*table, read) : source(*table, read);
    broken("a plan reads only tables of its query");
  }

 private:
  // Straight from the source, for trusted callers.
  static Result<ScanPlan> source(const QueryTable& table, const Read& read) {
    ScanPlan out{table.name, source_name(*table.source), read.columns, {}, table.source->kept_conditions().list(), {}};
    tell_pushed(*table.source, read.pushed, out);
    out.remote = remote_query(*table.source, read.columns, read.pushed);
    return out;
  }

  // The lake, for trusted callers: the plan names no table, but its columns mostly do. A read of row numbers alone looks up which rows are
  // gone or held back.
  std::optional<ScanPlan> lake_files(const Read& read) const {
    std::vector<std::string> candidates;
    for (const auto& table : session_.tables()) {
      if (table->kind != catalog::Kind::kLake) continue;
      bool has_all = std::ranges::all_of(
          read.columns, [&](const std::string& column) { return column == "_row" || table->entry.schema.index_of(column); });
      if (has_all) candidates.push_back(table->name);
    }
    ScanPlan out{candidates.empty() ? "lake" : fmt::format("{}", fmt::join(candidates, " or ")), "lake", {}, read.pushed, {}, {}};
    for (const std::string& column : read.columns)
      if (column != "_row") out.columns.push_back(column);
    if (candidates.size() > 1 && out.columns.empty() && out.pushed.empty()) return std::nullopt;
    return out;
  }

  // Through the trusted engine: what the caller's conditions become below it. Its own row filter and masks are not told.
  Result<ScanPlan> governed(const QueryTable& table, const Read& read) {
    const GovernedTable& governed = *table.governed;
    ScanPlan out{table.name, table.source ? source_name(*table.source) : "lake", read.columns, {}, governed.kept_conditions().list(), {}};
    if (!table.source) {
      out.pushed = read.pushed;
      return out;
    }
    SINAN_TRY(auto connection, shared_.trusted.connect());
    auto below = reads_of(connection, governed.sql(indices(governed, read.columns), conjunction(read.pushed), false), {});
    std::vector<std::string> reached;
    for (const std::string& condition : read.pushed) {
      bool at_source = below && std::ranges::any_of(
                                    *below, [&](const Read& raw) { return std::ranges::find(raw.pushed, condition) != raw.pushed.end(); });
      if (at_source) {
        reached.push_back(condition);
      } else {
        out.kept.emplace_back(
            condition, "applied above the source, before any row reaches this query: the source cannot answer it exactly as SQL says");
      }
    }
    tell_pushed(*table.source, reached, out);
    return out;
  }

  static std::vector<std::size_t> indices(const GovernedTable& governed, const std::vector<std::string>& columns) {
    std::vector<std::size_t> out;
    for (const std::string& column : columns)
      if (auto index = governed.schema().index_of(column)) out.push_back(*index);
    if (out.empty()) out.push_back(0);
    return out;
  }

  static std::string conjunction(const std::vector<std::string>& conditions) {
    std::string out;
    for (const std::string& condition : conditions) out += (out.empty() ? "" : " AND ") + condition;
    return out;
  }

  const Shared& shared_;
  const Session& session_;
};

}  // namespace

Result<Explanation> explain_query(const Shared& shared, const Session& session, duck::Connection& connection, std::string_view sql) {
  duck::QueryOptions options{session.options().parameters, session.options().cancel};
  Explanation out;
  SINAN_TRY(out.plan, plan_of(connection, "EXPLAIN", sql, options));
  SINAN_TRY(auto reads, reads_of(connection, sql, options));
  Explainer explainer(shared, session);
  for (const Read& read : reads) {
    SINAN_TRY(auto plan, explainer.tell(read));
    if (plan) out.scans.push_back(std::move(*plan));
  }
  return out;
}

}  // namespace sinan::fabric

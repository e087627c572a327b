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

// The operators of EXPLAIN (FORMAT json) that scan something, in order of the plan.
struct PlannedScan {
  std::string table;  // of a streamed table; empty for files
  std::vector<std::string> columns;
  std::string pushed;
};

std::vector<std::string> texts(const Json& value) {
  std::vector<std::string> out;
  if (value.is_string() && !value.get<std::string>().empty()) out.push_back(value.get<std::string>());
  if (value.is_array())
    for (const Json& item : value)
      if (item.is_string()) out.push_back(item.get<std::string>());
  return out;
}

void collect(const Json& node, std::vector<PlannedScan>& out) {
  if (node.is_object() && node.contains("extra_info") && node["extra_info"].is_object()) {
    const Json& info = node["extra_info"];
    std::string operator_name = node.value("name", "");
    if (info.contains("Table") && operator_name.contains("STREAM")) {
      PlannedScan scan{texts(info["Table"]).empty() ? "" : texts(info["Table"]).front(), texts(info.value("Projections", Json())), {}};
      if (auto pushed = texts(info.value("Pushed", Json())); !pushed.empty()) scan.pushed = pushed.front();
      out.push_back(std::move(scan));
    }
  }
  if (node.is_structured())
    for (const Json& child : node) collect(child, out);
}

}  // namespace

Result<Explanation> explain_query(const Shared& shared, const Session& session, duck::Connection& connection, std::string_view sql) {
  (void)shared;
  duck::QueryOptions options{session.options().parameters, session.options().cancel};
  Explanation out;
  SINAN_TRY(out.plan, plan_of(connection, "EXPLAIN", sql, options));
  SINAN_TRY(std::string json, plan_of(connection, "EXPLAIN (FORMAT json)", sql, options));
  std::vector<PlannedScan> scans;
  collect(Json::parse(json, nullptr, false), scans);
  for (const PlannedScan& scan : scans) {
    ScanPlan plan{scan.table, {}, scan.columns, {}, {}, {}};
    if (!scan.pushed.empty()) plan.pushed.push_back(scan.pushed);
    out.scans.push_back(std::move(plan));
  }
  return out;
}

}  // namespace sinan::fabric

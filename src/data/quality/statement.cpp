// Makes the SQL that judges one table.
#include "data/quality/statement.hpp"

#include "data/quality/sql.hpp"

namespace sinan::quality {
namespace {

PlanContext with_prefix(const PlanContext& context, std::size_t rule) {
  PlanContext out = context;
  out.prefix = fmt::format("rule_{}_", rule);
  return out;
}

}  // namespace

Result<std::string> bad_rows_sql(const std::vector<const RowRule*>& rules, const PlanContext& context) {
  std::vector<std::string> tables;
  std::vector<std::string> joins;
  std::vector<std::string> tests;
  std::vector<std::string> any;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    SINAN_TRY(RowTest test, rules[i]->test(with_prefix(context, i)));
    tables.insert(tables.end(), test.tables.begin(), test.tables.end());
    joins.insert(joins.end(), test.joins.begin(), test.joins.end());
    // CASE, not AND: what the condition leaves out must not be evaluated.
    const std::string& where = rules[i]->settings().where.value;
    std::string broken = where.empty() ? test.broken : fmt::format("CASE WHEN ({}\n) THEN ({}) END", where, test.broken);
    tests.push_back(fmt::format("coalesce({}, false) AS \"_broken_{}\"", broken, i));
    any.push_back(fmt::format("\"_broken_{}\"", i));
  }
  return fmt::format("{}{}SELECT * FROM (SELECT t.*, {} FROM {} AS t {}) WHERE {} ORDER BY _row", tables.empty() ? "" : "WITH ",
                     tables.empty() ? "" : fmt::format("{} ", fmt::join(tables, ", ")), fmt::join(tests, ", "),
                     PlanContext::from(context.table), fmt::join(joins, " "), fmt::join(any, " OR "));
}

Result<Facts> facts_sql(const std::vector<const Rule*>& rules, const PlanContext& context) {
  Facts out;
  std::vector<std::string> columns{"count(*)"};
  for (const Rule* rule : rules) {
    if (!rule->judges_rows() || rule->settings().where.value.empty()) continue;
    columns.push_back(fmt::format("count(*) FILTER (WHERE {}\n)", rule->settings().where.value));
    out.judged.push_back(rule);
  }
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i]->judges_rows()) continue;
    const auto* rule = dynamic_cast<const TableRule*>(rules[i]);
    SINAN_TRY(auto measures, rule->measures(with_prefix(context, i)));
    columns.insert(columns.end(), measures.begin(), measures.end());
    out.measured.emplace_back(rule, measures.size());
  }
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = fmt::format("CAST({} AS BIGINT) AS \"_fact_{}\"", columns[i], i);
  out.sql = fmt::format("SELECT {} FROM {} AS t", fmt::join(columns, ", "), PlanContext::from(context.table));
  return out;
}

}  // namespace sinan::quality

// Makes the two statements that judge one table: one for its aggregates, one that yields every bad row with the rules that it breaks.
#pragma once

#include "data/quality/quality.hpp"

namespace sinan::quality {

// Rows that break at least one of `rules`, in order of `_row`: all columns of the table, then `_row`, then one boolean per rule. The
// table must be read with its held back rows (fabric::QueryOptions::with_rejected).
Result<std::string> bad_rows_sql(const std::vector<const RowRule*>& rules, const PlanContext& context);

// One row of BIGINTs: all rows, then for each row rule with a condition the rows that it judges, then the measures of each table rule.
struct Facts {
  std::string sql;
  std::vector<const Rule*> judged;                                 // column 1 + i counts its rows
  std::vector<std::pair<const TableRule*, std::size_t>> measured;  // the rule and its number of columns
};
Result<Facts> facts_sql(const std::vector<const Rule*>& rules, const PlanContext& context);

}  // namespace sinan::quality

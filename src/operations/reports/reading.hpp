// Reading query results row by row, for the collectors of a report.
#pragma once

#include <functional>
#include <set>

#include "operations/reports/collect.hpp"

namespace sinan::reports {

// One row of a result; columns by their place. Nulls are NaN, 0, "" or nullopt.
class RowView {
 public:
  RowView(const Batch& batch, std::size_t row) : batch_(batch), row_(row) {}
  bool is_null(std::size_t column) const { return batch_.columns[column].is_null(row_); }
  double number(std::size_t column) const;
  std::int64_t integer(std::size_t column) const;
  std::string text(std::size_t column) const { return batch_.columns[column].to_text(row_); }
  std::optional<Date> date(std::size_t column) const;  // DATE
  Decimal decimal(std::size_t column) const;           // of DECIMAL(p, 4), or rounded from another number

 private:
  const Batch& batch_;
  std::size_t row_;
};

// Queries at the report's version, as its principal.
class Reader {
 public:
  explicit Reader(const CollectContext& context) : context_(context) {}
  Status each(const std::string& sql, const std::function<void(const RowView&)>& row, std::optional<lake::Version> at = {}) const;
  // Columns of a table in small letters; empty when it is not there.
  std::set<std::string> columns(const std::string& table) const;
  // `column` of `alias` if the table has it, else `fallback`: for columns that the canonical model calls optional.
  std::string optional(const std::string& table, const std::string& alias, const std::string& column, const std::string& fallback) const;
  const CollectContext& context() const { return context_; }

 private:
  const CollectContext& context_;
};

// A text as an SQL literal.
std::string literal(const std::string& text);

void collect_reading(const CollectContext& context, ReportData& data);
void collect_refused(const CollectContext& context, ReportData& data);
void collect_golden(const Reader& reader, ReportData& data);
void collect_decisions(const Reader& reader, ReportData& data);
void collect_risk(const Reader& reader, ReportData& data);
void collect_forecast(const Reader& reader, ReportData& data);
void collect_bursts(const Reader& reader, ReportData& data);
void collect_models(const Reader& reader, ReportData& data);
void collect_cost(const Reader& reader, ReportData& data);

// Names of items, for ids that a section shows; in Chinese too where ops.items has `name_zh`.
std::map<std::string, Text> item_names(const Reader& reader, const std::set<std::string>& ids);

// Most money at stake first, then what runs out first.
bool worse_risk(const RiskLine& a, const RiskLine& b);
bool larger_surplus(const SurplusLine& a, const SurplusLine& b);

// Range of a day's total around its forecast, from how the totals of the last weeks scattered around the mean of their weekday: the
// relative residuals' 10 % and 90 % quantiles. nullopt for fewer than 14 days.
std::optional<std::pair<double, double>> scatter(const std::vector<DayPoint>& days);

}  // namespace sinan::reports

// The parts that sections of the page are made of.
#pragma once

#include "operations/reports/html.hpp"

namespace sinan::reports {

// How a column stands on a wide screen, and in the card that its row becomes on a phone.
enum class Place {
  kText,    // the whole width of the card
  kNumber,  // aligned to the right; a third of the card, below its title
  kShort,   // never broken; a third of the card
};

struct ColumnHead {
  Text title;
  Place place = Place::kText;
};

// A table that becomes a list of cards on a phone, headed by the first column. Cells are HTML; each row has one per column.
class TableHtml {
 public:
  explicit TableHtml(std::vector<ColumnHead> heads) : heads_(std::move(heads)) {}
  void row(std::vector<std::string> cells, std::string_view css = {});
  std::string finish() const;

 private:
  std::vector<ColumnHead> heads_;
  std::string rows_;
};

// <section> with its heading, a sentence, its content and the origins of its numbers.
std::string section_html(const std::string& id, const Text& title, const std::string& summary_html, const std::string& content,
                         const Section& section, std::int64_t lake_version);

// The designed emptiness of a section.
std::string empty_html(const Text& words);
// "and 34 more: `sinan decisions list`"; empty when nothing is left.
std::string more_html(std::int64_t left, const std::string& command);

std::string style_sheet();

std::string decisions_waiting_section(const ReportData& data);
std::string risk_section(const ReportData& data);
std::string surplus_section(const ReportData& data);
std::string forecast_section(const ReportData& data);
std::string bursts_section(const ReportData& data);
std::string models_section(const ReportData& data);
std::string automatic_section(const ReportData& data);
std::string cost_section(const ReportData& data);
std::string read_section(const ReportData& data);
std::string refused_section(const ReportData& data);
std::string golden_section(const ReportData& data);
std::string assumptions_section(const ReportData& data);
std::string run_section(const ReportData& data);

}  // namespace sinan::reports

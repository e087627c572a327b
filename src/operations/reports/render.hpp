// The daily report as one self-contained HTML page: no script, no request to anywhere, both languages in it, for screen, phone and paper.
#pragma once

#include "operations/reports/report_data.hpp"

namespace sinan::reports {

// The page. Its language is switched by two radio buttons and CSS; the first shown is data.language.
std::string render_html(const ReportData& data);

// What the page may do, for the Content-Security-Policy header: its own style sheet by hash, and nothing else.
std::string content_security_policy();

// The day in one to three plain sentences: what waits, what runs out, what went wrong.
Text headline(const ReportData& data);
// What else a reader should know at once: what was ordered, how good forecasts are, what was refused.
Text lead(const ReportData& data);

}  // namespace sinan::reports

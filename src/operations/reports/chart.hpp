// Charts as inline SVG: no script, no style attributes (the page's content security policy forbids both), colours by class.
#pragma once

#include <string>

#include "operations/reports/report_data.hpp"

namespace sinan::reports {

struct ChartSize {
  double width;
  double height;
  std::string css_class;  // "wide" or "narrow": the page shows the one that fits
};

// Actual days as a line, days ahead as a line with the band from 10 % to 90 %, labelled where they end. Empty days give "".
std::string forecast_chart(const std::vector<DayPoint>& days, Date today, const ChartSize& size);

// Steps of a run as bars over time.
std::string steps_chart(const std::vector<StepLine>& steps, const ChartSize& size);

// How long stock lasts beside how long help takes: a bar with a mark at the lead time. Up to 30 days.
std::string cover_bar(double cover_days, double lead_time_days);

// A plain bar, 0…1 of its width.
std::string share_bar(double share, const std::string& css_class);

// Values at which to draw grid lines: 0 up to at least `maximum`, three to five round steps.
std::vector<double> nice_ticks(double maximum);

}  // namespace sinan::reports

// A picture of one series and its forecasts: history, median, a band for each symmetric pair of quantiles. SVG without script; colours by
// class, from a style sheet that knows light and dark.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sinan::demand {

struct PlotBand {
  double share = 0;  // between both, 0.8 for 0.1 and 0.9
  std::vector<double> low;
  std::vector<double> high;
};

// A forecast from one origin; its first period is `begin` of the plot's times.
struct PlotForecast {
  std::size_t begin = 0;
  std::vector<double> median;
  std::vector<PlotBand> bands;  // widest first; as long as `median`
};

struct ForecastPlot {
  std::string id;                  // any bytes
  std::string model;               // of the newest origin
  std::vector<std::string> times;  // of all periods drawn, as in the file
  std::vector<double> actual;      // from the first time on; NaN is missing
  std::vector<PlotForecast> forecasts;
  std::string note;  // "newest 240 of 10,000 periods"
};

struct PlotSize {
  double width = 860;
  double height = 320;
};

// `alone`: with its style sheet, as a file of its own; otherwise for a page that has plot_style().
std::string draw_plot(const ForecastPlot& plot, const PlotSize& size, bool alone);
std::string plot_style();

// Where labels of the axis of time belong: periods that begin a round unit (a year, a month, an hour, a multiple), at most `most`.
struct TimeTick {
  std::size_t index;
  std::string label;
};
std::vector<TimeTick> time_ticks(const std::vector<std::string>& times, std::size_t most);

}  // namespace sinan::demand

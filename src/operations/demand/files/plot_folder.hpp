// The folder of `sinan forecast --plot`: an SVG file for each series chosen, and index.html that shows them all.
#pragma once

#include <filesystem>
#include <vector>

#include "intelligence/forecasting/forecast.hpp"
#include "operations/demand/files/forecast_plot.hpp"
#include "operations/demand/files/panel.hpp"

namespace sinan::demand {

// A name for a file that any disk takes, made of `id`: letters, digits, dot, dash and underscore, not hidden, and none of `taken`, which
// holds names in lower case and receives this one. Ends in ".svg".
std::string plot_file_name(std::string_view id, std::vector<std::string>& taken);

class PlotFolder {
 public:
  static constexpr std::size_t kUsual = 6;
  static constexpr std::size_t kMost = 500;
  static constexpr std::size_t kMostOrigins = 60;

  // Chooses the series and tries the folder, before the work is done: an id that is not in the file, a folder that cannot be written or
  // that has an index.html of another hand is kInvalidInput.
  static Result<PlotFolder> open(const FileForecastOptions& options, const FilePanel& file);

  // Keeps what belongs to the chosen series: `kept[row]` is the series of a row of `forecasts`, made without the last `periods` values.
  void add(const forecasting::Forecasts& forecasts, const std::vector<std::size_t>& kept, std::size_t periods);

  // Writes all; returns how many series.
  Result<std::size_t> finish() const;

 private:
  struct Chosen {
    std::size_t series;
    std::size_t from;         // the first period drawn
    std::size_t undrawn = 0;  // origins before that, or more than kMostOrigins
    ForecastPlot plot = {};
  };
  Status write(const std::string& name, std::string_view content) const;

  std::filesystem::path folder_;
  std::vector<Chosen> chosen_;
  const FilePanel* file_ = nullptr;
};

}  // namespace sinan::demand

// The series of a file on their common grid.
#pragma once

#include "base/series.hpp"
#include "operations/demand/calendar.hpp"
#include "operations/demand/file_forecast.hpp"

namespace sinan::demand {

struct FilePanel {
  Panel panel;
  std::vector<int> seasons;  // per series, when there is a column `season`
  Calendar calendar;
  std::vector<Stamp> last;                // of each series
  std::vector<std::string> last_written;  // the same as in the file: the style of times to come
  std::size_t rows = 0;
  std::vector<std::string> unused;
};

Result<FilePanel> read_file_panel(const FileForecastOptions& options);

}  // namespace sinan::demand

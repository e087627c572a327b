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
};

// The file as a FROM expression; every column of a CSV is text.
std::string file_sql(const std::filesystem::path& file);

Result<FilePanel> read_file_panel(const FileForecastOptions& options);

}  // namespace sinan::demand

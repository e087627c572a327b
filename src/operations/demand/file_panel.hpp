// The series of a file on their common grid.
#pragma once

#include <functional>

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

// Whether a column of that name is none that a file of series must or may have.
bool is_driver(std::string_view column);

// The file as a FROM expression; every column of a CSV is text.
std::string file_sql(const std::filesystem::path& file);

struct FileSize {
  std::size_t rows = 0;        // of CSV an estimate, from its bytes
  bool other_columns = false;  // there are columns beside unique_id, ds, y and season
};
Result<FileSize> file_size(const FileForecastOptions& options);

// The whole file.
Result<FilePanel> read_file_panel(const FileForecastOptions& options);
// One in `part` of its series, by id and seed.
Result<FilePanel> read_file_sample(const FileForecastOptions& options, std::size_t part);
// Calls `work` with `series` series at a time, so that memory does not grow with the file. Each series must lie in one piece:
// kPrecondition where one does not, which may be seen at the end only.
Status each_file_block(const FileForecastOptions& options, const Calendar& calendar, std::size_t series,
                       const std::function<Status(FilePanel&)>& work);

}  // namespace sinan::demand

// The drivers of a file of series: its columns beside unique_id, ds, y and season, and those of a second file with the periods ahead.
//
// A column of numbers is a driver as it is; any other, with at most 1,000 different texts, becomes codes. One that has a single value in
// each series does not change in time. Empty cells, and periods without a row, are unknown. The calendar adds its own, when it is asked
// for.
#pragma once

#include "intelligence/forecasting/drivers/drivers.hpp"
#include "operations/demand/files/panel.hpp"

namespace sinan::demand {

// Where the file of the future begins later than the period after a series' end, the periods between are missing in its history: they are
// added to `panel`. Not where it has rows of at most half of the periods ahead, as of promotions alone. Nothing is done without such a
// file. Returns how many series that happened to, in a sentence; empty: to none.
Result<std::string> reach_future(const FileForecastOptions& options, FilePanel& panel);

struct FileDrivers {
  forecasting::Drivers drivers;                                // known ahead: those of the file of the future
  std::map<std::string, std::vector<std::string>> categories;  // driver → its texts by code
  // Of drivers that were found not to change in time, and were not said to be so: in which value of each series the first one is.
  std::map<std::string, std::vector<std::size_t>> known_since;
  std::vector<std::string> used;
  std::vector<std::string> unused;  // each with the reason
  std::vector<std::string> notes;   // on the file of the future: what of it was not used, and what is missing in it
};

// `panel` is what read_file_panel() made of the same options. Errors name file, series and column.
Result<FileDrivers> read_file_drivers(const FileForecastOptions& options, const FilePanel& panel);

// As they were `periods` before the end, for the series `kept`: what lies ahead is seen of drivers named in `known`, and of the calendar;
// of one that does not change in time, in series of which it had been told by then.
forecasting::Drivers drivers_before(const FileDrivers& found, const Panel& panel, const std::vector<std::size_t>& kept, std::size_t periods,
                                    const std::vector<std::string>& known);

}  // namespace sinan::demand

// The bursts in the history of a file's series (forecasting/live/bursts.hpp), as a file.
#pragma once

#include <string>

#include "operations/demand/files/drivers.hpp"

namespace sinan::demand {

// Writes options.bursts, CSV or Parquet by the ending: unique_id, ds and end (the first and the last period, as in the file), size (demand
// over expected), expected (the sum of what was, without it), confidence, kind (burst, promotion, outlier). Series in the order of the
// file, oldest bursts first. A column `promotion`, or `promo`, of the input, read as a driver, marks periods of promotion: numbers above
// zero, or texts other than 0, false, no and none; other periods say one of these, for an empty cell is unknown. The season is the given
// one, else the usual one of the calendar: found in the data it would know what came later. Periods that are only numbers count as days
// where a rate per year is meant. Returns how many there are of which kind, in a sentence.
Result<std::string> write_bursts(const FileForecastOptions& options, const FilePanel& file, const FileDrivers& drivers);

}  // namespace sinan::demand

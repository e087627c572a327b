// What somebody should be told of a forecast of a file that is no error, in sentences.
#pragma once

#include "intelligence/forecasting/forecast.hpp"
#include "operations/demand/files/panel.hpp"

namespace sinan::demand {

// On how its series were read: of another frequency, or ended before the others.
std::vector<std::string> remarks_on(const FileForecastOptions& options, const Noticed& thin, const Noticed& ended,
                                    const Calendar& calendar);
// The same of a file that was read whole, of which the first `parts` series stood in it; and on where these end.
std::vector<std::string> remarks_on(const FileForecastOptions& options, const FilePanel& file, std::size_t parts);
// On what was asked for and was not used: the season of `seasons`, or `options.models`. `forecasts` are of series `kept`.
std::vector<std::string> remarks_on(const FileForecastOptions& options, const FilePanel& file, const forecasting::Forecasts& forecasts,
                                    std::span<const std::size_t> kept, std::span<const int> seasons);

}  // namespace sinan::demand

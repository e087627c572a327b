// Why a forecast of a file is what it is, for people and as JSON.
#pragma once

#include "base/json.hpp"
#include "intelligence/forecasting/explanation/explain.hpp"
#include "operations/demand/files/drivers.hpp"
#include "operations/demand/files/panel.hpp"

namespace sinan::demand {

// Everything with the names and times of the file.
struct FileExplanation {
  std::string series;
  std::string frequency;
  std::vector<std::string> ds;                                 // of the steps
  std::vector<std::string> alike;                              // of Explanation::alike
  std::map<std::string, std::vector<std::string>> categories;  // driver → its texts by code
  forecasting::Explanation why;
};

// Series `id` of the file; kNotFound names those there are.
Result<FileExplanation> explain_series(const FilePanel& file, const FileDrivers& drivers, const Panel& panel, std::span<const int> seasons,
                                       const forecasting::Options& options, const forecasting::Forecasts& forecasts, const std::string& id);

// {"series", "frequency", "class", "season", "model", "steps": [{"ds", "yhat", "pool", "trees": {"share", "expected", "effects":
// [{"driver", "value", "score"}], "score", "centre", "unit", "forecast"}}], "members": [{"model", "yhat": […], "weight"}], "median_share",
// "traits": {…}, "alike": [{"ds", "y", "likeness"}], "borrowed": {"attributes", "series", "cases", "level", "own", "own_weight", "periods",
// "season", "season_power", "spread", "drift"}}; weights and traits only where there are learned weights, the last only of series that
// borrow (forecasting::Borrowed).
Json to_json(const FileExplanation& explanation);
// The first step in full, the others in a line each.
std::string to_text(const FileExplanation& explanation);

}  // namespace sinan::demand

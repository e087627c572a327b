// `sinan forecast` without the terminal: a CSV or Parquet file of many series in, forecasts out. No workspace.
//
// In: columns unique_id, ds, y and, if it is there, season (the period of each series); rows in any order; files ending in .parquet are
// read as such, all others as CSV (.gz too). Out: unique_id, ds, [cutoff, y,] yhat, a column per quantile (q10, q99.9), model; CSV, or
// Parquet when the name ends so. Series come in the order in which they are first met.
//
// In a backtest, and where missing rows are zero, series of which most end in the same period end together: those that end earlier have had no
// demand since.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/cancel.hpp"
#include "base/result.hpp"

namespace sinan::demand {

struct FileForecastOptions {
  std::filesystem::path input;
  std::filesystem::path output;  // empty: CSV to `print`
  int horizon = 0;
  int season = 0;         // 0: of the column `season`, else found in the data
  std::string frequency;  // empty: found
  std::vector<double> quantiles = {0.1, 0.5, 0.9};
  bool cumulative = false;  // rows are sums from the first step on; yhat is their mean
  bool zero_gaps = false;   // missing rows and empty values are zero
  int backtest = 0;         // > 0: that many origins, `step` periods apart
  int step = 1;
  int threads = 1;
  std::uint64_t seed = 1;
  std::vector<std::string> models;       // empty: all
  std::filesystem::path plot;            // a folder for pictures; empty: none
  std::vector<std::string> plot_series;  // their ids; empty: a few, spread over the file
  const CancelToken* cancel = nullptr;
  Progress progress;
  std::function<void(std::string_view)> print;  // receives CSV when there is no output file
};

struct FileForecastReport {
  std::size_t series = 0;
  std::size_t rows_read = 0;
  std::size_t rows_written = 0;
  std::size_t plotted = 0;          // series with a picture
  bool bands = false;               // two quantiles are symmetric, so that pictures have a band
  std::string frequency;            // "monthly"
  std::vector<std::string> unused;  // columns of the input that were not used
};

// Errors name the file, and the series by its id: a column that is missing, a time or number that cannot be read, two rows of one time,
// infinite values. The output file is written whole or not at all.
Result<FileForecastReport> forecast_file(const FileForecastOptions& options);

}  // namespace sinan::demand

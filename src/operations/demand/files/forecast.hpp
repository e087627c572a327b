// `sinan forecast` without the terminal: a CSV or Parquet file of many series in, forecasts out. No workspace.
//
// In: columns unique_id, ds, y and, if it is there, season (the period of each series); rows in any order; files ending in .parquet are
// read as such, all others as CSV (.gz too). Out: unique_id, ds, [cutoff, y,] yhat, a column per quantile (q10, q99.9), model; CSV, or
// Parquet when the name ends so. Series come in the order in which they are first met.
//
// Other columns are drivers (files/drivers.hpp): prices, promotions, weather, attributes. Those that `future` also holds are known ahead:
// its rows are unique_id, ds and drivers of the periods of the horizon. `events` holds texts that became known in time (files/events.hpp);
// an origin sees those that were known by then, also in a backtest.
//
// New series borrow from older ones with the same attributes (forecasting/newcomers/newcomers.hpp); one whose every y is empty is forecast
// from what these began with, from the period after its last row on.
//
// With `hierarchy` or `blocks` forecasts add up (forecasting/hierarchy/coherent.hpp), and yhat is their mean: the sums of series follow the
// series (files/hierarchy.hpp); rows of longer periods follow those of single ones, and a column `periods` says of how many each row is the
// sum, up to its ds.
//
// A large file whose series lie in one piece each is streamed, and takes little memory: without drivers, backtest, bursts and pictures, to
// an output file. Where forecasts are to add up they are kept until all are made, the histories are not.
//
// In a backtest, and in sums, series of which most end in the same period end together, and where missing rows are zero all do: those that
// end earlier have had no demand since.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/cancel.hpp"
#include "base/result.hpp"
#include "intelligence/forecasting/hierarchy/reconciliation.hpp"
#include "operations/demand/holidays.hpp"
#include "platform/llm/embedder.hpp"

namespace sinan::demand {

struct FileExplanation;  // files/explanation.hpp

struct FileForecastOptions {
  std::filesystem::path input;
  std::filesystem::path future;  // empty: no driver is known ahead
  std::filesystem::path events;  // empty: none
  // Of the texts of events, which are sent to that endpoint; not set: they are read by their words alone.
  std::optional<llm::EmbedderOptions> embeddings;
  std::vector<std::string> known_ahead;  // drivers that a backtest sees beyond its origins
  std::vector<std::string> fixed;        // drivers that must not change in time
  bool drivers = true;                   // false: forecasts are made from y alone
  forecasting::TreeMethod trees = forecasting::TreeMethod::kBoosting;
  std::optional<std::vector<Holidays>> holidays;  // the calendar is a driver, with these holidays; only for daily series
  std::filesystem::path output;                   // empty: rows to `print`
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
  std::size_t stream_rows = 5'000'000;  // files with more rows are read, forecast and written some series at a time, where that is possible
  std::size_t stream_series = 20'000;   // at a time
  std::size_t sample_rows = 2'000'000;  // of those, from which the shapes of errors are learnt
  std::vector<std::string> models;      // empty: all
  std::vector<std::string> hierarchy;   // sums by these columns ("category", "category*place"), and the total; empty: none
  std::vector<std::string> blocks;      // longer periods: numbers of periods, or "day", "week", "quarter", "year"
  forecasting::Reconciliation reconciliation = forecasting::Reconciliation::kWls;
  std::filesystem::path metrics;         // of a backtest: what its forecasts were worth (files/metrics.hpp); empty: not written
  std::filesystem::path bursts;          // of the history (files/bursts.hpp); empty: not written
  std::filesystem::path plot;            // a folder for pictures; empty: none
  std::vector<std::string> plot_series;  // their ids; empty: a few, spread over the file
  std::string explain;                   // the series whose forecast is explained; empty: none
  std::filesystem::path tree;            // for its picture (files/tree_plot.hpp); empty: none
  const CancelToken* cancel = nullptr;
  Progress progress;
  std::function<void(std::string_view)> print;  // receives the rows when there is no output file
  bool print_json = false;                      // as JSON, not as CSV
};

struct FileForecastReport {
  std::size_t series = 0;
  std::size_t sums = 0;  // of series, that were forecast too
  std::size_t rows_read = 0;
  std::size_t rows_written = 0;
  std::size_t plotted = 0;           // series with a picture
  bool bands = false;                // two quantiles are symmetric, so that pictures have a band
  std::string frequency;             // "monthly"
  std::string bursts;                // how many were found, in a sentence
  std::string measured;              // of a backtest: what its forecasts were worth, in a sentence
  std::vector<std::string> drivers;  // that were learnt from
  std::vector<std::string> notes;    // on drivers: what was not used, and what was missing
  std::vector<std::string> remarks;  // on series that seem to be of another frequency, or ended before the others, in sentences
  // Of the last origin, per class that learnt from drivers: the share of trees in its median, or of sparse demand the power of their
  // factors, 0 … 1.
  std::map<std::string, double> tree_shares;
  std::size_t borrowed = 0;                            // series with a short history that borrow from others, at the last origin
  std::shared_ptr<const FileExplanation> explanation;  // when one was asked for
};

// kInvalidInput, kNotFound: what is asked for does not go together, or names files that cannot be read or written.
Status check(const FileForecastOptions& options);

// Errors name the file, and the series by its id: a column that is missing, a time or number that cannot be read, two rows of one time,
// infinite values. The output file is written whole or not at all.
Result<FileForecastReport> forecast_file(const FileForecastOptions& options);

}  // namespace sinan::demand

// What the forecasts of a backtest were worth, by class of demand (forecasting/evaluation/evaluation.hpp), as a file and as a sentence.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "intelligence/forecasting/evaluation/evaluation.hpp"
#include "intelligence/forecasting/forecast.hpp"
#include "operations/demand/files/panel.hpp"

namespace sinan::demand {

class FileMetrics {
 public:
  FileMetrics(const FilePanel& file, std::vector<double> quantiles);

  // What was forecast at one origin, without the last `periods` values: `kept[row]` is the series of a row. `seasons` as given to
  // forecast().
  void add(const forecasting::Forecasts& forecasts, const std::vector<std::size_t>& kept, std::span<const int> seasons,
           std::size_t periods);

  // One row for each class, in the order of DemandClass, and `all`: class, series, windows, points, wape, mase, rmsse, owa, bias,
  // pinball, msis95 (of the widest pair of quantiles, here 95 %), coverage95, coverage80, …, unscaled, fit_us (microseconds that the
  // models of a series took on one thread). A window is a series at an origin. Class is the one that the series had then. CSV; JSON or
  // Parquet by the ending.
  Status write(const std::filesystem::path& path) const;

  // The row `all` for people.
  std::string sentence() const;

 private:
  struct Group {
    forecasting::Evaluation evaluation;
    std::vector<std::uint8_t> series;  // of the panel: whether one of its windows was scored
    double nanoseconds = 0;
    std::size_t fits = 0;
    std::size_t periods = 0;  // that were forecast
  };
  struct Row {
    std::string name;
    std::vector<std::pair<std::string, double>> cells;
  };
  Group& group(std::size_t number);
  static void add(Group& into, const forecasting::Window& window, std::size_t series, double nanoseconds);
  Row row(std::size_t group) const;

  const FilePanel& file_;
  std::map<std::size_t, Group> groups_;  // by class; the last is all
  std::vector<double> quantiles_;
};

}  // namespace sinan::demand

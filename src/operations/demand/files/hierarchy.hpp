// The hierarchy of a file of series: the total of all, and sums by its columns (category, place), as series behind the others.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "intelligence/forecasting/hierarchy/reconciliation.hpp"
#include "operations/demand/files/panel.hpp"

namespace sinan::demand {

class FileHierarchy {
 public:
  // The total, and a level for each of options.hierarchy, a column ("category") or several ("category*place"); without any there are no
  // sums. `options` must outlive it. kLimit: too many.
  static Result<FileHierarchy> open(const FileForecastOptions& options);

  // Takes in series, read with what they have in these columns. A gap in one is what clean() (forecasting/clean.hpp) fills it with.
  // kInvalidInput, with its place: one ends in another period than others.
  Status add(const FilePanel& file);
  // The sums of all series so far, level by level, by name: "total", "category=tea", "category=tea, place=Xi'an". In a
  // backtest, where they are held against forecasts, a period of which more than a tenth fills gaps of its series is missing.
  // kInvalidInput: one is named as a series is.
  Result<FilePanel> sums() const;
  // Of a panel of series `kept`, as parts and sums are numbered, cut before an origin: its sums anew, from what of the parts is in it. A
  // gap that goes on after the origin is then filled with what was known.
  void sum_up(Panel& panel, std::span<const std::size_t> kept, std::span<const int> seasons) const;

  std::size_t parts() const { return parts_; }
  // Of the series `kept`, numbered as they were added and sums behind them; a sum is kept where one of its parts is.
  forecasting::Sums sums_of(const std::vector<std::size_t>& kept) const;
  // Of all.
  forecasting::Sums all_sums() const;

 private:
  struct Sum {
    std::uint32_t number = 0;  // in the order in which they are met
    std::vector<double> newest_first;
    std::vector<double> guessed;  // in a backtest, newest first: the size of what fills gaps of its series
    std::string least_id;         // of its series
    int season = 0;               // of that one
  };
  struct Level {
    std::vector<std::string> columns;   // none: the total
    std::map<std::string, Sum> sums;    // by name
    std::vector<std::uint32_t> sum_of;  // of each part, the number
  };

  explicit FileHierarchy(const FileForecastOptions& options) : options_(&options) {}

  const FileForecastOptions* options_;
  std::size_t parts_ = 0;
  std::vector<Level> levels_;
  std::set<std::string> doubtful_;  // ids that could be names of sums
  FilePanel like_;                  // without series: what the sums have in common with them
};

}  // namespace sinan::demand

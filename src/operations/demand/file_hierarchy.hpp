// The hierarchy of a file of series: the total of all, and sums by its columns (category, place), as series beside the others.
#pragma once

#include "intelligence/forecasting/hierarchy/reconciliation.hpp"
#include "operations/demand/file_panel.hpp"

namespace sinan::demand {

class FileHierarchy {
 public:
  // Appends the sums to the series of `file`: first the total, then those of each of options.hierarchy, a column ("category") or several
  // ("category*place"), by name: "total", "category=tea", "category=tea, place=Xi'an". Without any, only remembers how many series there
  // are. A gap in a series is what clean() (forecasting/clean.hpp) fills it with. kInvalidInput, with its place: a column that is not there
  // or changes in time, series that end in different periods, a sum named as a series is.
  static Result<FileHierarchy> read(const FileForecastOptions& options, FilePanel& file);

  std::size_t parts() const { return parts_; }
  // Of the series `kept` of the file, parts before sums; a sum is kept where one of its parts is.
  forecasting::Sums sums_of(const std::vector<std::size_t>& kept) const;

 private:
  std::size_t parts_ = 0;
  std::vector<forecasting::Sums::Level> levels_;
};

}  // namespace sinan::demand

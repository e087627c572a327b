// The series of a file on their common grid.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>

#include "base/series.hpp"
#include "base/table.hpp"
#include "operations/demand/files/calendar.hpp"
#include "operations/demand/files/forecast.hpp"

namespace sinan::demand {

// Series of a file that somebody should be told of.
struct Noticed {
  std::size_t count = 0;
  std::string first;  // id

  void add(const std::string& id) {
    if (count++ == 0) first = id;
  }
  void add(const Noticed& more) {
    if (count == 0) first = more.first;
    count += more.count;
  }
};

struct FilePanel {
  Panel panel;
  std::vector<int> seasons;  // per series, when there is a column `season`
  Calendar calendar;
  std::vector<Stamp> last;                // of each series
  std::vector<std::string> last_written;  // the same as in the file: the style of times to come
  TypeId ds_type = TypeId::kText;         // of its column: text, or in a Parquet file whole numbers, dates or times
  // What each series has in the columns of options.hierarchy, by column: trimmed; empty: nothing.
  std::map<std::string, std::vector<std::string>> attributes;
  std::size_t rows = 0;
  // No two rows are of neighbouring periods, though there are several: of another frequency, or only the periods with demand were written.
  Noticed thin;
  Noticed ended;  // before the others, and read as without demand since, though missing rows are not zero
};

// Whether a column of that name is none that a file of series must or may have.
bool is_driver(std::string_view column);

// kInvalidInput, which begins with `option`: one of `columns` is none of `schema` in which series can have something.
Status check_attributes(const FileForecastOptions& options, const Schema& schema, std::span<const std::string> columns,
                        std::string_view option);
// The value of such a column as SQL: trimmed text, or null.
std::string attribute_sql(const std::string& column);

// What to say of one that is not the same in all rows of a series.
std::string changes_in_time(std::string_view option, std::string_view column, std::string_view before, std::string_view after);

struct FileSize {
  std::size_t rows = 0;        // of CSV an estimate, from its bytes
  bool other_columns = false;  // there are columns beside unique_id, ds, y and season
};
Result<FileSize> file_size(const FileForecastOptions& options);

// In which period most series end.
struct CommonEnd {
  Stamp last;
  std::string written;
};

// The whole file.
Result<FilePanel> read_file_panel(const FileForecastOptions& options);
// One in `part` of its series, by id and seed. kPrecondition: these are none.
Result<FilePanel> read_file_sample(const FileForecastOptions& options, std::size_t part);
// Where most of the series of `file` end together; none if they do not.
std::optional<CommonEnd> common_end(const FilePanel& file);
// Calls `work` with `series` series at a time, so that memory does not grow with the file. Series that end before `end`, if that is given,
// have had no demand since. kPrecondition, which may be seen at the end only: a series does not lie in one piece, or ends later.
Status each_file_block(const FileForecastOptions& options, const Calendar& calendar, const std::optional<CommonEnd>& end,
                       std::size_t series, const std::function<Status(FilePanel&)>& work);

}  // namespace sinan::demand

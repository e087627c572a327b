// `sinan forecast --events`: a file of events beside the series, CSV or Parquet.
//
// Columns: ds (when it became known), text; optionally starts and ends (the periods that it speaks of, when these are not its own), and
// whom it is about: unique_id, or columns of the series that do not change in time (category, place). An empty cell is any. Times are
// written as those of the series, or as dates beside times and times beside dates.
//
// With options.embeddings each different text is sent to that endpoint once, also those that a backtest sees at none of its origins, and
// events make topics (forecasting/drivers/topics.hpp). What an origin knows of a text is what the text says and what the endpoint's model
// has learnt; a model that was trained on later news may know more of a word than anybody did then.
#pragma once

#include "intelligence/forecasting/drivers/events.hpp"
#include "operations/demand/events/scopes.hpp"
#include "operations/demand/files/attributes.hpp"

namespace sinan::demand {

class FileEvents {
 public:
  // Without options.events there are none. Errors name the file and the row (1 is the first after the header): a column that is missing or
  // means nothing, a time that cannot be read, an end before its start, and limits (forecasting/drivers/events.hpp). Of
  // the endpoint: those of llm::embed(); nothing is sent before the file has been read without a mistake.
  static Result<FileEvents> read(const FileForecastOptions& options, const FilePanel& file);

  bool empty() const { return texts_.empty(); }
  // As seen from `period`, a number as in Panel::ends, for the series `kept` of the file. An event is known at the first period whose ds
  // is its own or later; a date counts as the end of its day.
  forecasting::Events seen_from(std::int64_t period, const std::vector<std::size_t>& kept) const;

  std::size_t size() const { return texts_.size(); }
  // ", read with embeddings of NAME"; empty: by their words alone.
  const std::string& how_read() const { return how_read_; }
  // What was not used: events about no series of the file.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  forecasting::EventTexts texts_;
  std::vector<std::vector<std::uint32_t>> scopes_of_;  // series of the file → scopes
  double half_life_ = 7;
  std::string how_read_;
  std::vector<std::string> notes_;
};

}  // namespace sinan::demand

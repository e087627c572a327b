// Writes the three tables of an entity.
#pragma once

#include "data/master/records.hpp"

namespace sinan::master {

// Rows of one lake table on their way in, cell by cell, in the order of its schema.
class TableWriter {
 public:
  static Result<TableWriter> start(lake::Lake& lake, const std::string& table, Schema schema, std::vector<std::string> key);

  TableWriter& text(std::string_view value);  // "" becomes NULL where the column may be
  TableWriter& whole(std::int64_t value);     // numbers and times
  TableWriter& real(double value);
  Status end_row();
  // The load, for one commit together with others.
  Result<lake::Lake::Load> finish(lake::Mode mode);

 private:
  TableWriter(Schema schema, std::unique_ptr<lake::Staged> staged);
  Column& next() { return buffer_.columns[column_++]; }
  void clear();

  Schema schema_;
  std::unique_ptr<lake::Staged> staged_;
  Batch buffer_;
  std::size_t column_ = 0;
};

Schema golden_schema(const Entity& entity);
const Schema& links_schema();
const Schema& history_schema();

}  // namespace sinan::master

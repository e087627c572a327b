// quality.quarantine: the rows that rules hold back, each with the rule, the reason and the row itself. Every check replaces it.
#pragma once

#include "data/lake/lake.hpp"

namespace sinan::quality {

class Quarantine {
 public:
  struct Entry {
    std::string table;  // "erp.orders"
    std::string key;
    std::string rule;
    std::string reason;
    std::string run_id;
  };

  static Result<std::unique_ptr<Quarantine>> start(lake::Lake& lake);

  // `schema` describes the first columns of `batch`; `row` is kept as a JSON object of them.
  Status add(Entry entry, const Schema& schema, const Batch& batch, std::size_t row);
  Result<lake::Version> commit();

 private:
  Quarantine(lake::Lake& lake, std::unique_ptr<lake::Staged> staged);
  Status flush();
  void clear();

  lake::Lake& lake_;
  std::unique_ptr<lake::Staged> staged_;
  Batch buffer_;
};

// Columns: source, table, key, rule, reason, run_id, row; all text.
const Schema& quarantine_schema();

// A row as one JSON object: numbers and booleans as such, decimals, dates and times as text, binary as "N bytes".
std::string row_json(const Schema& schema, const Batch& batch, std::size_t row);

}  // namespace sinan::quality

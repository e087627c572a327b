// The example company: a maker and seller of household goods that knows its own truth, for trying Sinan and for scoring it.
//
// create() writes a workspace (DIR), the company's data (DIR/data/…, or tables in PostgreSQL and MariaDB), and beside them the truth
// (DIR.truth/, described in its README.md), which the product never reads. The same options give the same company, bit for bit, whichever
// back end holds it. advance() lets days pass: sales happen from the true demand as far as stock reaches, ordered goods arrive, some late.
//
// Days are calendar days of each warehouse. The data end at midnight in the company's zone (Europe/Berlin), when every warehouse has
// closed its day.
#pragma once

#include <filesystem>
#include <string>

#include "base/cancel.hpp"
#include "base/time.hpp"

namespace sinan::example {

struct CreateOptions {
  std::filesystem::path dir;  // must not exist, or be empty
  std::uint64_t seed = 1;
  std::int64_t items = 2000;   // 1…20,000
  std::int64_t locations = 5;  // 1…5
  std::int64_t days = 730;     // 60…2,000
  std::string postgres;        // address of an empty database for the ERP; empty: SQLite at DIR/data/erp.db
  std::string mariadb;         // address of an empty database for the CRM; empty: SQLite at DIR/data/crm.db
  Instant now;                 // the data end at the last midnight before it, in the company's zone
};

// What was made, for telling the user.
struct Summary {
  std::int64_t items = 0;
  std::int64_t locations = 0;
  std::int64_t sales = 0;            // order lines, from ERP and shop
  std::int64_t purchase_orders = 0;  // lines
  std::int64_t broken_rows = 0;
  Date first;  // the first day with sales
  Date last;   // and the last
};

// kConflict if the folder, or one of the databases, holds something already. A folder that could not be finished is left as it is.
Result<Summary> create(const CreateOptions& options, const Progress& progress = {}, const CancelToken* cancel = nullptr);

// What happened in the days that passed.
struct Passed {
  std::int64_t days = 0;
  std::int64_t finished_days = 0;  // days before them, of an advance that was cut off after they had happened
  std::int64_t sales = 0;          // order lines
  std::int64_t units_sold = 0;
  std::int64_t units_lost = 0;  // demand that met an empty shelf
  std::int64_t orders_received = 0;
  std::int64_t orders_late = 0;  // of those: after the day that was promised
  Date last;                     // the last day with sales now
};

// `dir` is a folder that create() made, with its DIR.truth beside it. kNotFound if it is not. Days: 1…366. Killed at any moment, the days
// have happened or they have not: the next advance finishes or undoes what was cut off, and goes on from there.
Result<Passed> advance(const std::filesystem::path& dir, std::int64_t days);

}  // namespace sinan::example

// The store: metadata, decisions, positions and workflow state in one SQLite file (WAL, synchronous=FULL), behind a small SQL interface.
//
// A Store may be shared by threads; each operation takes its lock. Write transactions are serialised across processes by SQLite
// (busy timeout 30 s). A statement that fails because the disk is full gives kDiskFull, a locked file kUnavailable, a damaged one kCorrupt.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace sinan::storage {

using Cell = std::variant<std::nullptr_t, std::int64_t, double, std::string>;

class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string text(int column) const = 0;
};

// Inside a transaction, or a single autocommitted statement.
class Session {
 public:
  virtual ~Session() = default;
  // Runs one statement with `?` parameters; returns the number of rows changed.
  virtual Result<std::int64_t> execute(std::string_view sql, const std::vector<Cell>& parameters = {}) = 0;
  // Calls `each` for every row; `each` may return an error to stop.
  virtual Status query(std::string_view sql, const std::vector<Cell>& parameters, const std::function<Status(const Row&)>& each) = 0;
};

// Tables of one room. `version` counts from 1 and grows by one per entry, in order; applied once, in a transaction each.
struct Migrations {
  std::string room;                     // "decisions"
  std::vector<std::string> statements;  // statements[i] brings version i to i + 1; may hold several statements
};

class Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& file);
  // kUnavailable when any process, this one too, has the file open; a file that is not there is unused.
  static Status unused(const std::filesystem::path& file);
  virtual ~Store() = default;

  virtual Status migrate(const Migrations& migrations) = 0;
  // Runs `body` in one write transaction (BEGIN IMMEDIATE); commits durably when it returns success, rolls back otherwise.
  virtual Status transact(const std::function<Status(Session&)>& body) = 0;
  // Runs `body` on one consistent read snapshot.
  virtual Status read(const std::function<Status(Session&)>& body) = 0;
  // A consistent copy of the file, while others work.
  virtual Status backup(const std::filesystem::path& target) = 0;
};

}  // namespace sinan::storage

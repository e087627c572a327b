// How far back a read by cursor must begin, so that no row is lost whose transaction began earlier and committed later.
//
// A value that a transaction assigns to a growing cursor (a counter, the server's time) is at least the highest value that was visible to
// anyone when the transaction began. So each read keeps a mark: the highest cursor it saw, and when. If the oldest transaction that a
// read could not see began at time T, every row it may still bring has at least the cursor of the newest mark that is not later than T.
// Reading again from there, inclusive, loses nothing; rows that come twice are told by their key.
#pragma once

#include <optional>
#include <vector>

#include "base/json.hpp"

namespace sinan::sources {

class CursorMarks {
 public:
  CursorMarks() = default;
  explicit CursorMarks(const Json& state);
  Json to_json() const;

  // `cursor` is the highest value in a snapshot (null: no row), `at_us` a time at which that snapshot stood already.
  void add(std::int64_t at_us, Json cursor);
  // The cursor to read from next time, inclusive, when all transactions that the last snapshot could not see began at `oldest_us` or
  // later; nullopt: from the beginning. Forgets the marks that are older than the one it gives.
  std::optional<Json> settle(std::int64_t oldest_us);

 private:
  struct Mark {
    std::int64_t at_us;
    Json cursor;
  };
  std::vector<Mark> marks_;
};

}  // namespace sinan::sources

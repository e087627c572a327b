// Which golden id each group of records carries, so that a thing keeps its id from cycle to cycle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/master/master.hpp"

namespace sinan::master {

struct Identities {
  std::vector<std::string> id;       // of each group
  std::vector<bool> created;         // of each group: the id is new
  std::vector<Event> events;         // merges and splits
  std::vector<std::string> retired;  // earlier ids that no record carries any more
  std::int64_t last_number = 0;
};

// `before[g]` lists the earlier ids of the records of group g ("" for a record that is new); `known` all earlier ids. Ids are older the
// smaller they are. Each earlier id is inherited by the group that holds most of its records (of equal ones, the first); a group that
// inherits several keeps the oldest, and the others are merged into it; a group that holds records of an id that went elsewhere, and
// inherits none, gets a new one and is recorded as split off.
Identities assign_ids(const std::string& entity, const std::vector<std::vector<std::string>>& before, const std::vector<std::string>& known,
                      std::int64_t last_number);

}  // namespace sinan::master

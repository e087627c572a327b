// Which value of several the golden record takes.
#pragma once

#include "data/master/records.hpp"

namespace sinan::master {

// The record of `members` whose value of the attribute survives; nullopt when none has one. Ties go to the source that comes first in
// the entity's priority, then to the record that comes first by name.
std::optional<std::uint32_t> survivor(const Entity& entity, std::size_t attribute, const EntityRecords& records,
                                      const std::vector<std::uint32_t>& members);

}  // namespace sinan::master

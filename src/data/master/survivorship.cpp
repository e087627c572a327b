// Chooses the surviving value of an attribute.
#include "data/master/survivorship.hpp"

#include "base/text.hpp"

namespace sinan::master {
namespace {

std::int64_t rank_of(const Entity& entity, const std::string& source) {
  auto it = std::find(entity.source_priority.begin(), entity.source_priority.end(), source);
  return it - entity.source_priority.begin();
}

// How many records say the same in normal form; ten ways of writing one name are ten votes.
std::map<std::string, std::int64_t> votes(matching::Kind kind, const std::vector<std::string>& values,
                                          const std::vector<std::uint32_t>& members) {
  std::map<std::string, std::int64_t> out;
  for (std::uint32_t member : members)
    if (!values[member].empty()) ++out[matching::normalize(kind, values[member])];
  return out;
}

}  // namespace

std::optional<std::uint32_t> survivor(const Entity& entity, std::size_t attribute, const EntityRecords& records,
                                      const std::vector<std::uint32_t>& members) {
  const Attribute& rule = entity.attributes[attribute];
  const auto& values = records.values[attribute];
  std::map<std::string, std::int64_t> counts;
  std::map<std::string, std::int64_t> spellings;
  if (rule.survivorship == Survivorship::kMostFrequent) {
    counts = votes(rule.kind, values, members);
    for (std::uint32_t member : members) ++spellings[values[member]];
  }
  // Greater is better; priority settles ties.
  auto merit = [&](std::uint32_t member) -> std::tuple<std::int64_t, std::int64_t, std::int64_t> {
    std::int64_t priority = -rank_of(entity, records.names[member].source);
    switch (rule.survivorship) {
      case Survivorship::kSourcePriority: return {priority, 0, 0};
      case Survivorship::kNewest: return {records.updated_us[member], priority, 0};
      case Survivorship::kLongest: return {static_cast<std::int64_t>(utf8_length(values[member])), priority, 0};
      case Survivorship::kMostFrequent:
        return {counts[matching::normalize(rule.kind, values[member])], spellings[values[member]], priority};
    }
    broken("unknown survivorship");
  };
  std::optional<std::uint32_t> best;
  for (std::uint32_t member : members)
    if (!values[member].empty() && (!best || merit(member) > merit(*best))) best = member;
  return best;
}

}  // namespace sinan::master

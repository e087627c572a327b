// Hands golden ids from one cycle to the next.
#include "data/master/identity.hpp"

#include "data/master/records.hpp"

namespace sinan::master {

Identities assign_ids(const std::string& entity, const std::vector<std::vector<std::string>>& before, const std::vector<std::string>& known,
                      std::int64_t last_number) {
  // "customers-1000000" comes after "customers-999999".
  auto older = [](const std::string& a, const std::string& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; };
  std::map<std::string, std::map<std::size_t, std::size_t>, decltype(older)> holders(older);  // id: group: records
  for (std::size_t group = 0; group < before.size(); ++group)
    for (const std::string& id : before[group])
      if (!id.empty()) ++holders[id][group];

  Identities out;
  out.id.resize(before.size());
  out.created.resize(before.size());
  out.last_number = last_number;
  std::map<std::string, std::size_t> heir_of;
  for (const auto& [id, groups] : holders) {
    auto heir = groups.begin();
    for (auto it = groups.begin(); it != groups.end(); ++it)
      if (it->second > heir->second) heir = it;
    heir_of[id] = heir->first;
    // Ids come oldest first: the first one that a group inherits is the one it keeps.
    if (out.id[heir->first].empty()) out.id[heir->first] = id;
  }
  for (std::size_t group = 0; group < before.size(); ++group) {
    if (!out.id[group].empty()) continue;
    out.id[group] = golden_id(entity, ++out.last_number);
    out.created[group] = true;
  }
  for (const auto& [id, groups] : holders) {
    if (const std::string& kept = out.id[heir_of[id]]; kept != id) out.events.push_back({"merged", id, kept});
    for (const auto& [group, count] : groups)
      if (out.created[group]) out.events.push_back({"split", out.id[group], id});
  }
  for (const std::string& id : known)
    if (!holders.contains(id)) out.retired.push_back(id);
  return out;
}

}  // namespace sinan::master

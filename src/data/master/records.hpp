// The records of an entity, read from the lake, and its golden records as an earlier run left them.
#pragma once

#include "data/master/master.hpp"

namespace sinan::master {

struct RecordName {
  std::string source;
  std::string table;
  std::string key;

  auto operator<=>(const RecordName&) const = default;
};

// One record a row, in order of name.
struct EntityRecords {
  std::vector<RecordName> names;
  std::vector<std::vector<std::string>> values;  // values[attribute][record]; "" is missing
  std::vector<std::int64_t> updated_us;          // since 1970; the smallest number when it is not known
  std::vector<std::uint32_t> origin;             // index into Entity::records
  std::int64_t without_key = 0;
  std::vector<std::string> notes;

  std::size_t size() const { return names.size(); }
};

// Reads the accepted rows of all tables at one version. A table that is not there yet is noted. kLimit beyond options.max_records.
Result<EntityRecords> read_records(const Entity& entity, fabric::Fabric& fabric, lake::Version at, const Options& options);

// What an earlier run decided. Empty at first.
struct Earlier {
  std::map<RecordName, std::string> golden_of;                 // from master.E_links
  std::map<std::string, std::vector<std::string>> attributes;  // golden id: values in the order of Entity::attributes
  std::int64_t last_number = 0;                                // the greatest number ever given
};
Result<Earlier> read_earlier(const Entity& entity, fabric::Fabric& fabric, lake::Version at, const Options& options);

// "customers-000017".
std::string golden_id(const std::string& entity, std::int64_t number);

}  // namespace sinan::master

// Master data: the same customer, product or supplier in several systems becomes one golden record with its history.
//
//   # entities/customers.yaml: master.customers, master.customers_links, master.customers_history
//   records:
//     crm.customers:                    # SOURCE.TABLE, as accepted in the lake
//       key: [id]                       # default: the table's key
//       updated_at: changed_at          # for survivorship newest
//       columns: {name: full_name, email: mail, phone: tel, city: town}
//     shop.customers:
//       columns: {name: customer, email: email}
//   attributes:
//     name: {kind: person, survivorship: longest}
//     email: {kind: email, survivorship: newest}
//     phone: {kind: phone}
//     city: {kind: text, survivorship: most_frequent}
//   source_priority: [crm, shop]
//   match:
//     same: [[email], [phone, name]]    # records that agree on all attributes of a list are the same
//     similar: {attributes: [name, email, phone, city], above: 0.9}
//
// A golden record keeps its id from cycle to cycle. When two become one, the oldest id stays and the others are recorded as merged; when
// one falls apart, the id stays with the part that holds most of its records, and the split is recorded.
#pragma once

#include "base/workspace.hpp"
#include "data/catalog/catalog.hpp"
#include "data/fabric/fabric.hpp"
#include "intelligence/matching/matching.hpp"

namespace sinan::master {

enum class Survivorship : std::uint8_t {
  kSourcePriority,  // of the source that comes first in source_priority
  kNewest,          // of the record that changed last
  kLongest,         // with the most characters
  kMostFrequent,    // that most records share, however it is written
};

struct Attribute {
  std::string name;
  matching::Kind kind = matching::Kind::kText;
  Survivorship survivorship = Survivorship::kSourcePriority;
};

struct RecordSource {
  Located<std::string> table;                                         // "crm.customers"
  std::vector<Located<std::string>> key;                              // empty: the table's own
  Located<std::string> updated_at;                                    // may be empty
  Located<std::string> where;                                         // SQL condition; may be empty
  std::vector<std::pair<std::string, Located<std::string>>> columns;  // attribute, column
};

struct Entity {
  std::string name;  // "customers": the file's
  Place place;
  std::vector<RecordSource> records;
  std::vector<Attribute> attributes;
  std::vector<std::string> source_priority;    // sources; those left out come after, by name
  std::vector<std::vector<std::string>> same;  // lists of attributes
  std::vector<std::string> similar;            // attributes; empty: keys alone decide
  double above = 0.9;
  bool one_per_source = false;  // a table never holds one thing twice
};

// Reads entities/*.yaml; every mistake goes to `diagnostics`.
std::vector<Entity> read_config(const Workspace& workspace, Diagnostics& diagnostics);
Json config_schema();
// The lake tables that resolving an entity makes: master.NAME, master.NAME_links and master.NAME_history, with their columns.
std::vector<std::pair<std::string, Schema>> tables_of(const Entity& entity);
// Tables and columns, against what fabric::Fabric::tables() lists.
void check_config(const std::vector<Entity>& entities, const std::vector<catalog::TableEntry>& tables, Diagnostics& diagnostics);

struct Options {
  Principal principal;  // a system principal
  std::string run_id;
  Instant now;
  unsigned threads = 1;
  std::int64_t max_records = 5'000'000;  // of one entity
  const CancelToken* cancel = nullptr;
};

// A merge or a split, for the report.
struct Event {
  std::string kind;       // "merged", "split"
  std::string golden_id;  // that it concerns: gone into `other`, or come out of it
  std::string other;
};

struct EntityReport {
  std::string entity;
  std::int64_t records = 0;
  std::int64_t golden = 0;  // golden records now
  std::int64_t created = 0;
  std::int64_t changed = 0;  // golden records with another value than before
  std::int64_t retired = 0;  // none of their records is left
  std::int64_t merged = 0;
  std::int64_t split = 0;
  std::int64_t without_key = 0;    // records that cannot be named, left out
  std::vector<Event> events;       // at most 100
  std::vector<std::string> notes;  // values that too many records share to mean one thing; tables that are not there yet
  lake::Version version = 0;       // that holds the result
  double seconds = 0;
};

// Resolves one entity at the lake's current version and writes its three tables in one commit. Repeated on the same rows it changes
// nothing. Columns:
//   master.E          golden_id, the attributes, records BIGINT, sources (text: "crm, shop"), confidence DOUBLE (of its weakest link)
//   master.E_links    golden_id, source, table, key, probability DOUBLE; `key` is as quality names rows ("4711", "4711 / 2")
//   master.E_history  golden_id, attribute, old_value, new_value, change, source, table, key, run_id, changed_at TIMESTAMP; `change` is one
//   of
//                     created, changed (with the record that gave the value), merged and split (old_value and new_value are ids), retired
// Memory: about 3 KB a record.
Result<EntityReport> resolve(const Entity& entity, fabric::Fabric& fabric, const Options& options);

Json to_json(const EntityReport& report);

}  // namespace sinan::master

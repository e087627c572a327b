// One link of a hash chain: how a record is hashed and sealed, and how a change of it is recognised. Pure functions, no storage.
//
// A record's `hash` is SHA-256 over the canonical JSON of all its other fields, the previous record's hash among them, so that a record
// cannot change, go, come or move without breaking every link after it. Its `seal` is HMAC-SHA256 of the hash under a key that is not in
// the store, so that links computed anew are seen at the first record that was touched. `digests` holds a short hash per field (and per
// top-level key of the body), covered by `hash`, so that a changed field can be named.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace sinan::audit {

// What the writer gives.
struct Entry {
  std::string actor;           // who did it: "anna", "system:planner", "policy"
  std::string subject;         // what it is about: a decision's id, a user, a table
  std::string kind;            // what happened: "proposed", "approved", "denied"
  Json body = Json::object();  // an object; every value that matters to the event
};

// As stored. Texts only, so that what is hashed is what is stored, byte by byte.
struct Record {
  std::string chain;
  std::int64_t seq = 0;  // from 1, without gaps
  std::string at;        // RFC 3339, UTC
  std::string actor;
  std::string subject;
  std::string kind;
  std::string body;     // canonical JSON
  std::string digests;  // canonical JSON: field → 16 hex digits
  std::string prev;     // hash of the record before; of the first record: genesis()
  std::string hash;     // 64 hex digits
  std::string seal;     // 64 hex digits
};

// What the first record of a chain follows.
std::string genesis(std::string_view chain);

// Fills body, digests, hash and seal of a record whose other fields are set. `body` is an object.
void close_record(Record& record, const Json& body, std::string_view key);

// What is wrong with a record by itself, as names of fields: "body.amount", "actor", "digests", "hash", "seal"; empty when it is whole.
// A record that was written for another place in the chain has "seq" or "prev" among them.
std::vector<std::string> broken_fields(const Record& record, std::string_view key);

}  // namespace sinan::audit

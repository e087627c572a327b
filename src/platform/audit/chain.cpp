#include "platform/audit/chain.hpp"

#include "platform/secrets/secrets.hpp"

namespace sinan::audit {
namespace {

constexpr std::size_t kDigestDigits = 16;

std::string digest(std::string_view name, std::string_view value) {
  return secrets::sha256(fmt::format("{}:{}:{}", name.size(), name, value)).substr(0, kDigestDigits);
}

// Field → short hash, of all fields but the body.
Json digests_of_fields(const Record& record) {
  return Json{
      {"actor", digest("actor", record.actor)},
      {"at", digest("at", record.at)},
      {"kind", digest("kind", record.kind)},
      {"prev", digest("prev", record.prev)},
      {"seq", digest("seq", std::to_string(record.seq))},
      {"subject", digest("subject", record.subject)},
  };
}

// Adds the digests of a body's keys and returns its canonical text, in one pass over what may be long.
std::string digest_body(const Json& body, Json& digests) {
  std::map<std::string_view, const Json*> sorted;
  for (auto field = body.begin(); field != body.end(); ++field) sorted.emplace(field.key(), &field.value());
  std::string text = "{";
  for (const auto& [key, value] : sorted) {
    std::string value_text = canonical(*value);
    std::string name = fmt::format("body.{}", key);
    digests[name] = digest(name, value_text);
    text += fmt::format("{}{}:{}", text.size() > 1 ? "," : "", canonical(Json(key)), value_text);
  }
  return text + "}";
}

// A stored record's digests; a body that is not the canonical text of an object counts as one field.
Json digests_of(const Record& record) {
  Json out = digests_of_fields(record);
  Result<Json> body = parse_json(record.body);
  Json with_body = out;
  if (body && body->is_object() && digest_body(*body, with_body) == record.body) return with_body;
  out["body"] = digest("body", record.body);
  return out;
}

std::string hash_of(const Record& r) {
  return secrets::sha256(canonical(Json::array({r.chain, r.seq, r.at, r.actor, r.subject, r.kind, r.body, r.digests, r.prev})));
}

std::string seal_of(const Record& r, std::string_view key) { return secrets::hmac_sha256(key, "record " + r.chain + " " + r.hash); }

}  // namespace

std::string genesis(std::string_view chain) { return secrets::sha256(fmt::format("the beginning of chain {}", chain)); }

void close_record(Record& record, const Json& body, std::string_view key) {
  Json digests = digests_of_fields(record);
  record.body = digest_body(body, digests);
  record.digests = canonical(digests);
  record.hash = hash_of(record);
  record.seal = seal_of(record, key);
}

std::vector<std::string> broken_fields(const Record& record, std::string_view key) {
  bool hash_holds = record.hash == hash_of(record);
  bool seal_holds = secrets::equal(record.seal, seal_of(record, key));
  if (hash_holds && seal_holds) return {};

  std::set<std::string> names;
  Json now = digests_of(record);
  if (Result<Json> then = parse_json(record.digests); then && then->is_object()) {
    for (const auto& [name, value] : now.items()) {
      bool known = then->contains(name);
      if (known ? (*then)[name] != value : true) names.insert(known || name.starts_with("body") ? name : "digests");
    }
    for (const auto& [name, value] : then->items())
      if (!now.contains(name)) names.insert(name);
  } else {
    names.insert("digests");
  }
  // Fields and their digests agree, so what was touched is one of the two hashes, the digests, or everything was written anew.
  if (names.empty()) {
    if (!seal_holds) names.insert("seal");
    if (!hash_holds) names.insert(seal_holds ? "digests" : "hash");
  }
  return {names.begin(), names.end()};
}

}  // namespace sinan::audit

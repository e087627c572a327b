// Any bytes in the place of a stored record: judged without a crash, and never taken for whole unless it is what was written.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "platform/audit/chain.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinan::audit;
  if (size < 2) return 0;
  const std::string key(32, 'k');
  Record record{.chain = "decisions", .seq = 1, .at = "2026-03-01T08:15:00Z", .actor = "anna", .subject = "d-1", .kind = "approved"};
  record.prev = genesis(record.chain);
  close_record(record, sinan::Json{{"amount", "12.50"}, {"note", nullptr}}, key);
  if (!broken_fields(record, key).empty()) std::abort();
  std::array<std::string*, 10> fields{&record.chain, &record.at,      &record.actor, &record.subject, &record.kind,
                                      &record.body,  &record.digests, &record.prev,  &record.hash,    &record.seal};
  std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string& field = *fields[data[0] % fields.size()];
  bool same = field == text;
  field = text;
  if (broken_fields(record, key).empty() != same) std::abort();
  return 0;
}

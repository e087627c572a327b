// Whatever stands in the column ds: it is read without a crash, and what is taken comes back as the same time in the same style.
#include <cstdint>
#include <cstdlib>

#include "operations/demand/files/calendar.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinan::demand;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto stamp = parse_stamp(text);
  if (!stamp || stamp->value > 1'000'000'000'000'000'000 || stamp->value < -1'000'000'000'000'000'000) return 0;
  const std::int64_t day = stamp->kind == Stamp::Kind::kTime ? 86'400'000'000 : 1;
  const auto calendar = Calendar::find({*stamp, {stamp->kind, stamp->value + day}}, {2}, "");
  if (!calendar) std::abort();
  const auto again = parse_stamp(calendar->after(*stamp, 0, text));
  if (!again || again->kind != stamp->kind || again->value != stamp->value) std::abort();
  const auto next = parse_stamp(calendar->after(*stamp, 1, text));
  if (next && next->value != stamp->value + day) std::abort();
  return 0;
}

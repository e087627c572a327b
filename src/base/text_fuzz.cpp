// Whatever stands in a file or a message: JSON, money, times and text are read without a crash, and what is taken survives being written.
#include <cstdint>
#include <cstdlib>

#include "base/json.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace {

void hold(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinan;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto json = parse_json(text)) {
    auto again = parse_json(dump(*json));
    hold(again && canonical(*again) == canonical(*json));
    hold(parse_json(dump_pretty(*json)).has_value());
  }
  if (auto decimal = Decimal::parse(text)) {
    auto again = Decimal::parse(decimal->text());
    hold(again && *again == *decimal);
  }
  if (auto date = parse_date(text)) hold(parse_date(format_date(*date)) == *date);
  if (auto instant = parse_instant(text)) {
    hold(parse_instant(format_rfc3339(*instant)) == *instant);
    format_timestamp(*instant);
  }
  if (auto duration = parse_duration(text)) format_duration(*duration);
  std::string safe = visible(text);
  for (unsigned char c : safe) hold(c >= 0x20 && c != 0x7F);
  hold(!first_invalid_utf8(safe));
  hold(visible(safe) == safe);
  display_width(safe);
  utf8_length(text);
  return 0;
}

// Parses any text as the address of a database, and as a value of every type; a value that is taken must survive being written again.

#include "data/sources/options.hpp"
#include "data/sources/values.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sinan;
  using namespace sinan::sources;
  static const LocalTime kZone{Zone()};
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto address = parse_address(text); address && (address->port < 0 || address->port > 65535)) __builtin_trap();
  for (Type type : {Type{TypeId::kBool}, Type{TypeId::kInt}, Type{TypeId::kDouble}, Type{TypeId::kDecimal, 12, 3}, Type{TypeId::kText},
                    Type{TypeId::kDate}, Type{TypeId::kTimestamp}, Type{TypeId::kBinary}}) {
    Column column(type);
    if (!append_text_value(column, text, kZone)) continue;
    if (column.rows != 1) __builtin_trap();
    Column again(type);
    std::string written = value_text(cell_value(column, 0));
    bool far = (type.id == TypeId::kDate || type.id == TypeId::kTimestamp) && written.size() > 4 && written[4] != '-';
    if (!far && !append_text_value(again, written, kZone)) __builtin_trap();
  }
  return 0;
}

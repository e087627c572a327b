// Feeds the decoder of binary COPY with any bytes, in pieces of any size: it must refuse or decode them, and columns must stay of equal
// length.

#include "data/sources/postgres/copy_decoder.hpp"

namespace {

using namespace sinan;
using namespace sinan::sources;
using postgres::Wire;

constexpr std::string_view kHeader{"PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19};

std::vector<postgres::CopyColumn> columns(std::uint8_t choice) {
  static const std::vector<postgres::CopyColumn> kAll{
      {"b", {TypeId::kBool}, Wire::kBool},
      {"i2", {TypeId::kInt}, Wire::kInt2},
      {"i4", {TypeId::kInt}, Wire::kInt4},
      {"i8", {TypeId::kInt}, Wire::kInt8},
      {"f4", {TypeId::kDouble}, Wire::kFloat4},
      {"f8", {TypeId::kDouble}, Wire::kFloat8},
      {"d", {TypeId::kDecimal, 38, 10}, Wire::kNumeric},
      {"n", {TypeId::kDecimal, 5, 5}, Wire::kNumeric},
      {"t", {TypeId::kText}, Wire::kBytes},
      {"y", {TypeId::kBinary}, Wire::kBytes},
      {"day", {TypeId::kDate}, Wire::kDate},
      {"at", {TypeId::kTimestamp}, Wire::kTimestamp},
      {"local", {TypeId::kTimestamp}, Wire::kLocalTimestamp},
      {"p", {TypeId::kDecimal, 10, 2}, Wire::kParsed},
  };
  if (choice % 16 == 15) return {};
  if (choice % 16 == 14) return kAll;
  return {kAll[choice % 16]};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const LocalTime kZone{*Zone::find("Europe/Berlin")};
  if (size < 2) return 0;
  OddValues odd("fuzz", (data[0] & 0x80) != 0);
  postgres::CopyDecoder decoder(columns(data[0]), "fuzz", kZone, odd);
  std::string bytes = (data[0] & 0x40) ? std::string(kHeader) : std::string();
  bytes.append(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::size_t piece = std::max<std::size_t>(data[1], 1);
  Batch batch = decoder.start();
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (!decoder.feed(std::string_view(bytes).substr(at, piece), batch)) return 0;
    for (const Column& column : batch.columns)
      if (column.rows != batch.columns[0].rows) __builtin_trap();
  }
  return 0;
}

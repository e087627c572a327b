#include "data/sources/postgres/copy_decoder.hpp"

#include <bit>
#include <cstring>

#include "base/text.hpp"

namespace sinan::sources::postgres {
namespace {

constexpr std::string_view kSignature{"PGCOPY\n\xFF\r\n\0", 11};
constexpr std::size_t kMaxPending = std::size_t{1} << 30;  // PostgreSQL's own limit of a value
constexpr std::int64_t kEpochDays = 10'957;                // 2000-01-01, from which PostgreSQL counts
constexpr std::int64_t kEpochUs = kEpochDays * 86'400 * 1'000'000;

template <typename T>
T big_endian(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

// value × 10^power; false if it leaves 38 digits.
bool shift_decimal(Int128& value, int power) {
  constexpr Int128 kTenTo37 = Int128{10'000'000'000'000'000'000ULL} * 1'000'000'000'000'000'000LL;
  for (; power > 0 && value != 0; --power) {
    if (value >= kTenTo37) return false;
    value *= 10;
  }
  return true;
}

}  // namespace

struct CopyDecoder::Cursor {
  std::string_view rest;

  bool has(std::size_t size) const { return rest.size() >= size; }
  template <typename T>
  T take() {
    T value = big_endian<T>(rest.data());
    rest.remove_prefix(sizeof(T));
    return value;
  }
};

CopyDecoder::CopyDecoder(std::vector<CopyColumn> columns, std::string place, const LocalTime& zone, OddValues& odd)
    : columns_(std::move(columns)), place_(std::move(place)), zone_(zone), odd_(odd) {}

std::unexpected<Error> CopyDecoder::corrupt(std::string_view why) const {
  return fail(ErrorCode::kCorrupt, fmt::format("the server sent rows that are no binary COPY: {}", why), place_);
}

Batch CopyDecoder::start() const {
  Batch batch;
  for (const CopyColumn& column : columns_) batch.columns.emplace_back(column.type);
  if (columns_.empty()) batch.columns.emplace_back(Type{TypeId::kBool});
  return batch;
}

Status CopyDecoder::feed(std::string_view bytes, Batch& batch) {
  if (!pending_.empty()) {
    if (pending_.size() + bytes.size() > kMaxPending) return fail(ErrorCode::kLimit, "a row is longer than 1 GB", place_);
    pending_.append(bytes);
    bytes = pending_;
  }
  Cursor cursor{bytes};
  if (!header_done_) {
    SINAN_TRY(header_done_, decode_header(cursor));
  }
  while (header_done_ && !ended_) {
    SINAN_TRY(bool more, decode_row(cursor, batch));
    if (!more) break;
  }
  if (ended_ && !cursor.rest.empty()) return corrupt("bytes follow its end");
  pending_ = std::string(cursor.rest);
  return {};
}

Result<bool> CopyDecoder::decode_header(Cursor& bytes) {
  if (!bytes.has(kSignature.size() + 8)) {
    std::size_t known = std::min(kSignature.size(), bytes.rest.size());
    if (bytes.rest.substr(0, known) != kSignature.substr(0, known)) return corrupt("its signature is missing");
    return false;
  }
  if (!bytes.rest.starts_with(kSignature)) return corrupt("its signature is missing");
  Cursor ahead{bytes.rest.substr(kSignature.size())};
  if ((ahead.take<std::uint32_t>() & 0xFFFF0000U) != 0) return corrupt("it has flags that are not known");
  auto extension = ahead.take<std::uint32_t>();
  if (extension > kMaxPending) return corrupt("its header is too long");
  if (!ahead.has(extension)) return false;
  ahead.rest.remove_prefix(extension);
  bytes = ahead;
  return true;
}

// One row, or nothing when it has not come whole: values are appended only once all are there.
Result<bool> CopyDecoder::decode_row(Cursor& bytes, Batch& batch) {
  Cursor ahead = bytes;
  if (!ahead.has(2)) return false;
  auto count = ahead.take<std::int16_t>();
  if (count == -1) {
    ended_ = true;
    bytes = ahead;
    return true;
  }
  std::size_t expected = std::max<std::size_t>(columns_.size(), 1);
  if (count < 0 || static_cast<std::size_t>(count) != expected) return corrupt(fmt::format("a row has {} values", count));
  Cursor row = ahead;
  for (std::size_t i = 0; i < expected; ++i) {
    if (!ahead.has(4)) return false;
    auto size = ahead.take<std::int32_t>();
    if (size < -1) return corrupt("a value has a negative length");
    if (size <= 0) continue;
    if (!ahead.has(static_cast<std::size_t>(size))) return false;
    ahead.rest.remove_prefix(static_cast<std::size_t>(size));
  }
  for (std::size_t i = 0; i < expected; ++i) {
    auto size = row.take<std::int32_t>();
    Column& out = batch.columns[i];
    if (columns_.empty()) {
      out.append_int(1);
    } else if (size < 0) {
      out.append_null();
    } else {
      SINAN_CHECK(append(columns_[i], row.rest.substr(0, static_cast<std::size_t>(size)), out));
    }
    if (size > 0) row.rest.remove_prefix(static_cast<std::size_t>(size));
  }
  bytes = ahead;
  return true;
}

Status CopyDecoder::append(const CopyColumn& column, std::string_view value, Column& out) {
  auto sized = [&](std::size_t size) -> Status {
    return value.size() == size ? Status() : corrupt(fmt::format("the column '{}' has a value of {} bytes", column.name, value.size()));
  };
  auto odd = [&](std::string_view what) -> Status {
    SINAN_CHECK(odd_.odd(column.name, what));
    out.append_null();
    return {};
  };
  switch (column.wire) {
    case Wire::kBool: SINAN_CHECK(sized(1)); return out.append_int(value[0] != 0), Status();
    case Wire::kInt2: SINAN_CHECK(sized(2)); return out.append_int(big_endian<std::int16_t>(value.data())), Status();
    case Wire::kInt4: SINAN_CHECK(sized(4)); return out.append_int(big_endian<std::int32_t>(value.data())), Status();
    case Wire::kInt8: SINAN_CHECK(sized(8)); return out.append_int(big_endian<std::int64_t>(value.data())), Status();
    case Wire::kFloat4:
      SINAN_CHECK(sized(4));
      return out.append_double(std::bit_cast<float>(big_endian<std::uint32_t>(value.data()))), Status();
    case Wire::kFloat8:
      SINAN_CHECK(sized(8));
      return out.append_double(std::bit_cast<double>(big_endian<std::uint64_t>(value.data()))), Status();
    case Wire::kNumeric: return append_numeric(column, value, out);
    case Wire::kBytes:
      if (column.type.id == TypeId::kText && first_invalid_utf8(value))
        return fail(ErrorCode::kInvalidInput, "the column holds text that is no UTF-8: mend it, or read it as bytea",
                    place_ + "." + column.name);
      return out.append_text(value), Status();
    case Wire::kDate: {
      SINAN_CHECK(sized(4));
      auto days = big_endian<std::int32_t>(value.data());
      if (days == INT32_MAX || days == INT32_MIN) return odd("an infinite date");
      return out.append_int(days + kEpochDays), Status();
    }
    case Wire::kTimestamp:
    case Wire::kLocalTimestamp: {
      SINAN_CHECK(sized(8));
      auto us = big_endian<std::int64_t>(value.data());
      if (us == INT64_MAX || us == INT64_MIN) return odd("an infinite time");
      if (us > INT64_MAX - kEpochUs - kZoneMarginUs || us < INT64_MIN + kZoneMarginUs) return odd("a time beyond the year 294246");
      us += kEpochUs;
      return out.append_int(column.wire == Wire::kLocalTimestamp ? zone_.to_utc(us) : us), Status();
    }
    case Wire::kParsed:
      if (append_text_value(out, value, zone_)) return {};
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("the column holds a value that is no {}: pin another type for it, such as text", column.type.sql()),
                  place_ + "." + column.name);
  }
  broken("wire in range");
}

// numeric: digits of base 10,000, with the weight of the first one.
Status CopyDecoder::append_numeric(const CopyColumn& column, std::string_view value, Column& out) {
  if (value.size() < 8) return corrupt(fmt::format("the column '{}' has a number of {} bytes", column.name, value.size()));
  Cursor bytes{value};
  auto count = bytes.take<std::uint16_t>();
  auto weight = bytes.take<std::int16_t>();
  auto sign = bytes.take<std::uint16_t>();
  bytes.take<std::uint16_t>();  // digits shown behind the point
  if (bytes.rest.size() != std::size_t{count} * 2)
    return corrupt(fmt::format("the column '{}' has a number of the wrong length", column.name));
  if (sign == 0xC000 || sign == 0xD000 || sign == 0xF000) {
    SINAN_CHECK(odd_.odd(column.name, sign == 0xC000 ? "NaN in a decimal column" : "infinity in a decimal column"));
    out.append_null();
    return {};
  }
  if (sign != 0 && sign != 0x4000) return corrupt(fmt::format("the column '{}' has a number of unknown sign", column.name));
  Int128 number = 0;
  bool fits = true;
  int power = 0;  // of ten, of one unit of the last digit in units of the column's last decimal
  for (int i = 0; i < count && fits; ++i) {
    auto digit = bytes.take<std::uint16_t>();
    if (digit > 9999) return corrupt(fmt::format("the column '{}' has a digit beyond 9999", column.name));
    power = 4 * (weight - i) + column.type.scale;
    int kept = std::clamp(4 + power, 0, 4);  // decimal digits of this one that the column holds
    int cut = kept == 4 ? 1 : kept == 3 ? 10 : kept == 2 ? 100 : kept == 1 ? 1000 : 10'000;
    fits = digit % cut == 0 && shift_decimal(number, kept);
    number += digit / cut;
  }
  fits = fits && shift_decimal(number, power);
  Int128 limit = 1;
  for (int i = 0; i < column.type.precision; ++i) limit *= 10;
  if (!fits || number >= limit)
    return fail(ErrorCode::kInvalidInput,
                fmt::format("the column holds a number that is no {}: pin another type for it", column.type.sql()),
                place_ + "." + column.name);
  out.append_decimal(sign == 0x4000 ? -number : number);
  return {};
}

}  // namespace sinan::sources::postgres

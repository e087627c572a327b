// Columns of rows in the Arrow layout: what sources, lake and engines hand to each other without copying row by row.
//
// A Batch is a few thousand rows of equal-length columns. Values of one column lie in one flat array; a null has its bit in
// `validity` cleared and an unspecified value. Not thread-safe; move batches between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sinan {

__extension__ typedef __int128 Int128;

enum class TypeId : std::uint8_t {
  kBool,       // ints: 0 or 1
  kInt,        // ints: 64 bits, signed
  kDouble,     // doubles
  kDecimal,    // decimals: value × 10^scale; also for unsigned 64-bit integers (scale 0)
  kText,       // chars/offsets: UTF-8
  kDate,       // ints: days since 1970-01-01
  kTimestamp,  // ints: microseconds since 1970-01-01T00:00:00Z
  kBinary,     // chars/offsets: bytes
};

struct Type {
  TypeId id = TypeId::kText;
  std::uint8_t precision = 0;  // kDecimal: 1…38
  std::uint8_t scale = 0;      // kDecimal: 0…precision

  bool operator==(const Type&) const = default;
  // As in SQL: "bigint", "decimal(18,4)", "timestamp", …
  std::string sql() const;
};

// The inverse of Type::sql(), for pinned types in YAML. Accepts the usual aliases ("integer", "varchar", "float", "datetime").
Result<Type> parse_type(std::string_view sql);

struct Field {
  std::string name;
  Type type;
  bool nullable = true;

  bool operator==(const Field&) const = default;
};

struct Schema {
  std::vector<Field> fields;

  std::optional<std::size_t> index_of(std::string_view name) const;
  bool operator==(const Schema&) const = default;
};

// One column. Exactly one of ints, doubles, decimals or (offsets, chars) is in use, by type.id.
struct Column {
  Type type;
  std::vector<std::uint64_t> validity;  // one bit a row, 1 = not null; empty when nothing is null
  std::vector<std::int64_t> ints;
  std::vector<double> doubles;
  std::vector<Int128> decimals;
  std::vector<std::uint64_t> offsets;  // rows + 1 entries, offsets[0] == 0
  std::string chars;
  std::size_t rows = 0;

  explicit Column(Type t = {}) : type(t) {
    if (t.id == TypeId::kText || t.id == TypeId::kBinary) offsets.push_back(0);
  }

  bool is_null(std::size_t row) const { return !validity.empty() && !((validity[row / 64] >> (row % 64)) & 1U); }
  std::string_view text(std::size_t row) const { return std::string_view(chars).substr(offsets[row], offsets[row + 1] - offsets[row]); }

  void append_null();
  void append_int(std::int64_t v) { ints.push_back(v), valid(); }  // kBool, kInt, kDate, kTimestamp
  void append_double(double v) { doubles.push_back(v), valid(); }
  void append_decimal(Int128 v) { decimals.push_back(v), valid(); }
  void append_text(std::string_view v) {  // kText, kBinary
    chars.append(v);
    offsets.push_back(chars.size());
    valid();
  }
  void clear();

  // The value as text, as SQL would print it; "" for null. For messages, keys and CSV, not for speed.
  std::string to_text(std::size_t row) const;

 private:
  void valid() {
    if (!validity.empty()) grow_validity(true);
    ++rows;
  }
  void grow_validity(bool is_valid);
};

struct Batch {
  std::vector<Column> columns;
  std::size_t rows() const { return columns.empty() ? 0 : columns.front().rows; }
};

// A whole table in memory: for small results only.
struct Table {
  Schema schema;
  std::vector<Batch> batches;
  std::size_t rows() const;
};

// value × 10^scale as text, without exponent ("-12.3400").
std::string decimal_text(Int128 value, int scale);
// The inverse. Rejects text that is no plain decimal number or has more than `scale` decimals that are not zero, or overflows 38 digits.
Result<Int128> parse_decimal(std::string_view text, int scale);

}  // namespace sinan

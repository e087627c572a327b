// Comparisons of a column with constants: what is handed down to whoever holds the rows, and how well they can answer it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/table.hpp"

namespace sinan {

// A constant that a filter compares with, in the type of its column.
struct Value {
  Type type;
  bool null = false;
  std::int64_t integer = 0;  // kBool, kInt, kDate, kTimestamp
  double real = 0;           // kDouble
  Int128 decimal = 0;        // kDecimal, at type.scale
  std::string text;          // kText, kBinary

  bool operator==(const Value&) const = default;
};

enum class CompareOp : std::uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kIn, kIsNull, kIsNotNull };

// column op values[0]; kIn has one or more values, kIsNull and kIsNotNull none. SQL semantics: a null column satisfies only kIsNull.
struct Filter {
  std::string column;
  CompareOp op;
  std::vector<Value> values;

  bool operator==(const Filter&) const = default;
};

// How a filter can be answered: exactly, as a superset that must be filtered again, or not at all.
enum class Pushdown : std::uint8_t { kExact, kSuperset, kNone };

}  // namespace sinan

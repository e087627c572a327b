// Turns a pair of records into levels of agreement, one a field: what Fellegi–Sunter weights are learnt for.
#pragma once

#include "intelligence/matching/blocking.hpp"

namespace sinan::matching {

inline constexpr std::int8_t kMissingLevel = -1;

// One comparison. Level 0 is disagreement; each higher one agrees more.
struct Comparator {
  std::string name;
  int levels = 2;
  int evidence = 1;  // how much it proves: a long text as much as two fields
  // Level of two rows, or kMissingLevel when either has no value. Thread-safe.
  std::function<std::int8_t(std::uint32_t left, std::uint32_t right)> compare;
};

// One comparator a field that holds anything, and where long texts carry model numbers, one for those.
// The comparators refer to `records` and `normalized`, which must outlive them.
std::vector<Comparator> comparators(const Records& records, const Normalized& normalized, unsigned threads);

}  // namespace sinan::matching

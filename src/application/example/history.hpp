// Two years of the example company in quick motion: every item at every place meets its demand from its stock, while buyers of flesh and
// blood reorder by rule of thumb. What comes out is what the systems have recorded, and what they could not see.
#pragma once

#include "application/example/company.hpp"
#include "base/cancel.hpp"

namespace sinan::example {

// One item at one place on one day on which somebody wanted it.
struct Wanted {
  std::int32_t day = 0;
  std::uint32_t item = 0;
  std::uint32_t place = 0;
  std::int32_t demand = 0;
  std::int32_t sold = 0;
};

// A day that ended with an empty shelf.
struct EmptyShelf {
  std::int32_t day = 0;
  std::uint32_t item = 0;
  std::uint32_t place = 0;
};

struct PastOrder {
  std::uint32_t item = 0;
  std::uint32_t place = 0;
  std::uint32_t supplier = 0;
  std::int32_t quantity = 0;
  Cents price = 0;
  std::int32_t ordered_day = 0;
  std::int32_t expected_day = 0;
  std::int32_t arrives_day = 0;  // beyond the history: still open
};

struct History {
  std::vector<Wanted> wanted;         // by day, place, item
  std::vector<EmptyShelf> empty;      // by day, place, item
  std::vector<PastOrder> orders;      // by day of order, place, item
  std::vector<std::int64_t> on_hand;  // at the end; [item · places + place]
};

// `threads` does not change the result.
Result<History> live_through(const Company& company, int threads, const CancelToken* cancel);

// The price of an offer at a quantity.
Cents price_at(const Offer& offer, std::int64_t quantity);

}  // namespace sinan::example

// What was sold on a day becomes order lines: split between ERP and shop, bundled into orders of customers, and sometimes brought back.
#pragma once

#include <span>

#include "application/example/history.hpp"
#include "base/json.hpp"

namespace sinan::example {

struct Line {
  bool shop = false;  // else ERP
  bool returned = false;
  std::int64_t number = 0;    // ERP: grows with every line
  std::int64_t document = 0;  // order
  std::int64_t position = 0;  // in the order, from 1
  std::size_t place = 0, item = 0, customer = 0;
  std::int64_t quantity = 0;  // positive, also of returns
  Price price;
  std::int64_t day = 0;
  std::int64_t minute = 0;  // of the day, there
};

// Goes through days in order. Not thread-safe.
class LineMaker {
 public:
  explicit LineMaker(const Company& company);

  // The lines of one place and day, by time; `wanted` are that place's and day's.
  std::vector<Line> make(std::size_t place, std::int64_t day, std::span<const Wanted> wanted);

  // The next number of an ERP line, for one that is written twice.
  std::int64_t take_number() { return next_number_++; }

  // What must be remembered between days: the next numbers, and goods on their way back.
  Json state() const;
  void restore(const Json& state);

 private:
  struct Part {
    std::size_t item;
    std::int64_t quantity;
  };
  struct Return {
    std::int64_t due_day;
    Line line;
  };
  struct Buyers {
    std::vector<std::size_t> customers;
    std::vector<double> upto;  // running sum of weights
  };
  std::size_t choose(const Buyers& buyers, Random& random) const;
  void bundle(std::vector<Part>& parts, bool shop, std::size_t place, std::int64_t day, Random& random, std::vector<Line>& out);
  void take_back(std::size_t place, std::int64_t day, std::vector<Line>& out);

  const Company& company_;
  std::vector<Buyers> erp_buyers_, shop_buyers_;  // per place
  std::vector<double> shop_share_;                // per item
  std::int64_t next_number_ = 1;
  std::int64_t next_delivery_ = 80'000'001;
  std::int64_t next_order_ = 1'000'001;
  std::vector<Return> returns_;
};

// Local time to UTC on that day at that place; warehouses work when clocks do not change.
std::chrono::microseconds offset_on(const Company& company, std::size_t place, std::int64_t day);

}  // namespace sinan::example

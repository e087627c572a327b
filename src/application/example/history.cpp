#include "application/example/history.hpp"

#include "base/parallel.hpp"

namespace sinan::example {
namespace {

// The buyer of one item at one place: an average that remembers about a month, a cover in days, a look every third day.
class Shelf {
 public:
  Shelf(const Company& company, std::size_t item, std::size_t place, History& out)
      : company_(company), item_(item), place_(place), what_(company.items[item]), out_(out) {
    Random random(mix({company.origin.seed, 0xb0e4, item, place}));
    cover_days_ = random.real(5, 12);
    batch_days_ = random.real(14, 35);
    const auto begin = std::max<std::int64_t>(0, what_.launch_day);
    average_ = expected_demand(company, item, place, begin);
    if (what_.launch_day > 0) average_ = 0.4 * what_.rate * company.places[place].share;
    on_hand_ = std::llround(average_ * (static_cast<double>(offer().lead_days) + cover_days_ + batch_days_ * random.real()));
    if (begin == 0 && on_hand_ == 0 && what_.launch_day <= 0) on_hand_ = 1;
    if (what_.launch_day >= company.origin.days) on_hand_ = 0;
  }

  void live() {
    for (std::int64_t day = 0; day < company_.origin.days; ++day) one_day(day);
    out_.on_hand[item_ * company_.places.size() + place_] = on_hand_;
  }

 private:
  const Offer& offer() const { return what_.offers.front(); }

  void one_day(std::int64_t day) {
    std::erase_if(coming_, [&](const auto& order) {
      if (order.first > day) return false;
      on_hand_ += order.second;
      on_order_ -= order.second;
      return true;
    });
    const auto demand = demand_on(company_, item_, place_, day);
    const auto sold = std::min(demand, on_hand_);
    on_hand_ -= sold;
    if (demand > 0) {
      out_.wanted.push_back({static_cast<std::int32_t>(day), static_cast<std::uint32_t>(item_), static_cast<std::uint32_t>(place_),
                             static_cast<std::int32_t>(demand), static_cast<std::int32_t>(sold)});
    }
    if (day < what_.launch_day) return;
    if (on_hand_ == 0 && !what_.discontinued) {
      out_.empty.push_back({static_cast<std::int32_t>(day), static_cast<std::uint32_t>(item_), static_cast<std::uint32_t>(place_)});
    }
    average_ += (static_cast<double>(sold) - average_) / 28;
    // Nobody reorders what has stopped selling.
    const bool listed = day < what_.decline_day + 60;
    if (listed && (day + static_cast<std::int64_t>(item_)) % 3 == 0) reorder(day);
  }

  void reorder(std::int64_t day) {
    const double point = std::max(0.6, average_ * (static_cast<double>(offer().lead_days) + cover_days_));
    const auto position = static_cast<double>(on_hand_ + on_order_);
    if (position > point) return;
    std::int64_t quantity = std::llround(std::max(1.0, point + average_ * batch_days_ - position));
    quantity = std::max(offer().moq, (quantity + offer().pack - 1) / offer().pack * offer().pack);
    const Date ordered = company_.date(day);
    const auto arrives = day + true_lead_days(company_, offer().supplier, item_, place_, ordered);
    out_.orders.push_back({static_cast<std::uint32_t>(item_), static_cast<std::uint32_t>(place_),
                           static_cast<std::uint32_t>(offer().supplier), static_cast<std::int32_t>(quantity), price_at(offer(), quantity),
                           static_cast<std::int32_t>(day), static_cast<std::int32_t>(day + offer().lead_days),
                           static_cast<std::int32_t>(arrives)});
    coming_.emplace_back(arrives, quantity);
    on_order_ += quantity;
  }

  const Company& company_;
  std::size_t item_, place_;
  const Item& what_;
  History& out_;
  double cover_days_ = 0, batch_days_ = 0, average_ = 0;
  std::int64_t on_hand_ = 0, on_order_ = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> coming_;  // day, quantity
};

template <typename T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
  from = {};
}

}  // namespace

Cents price_at(const Offer& offer, std::int64_t quantity) {
  Cents out = offer.breaks.front().price;
  for (const auto& level : offer.breaks) {
    if (quantity >= level.min_quantity) out = level.price;
  }
  return out;
}

Result<History> live_through(const Company& company, int threads, const CancelToken* cancel) {
  const auto shelves = company.items.size() * company.places.size();
  threads = std::max(1, threads);
  std::vector<History> parts(static_cast<std::size_t>(threads));
  on_threads(threads, [&](std::size_t t) {
    parts[t].on_hand.assign(shelves, 0);
    for (std::size_t item = t; item < company.items.size(); item += parts.size()) {
      if (cancel != nullptr && cancel->cancelled()) return;
      for (std::size_t place = 0; place < company.places.size(); ++place) Shelf(company, item, place, parts[t]).live();
    }
  });
  if (cancel != nullptr) SINAN_CHECK(cancel->check());
  History out = std::move(parts.front());
  for (std::size_t t = 1; t < parts.size(); ++t) {
    append(out.wanted, parts[t].wanted);
    append(out.empty, parts[t].empty);
    append(out.orders, parts[t].orders);
    for (std::size_t i = 0; i < shelves; ++i) out.on_hand[i] += parts[t].on_hand[i];
  }
  const auto by_day = [](const auto& a, const auto& b) { return std::tie(a.day, a.place, a.item) < std::tie(b.day, b.place, b.item); };
  std::ranges::sort(out.wanted, by_day);
  std::ranges::sort(out.empty, by_day);
  std::ranges::sort(out.orders, [](const auto& a, const auto& b) {
    return std::tie(a.ordered_day, a.place, a.item) < std::tie(b.ordered_day, b.place, b.item);
  });
  return out;
}

}  // namespace sinan::example

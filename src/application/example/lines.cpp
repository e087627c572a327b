#include "application/example/lines.hpp"

namespace sinan::example {
namespace {

constexpr std::int64_t kOpens = 7 * 60;
constexpr std::int64_t kMinutesOpen = 9 * 60 - 5;
constexpr double kShopReturns = 0.035, kErpReturns = 0.008;

}  // namespace

LineMaker::LineMaker(const Company& company) : company_(company), erp_buyers_(company.places.size()), shop_buyers_(company.places.size()) {
  for (std::size_t i = 0; i < company.customers.size(); ++i) {
    const Customer& customer = company.customers[i];
    const auto add = [&](Buyers& buyers) {
      buyers.customers.push_back(i);
      buyers.upto.push_back((buyers.upto.empty() ? 0 : buyers.upto.back()) + customer.weight);
    };
    if (customer.weight == 0) continue;
    if (customer.in_erp) add(erp_buyers_[customer.place]);
    if (customer.in_shop) add(shop_buyers_[customer.place]);
  }
  for (std::size_t i = 0; i < company.items.size(); ++i) shop_share_.push_back(Random(company.origin.seed, "shop share", i).real(0.3, 0.7));
}

std::size_t LineMaker::choose(const Buyers& buyers, Random& random) const {
  const double at = random.real() * buyers.upto.back();
  const auto index = static_cast<std::size_t>(std::ranges::upper_bound(buyers.upto, at) - buyers.upto.begin());
  return buyers.customers[std::min(index, buyers.customers.size() - 1)];
}

std::vector<Line> LineMaker::make(std::size_t place, std::int64_t day, std::span<const Wanted> wanted) {
  Random random(mix({company_.origin.seed, 0x11e5, place, static_cast<std::uint64_t>(day)}));
  std::vector<Part> erp, shop;
  for (const auto& entry : wanted) {
    if (entry.sold == 0) continue;
    const double share = shop_share_[entry.item];
    std::int64_t through_shop = 0;
    if (entry.sold <= 12) {
      for (std::int32_t unit = 0; unit < entry.sold; ++unit) through_shop += random.chance(share) ? 1 : 0;
      // Small demands are rarely split: it is one customer who wants three.
      if (entry.sold <= 3) through_shop = random.chance(share) ? entry.sold : 0;
    } else {
      through_shop = std::clamp<std::int64_t>(std::llround(entry.sold * share * random.real(0.8, 1.2)), 0, entry.sold);
    }
    if (through_shop > 0) shop.push_back({entry.item, through_shop});
    if (entry.sold > through_shop) erp.push_back({entry.item, entry.sold - through_shop});
  }
  std::vector<Line> out;
  bundle(erp, false, place, day, random, out);
  bundle(shop, true, place, day, random, out);
  take_back(place, day, out);
  return out;
}

void LineMaker::bundle(std::vector<Part>& parts, bool shop, std::size_t place, std::int64_t day, Random& random, std::vector<Line>& out) {
  for (std::size_t i = parts.size(); i > 1; --i)
    std::swap(parts[i - 1], parts[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  const auto total = static_cast<std::int64_t>(parts.size());
  const Buyers& buyers = (shop ? shop_buyers_ : erp_buyers_)[place];
  std::int64_t left_in_order = 0;
  Line line{.shop = shop, .place = place, .day = day};
  for (std::int64_t k = 0; k < total; ++k) {
    if (left_in_order == 0) {
      left_in_order = random.between(1, shop ? 3 : 7);
      line.document = shop ? next_order_++ : next_delivery_++;
      line.customer = choose(buyers, random);
      line.position = 0;
      line.minute = kOpens + kMinutesOpen * k / total;
    }
    --left_in_order;
    ++line.position;
    const auto& part = parts[static_cast<std::size_t>(k)];
    line.item = part.item;
    line.quantity = part.quantity;
    line.price = price_on(company_, part.item, place, day);
    if (!shop) line.number = next_number_++;
    out.push_back(line);
    if (random.chance(shop ? kShopReturns : kErpReturns)) {
      Return back{day + random.between(4, 18), line};
      back.line.quantity = random.between(1, part.quantity);
      returns_.push_back(back);
    }
  }
}

void LineMaker::take_back(std::size_t place, std::int64_t day, std::vector<Line>& out) {
  std::erase_if(returns_, [&](Return& back) {
    if (back.line.place != place || back.due_day > day) return false;
    Line line = back.line;
    line.returned = true;
    line.day = day;
    line.position = 1;
    line.minute = kOpens + kMinutesOpen;
    line.price.promotion = nullptr;
    line.document = line.shop ? next_order_++ : next_delivery_++;
    if (!line.shop) line.number = next_number_++;
    out.push_back(line);
    return true;
  });
}

Json LineMaker::state() const {
  Json returns = Json::array();
  for (const auto& back : returns_) {
    returns.push_back(
        {back.due_day, back.line.shop, back.line.place, back.line.item, back.line.customer, back.line.quantity, back.line.price.amount});
  }
  return {{"next_number", next_number_}, {"next_delivery", next_delivery_}, {"next_order", next_order_}, {"returns", returns}};
}

void LineMaker::restore(const Json& state) {
  next_number_ = state.at("next_number");
  next_delivery_ = state.at("next_delivery");
  next_order_ = state.at("next_order");
  returns_.clear();
  for (const auto& back : state.at("returns")) {
    Line line{.shop = back[1], .place = back[2], .item = back[3], .customer = back[4], .quantity = back[5]};
    line.price.amount = back[6];
    returns_.push_back({back[0], line});
  }
}

std::chrono::microseconds offset_on(const Company& company, std::size_t place, std::int64_t day) {
  return company.places[place].zone.offset_at(Instant{company.date(day)} + std::chrono::hours{12} - std::chrono::hours{2});
}

}  // namespace sinan::example

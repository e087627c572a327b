#include "operations/inventory/planner.hpp"

namespace sinan::inventory {
namespace {

using decisions::Evidence;
using decisions::Text;

constexpr double kDaysOfYear = 365.25;
constexpr double kLatenessShare = 0.25;  // of the lead time, of a delivery that is late

// A supplier, judged: what a day costs with it, and why.
struct Judged {
  const Offer* offer = nullptr;
  double lead_days = 0;
  double lead_sd = 0;
  Distribution demand = Distribution::of(0, 0);  // over lead time and review period
  StockPolicy policy;
  double cycle = 0;     // quantity of a usual order
  double quantity = 0;  // to order now; 0: none
  Decimal unit_price;   // at the quantity to order, or of a usual order
  double rate = 0;      // demand per day until an order would arrive
  // Cost per unit of demand, by part.
  double goods = 0, transport = 0, ordering = 0, holding = 0, lost_sales = 0;
  double missed = 0;  // what a missed unit costs
  double per_unit() const { return goods + transport + ordering + holding + lost_sales; }
};

// Below it an item is not in demand: a unit in 2,700 years.
constexpr double kLeastDemandPerDay = 1e-6;

// Two decimals, half to even, by way of the one rounding in base/money; for figures that are shown.
Decimal cents(double value) {
  std::int64_t raw = Decimal::capped(value / 100).raw();
  return Decimal::raw(raw * 100);
}
std::string money(double value) { return cents(value).text(2); }
std::string number(double value, int decimals = 1) { return fmt::format("{:.{}f}", value, decimals); }
std::string number(Decimal value) { return value.text(); }

// Two costs that are compared, in cents, or in smaller parts where cents would show them equal.
std::pair<std::string, std::string> told_apart(double a, double b) {
  if (money(a) != money(b)) return {money(a), money(b)};
  int decimals = 3;
  while (decimals < 6 && number(a, decimals) == number(b, decimals)) ++decimals;
  return {number(a, decimals), number(b, decimals)};
}

Decimal price_at(const Offer& offer, double quantity) {
  Decimal price = offer.breaks.front().unit_price;
  for (const PriceBreak& b : offer.breaks)
    if (b.min_quantity.to_double() <= quantity) price = b.unit_price;
  return price;
}

// Why an offer cannot be used at all; nullopt when it can.
std::optional<Text> unusable(const Offer& offer, const Need& need) {
  if (offer.breaks.empty() || offer.breaks.front().unit_price <= Decimal()) return Text{"it has no price", "没有价格"};
  if (offer.currency.empty()) return Text{"its price has no currency", "价格没有币种"};
  if (offer.currency != need.currency)
    return Text{fmt::format("it sells in {}, the item is kept in {}, and no rate joins them", offer.currency, need.currency),
                fmt::format("以{}报价，而商品以{}核算，且没有汇率", offer.currency, need.currency)};
  if (!(offer.lead_time_days > 0)) return Text{"its lead time is not known", "交货期未知"};
  return std::nullopt;
}

void add_lead_time(const Offer& offer, Judged& out) {
  double promised = offer.lead_time_days + offer.transit_days;
  bool spread_known = offer.lead_time_sd_days > 0;  // and lateness is part of it
  double late_share = offer.on_time_share && !spread_known ? std::clamp(1 - *offer.on_time_share, 0.0, 1.0) : 0;
  double late_days = kLatenessShare * promised;
  out.lead_days = promised + late_share * late_days;
  out.lead_sd = std::sqrt(offer.lead_time_sd_days * offer.lead_time_sd_days + late_share * (1 - late_share) * late_days * late_days);
}

// What an order should hold: economic under the price breaks, one review period's demand at least, max_cover_days of demand at most.
double economic_quantity(const Offer& offer, const PlanConfig& config, double order_cost, double rate) {
  std::vector<UnitPrice> prices;
  double transport = offer.transport_per_unit.to_double();
  for (const PriceBreak& b : offer.breaks)
    prices.push_back({prices.empty() ? 0 : b.min_quantity.to_double(), b.unit_price.to_double() + transport});
  double economic = economic_order_all_units(order_cost, config.holding_cost_rate / kDaysOfYear, rate, prices).quantity;
  return std::clamp(economic, rate * config.review_days(), std::max(config.max_cover_days, config.review_days()) * rate);
}

Judged judge(const Offer& offer, const Need& need, const PlanConfig& config) {
  Judged out;
  out.offer = &offer;
  add_lead_time(offer, out);
  double span = out.lead_days + config.review_days();
  Distribution fixed = need.demand.over(span);
  double rate = out.rate = fixed.mean() / span;
  out.demand = with_lead_time_risk(fixed, rate, out.lead_sd);
  double order_cost = need.currency == config.currency ? config.order_cost.to_double() : 0;
  double economic = economic_quantity(offer, config, order_cost, rate);
  out.cycle = orderable(economic, offer.moq.to_double(), offer.pack.to_double());
  out.policy = stock_policy(out.demand, config.service_level(need.item_class), economic);

  double position = need.position.total().to_double();
  if (rate > 0 && position <= out.policy.reorder_point)
    out.quantity = orderable(out.policy.order_up_to - position, offer.moq.to_double(), offer.pack.to_double());
  out.unit_price = price_at(offer, out.quantity > 0 ? out.quantity : out.cycle);

  double holding = config.holding_cost_rate / kDaysOfYear * (out.unit_price + offer.transport_per_unit).to_double();
  double per_cycle = out.cycle > 0 ? 1 / out.cycle : 0;
  out.missed = config.lost_sale_share * (need.unit_price > Decimal() ? need.unit_price : need.unit_cost).to_double();
  out.goods = out.unit_price.to_double();
  out.transport = offer.transport_per_unit.to_double();
  out.ordering = per_cycle * order_cost;
  out.holding = rate > 0 ? holding * ((out.cycle / 2 + out.policy.safety_stock) / rate + out.lead_days) : 0;
  out.lost_sales = per_cycle * out.missed * out.demand.loss(out.policy.reorder_point);
  return out;
}

// Which part makes `other` dearer than `best`, in words.
Text why_dearer(const Judged& other, const Judged& best) {
  struct Part {
    double more;
    std::string_view en, zh;
  };
  std::array parts{
      Part{other.goods - best.goods, "a higher price", "单价更高"},
      Part{other.transport - best.transport, "dearer transport", "运费更高"},
      Part{other.ordering - best.ordering, "more orders", "订货次数更多"},
      Part{other.holding - best.holding, "more stock to hold", "需要持有更多库存"},
      Part{other.lost_sales - best.lost_sales, "a greater risk of lost sales", "缺货风险更大"},
  };
  const Part& most = *std::ranges::max_element(parts, {}, &Part::more);
  double share = best.per_unit() > 0 ? (other.per_unit() / best.per_unit() - 1) * 100 : 0;
  return {fmt::format("costs {} % more in all, most of it by {}", number(share), most.en),
          fmt::format("总成本高出{}%，主要因为{}", number(share), most.zh)};
}

Json figures_of(const Judged& j) {
  return Json{{"unit_price", j.unit_price.text(2)},
              {"lead_time_days", number(j.lead_days)},
              {"lead_time_sd_days", number(j.lead_sd)},
              {"goods_per_unit", number(j.goods, 4)},
              {"transport_per_unit", number(j.transport, 4)},
              {"ordering_per_unit", number(j.ordering, 4)},
              {"holding_per_unit", number(j.holding, 4)},
              {"lost_sales_per_unit", number(j.lost_sales, 4)},
              {"reorder_point", number(j.policy.reorder_point)},
              {"usual_order", number(j.cycle)}};
}

std::vector<Evidence::Alternative> alternatives_of(const std::vector<Judged>& judged,
                                                   const std::vector<std::pair<const Offer*, Text>>& unusable_offers, const Need& need) {
  std::vector<Evidence::Alternative> out;
  const Judged& best = judged.front();
  for (const Judged& j : judged) {
    Evidence::Alternative a{"supplier " + j.offer->supplier_id, {cents(j.per_unit() * best.quantity), need.currency}, figures_of(j), {}};
    if (&j != &best) a.why_not = why_dearer(j, best);
    out.push_back(std::move(a));
  }
  for (const auto& [offer, why] : unusable_offers)
    out.push_back({"supplier " + offer->supplier_id, {Decimal(), need.currency}, Json::object(), why});
  return out;
}

std::vector<std::string> binding_constraints(const Judged& best, const Need& need) {
  std::vector<std::string> out;
  double wanted = best.policy.order_up_to - need.position.total().to_double();
  double moq = best.offer->moq.to_double();
  if (moq > wanted) out.emplace_back("moq");
  if (best.quantity > std::max(moq, wanted) + 1e-9) out.emplace_back("pack_size");
  for (const PriceBreak& b : best.offer->breaks)
    if (b.min_quantity > Decimal() && best.cycle == b.min_quantity.to_double()) out.emplace_back("price_break");
  return out;
}

Json position_json(const Position& p) {
  return Json{{"on_hand", number(p.on_hand)},   {"reserved", number(p.reserved)},   {"in_transit", number(p.in_transit)},
              {"on_order", number(p.on_order)}, {"committed", number(p.committed)}, {"total", number(p.total())}};
}

// What an order brings; see the header.
struct Benefit {
  double days = 0;   // that the order lasts
  double value = 0;  // at the usual price
  double served_units = 0, served = 0;
  double waiting_units = 0, waiting = 0;
};

Benefit benefit_of(const Judged& best, const Need& need, const PlanConfig& config) {
  Benefit out;
  double position = need.position.total().to_double();
  double price = (need.unit_price > Decimal() ? need.unit_price : need.unit_cost).to_double();
  auto until = [&](double days) { return with_lead_time_risk(need.demand.over(days), best.rate, best.lead_sd); };
  out.days = best.rate > 0 ? best.quantity / best.rate : 0;
  // Goods that are there sell first.
  double begin = std::max(best.lead_days, best.rate > 0 ? position / best.rate : 0);
  Distribution lasting = until(begin + std::min(out.days, std::max(config.max_cover_days, config.review_days())));
  out.served_units = lasting.loss(position) - lasting.loss(position + best.quantity);
  double lost_anyway = until(best.lead_days).loss(position);
  out.waiting_units = std::max(best.demand.loss(position) - std::max(lost_anyway, best.demand.loss(position + best.quantity)), 0.0);
  out.value = best.quantity * price;
  out.served = out.served_units * price;
  out.waiting = out.waiting_units * price;
  return out;
}

Text explain_order(const Judged& best, const Need& need, const decisions::Proposal& p, const Benefit& benefit, double service_level) {
  std::string position = with_separators(number(need.position.total()));
  std::string reorder_point = with_separators(number(best.policy.reorder_point, 0));
  std::string days = number(best.lead_days, 0);
  std::string percent = number(service_level * 100, 0);
  std::string lasts = with_separators(number(benefit.days, 0));
  std::string value = in_words({cents(benefit.value), need.currency});
  std::string waiting = in_words({cents(benefit.waiting), need.currency});
  return {
      fmt::format("{} {} there or on the way; {} are needed to last until an order arrives in {} days, {} % of the time. {} from {} for "
                  "{} are about {} days of demand and sell for about {}; waiting for the next plan would lose about {} of sales.",
                  position, position == "1" ? "unit is" : "units are", reorder_point, days, percent,
                  with_separators(number(p.quantity.amount)), p.supplier_id, in_words(p.amount), lasts, value, waiting),
      fmt::format(
          "现有及在途共{}件；按{}%的服务水平，撑到{}天后到货需要{}件。向{}订购{}件，金额{}，约为{}天的需求，售价合计约{}；若推迟到下次"
          "计划，预计损失销售额约{}。",
          position, percent, days, reorder_point, p.supplier_id, with_separators(number(p.quantity.amount)), in_words(p.amount), lasts,
          value, waiting)};
}

// What serving a unit costs beside the goods.
double serving(const Judged& j) { return j.transport + j.ordering + j.holding + j.lost_sales; }

Text explain_not_worth_it(const Judged& best, const Need& need) {
  struct Part {
    double cost;
    std::string_view en, zh;
  };
  std::array parts{Part{best.transport, "transport", "运输"}, Part{best.ordering, "placing orders", "下单"},
                   Part{best.holding, "holding stock", "持有库存"}, Part{best.lost_sales, "sales missed all the same", "仍会发生的缺货"}};
  const Part& most = *std::ranges::max_element(parts, {}, &Part::cost);
  std::string quantity = with_separators(number(best.quantity, 0));
  std::string days = with_separators(number(best.quantity / best.rate, 0));
  auto [serve, miss] = told_apart(serving(best), best.missed);
  serve.insert(0, sign_of(need.currency));
  miss.insert(0, sign_of(need.currency));
  return {
      fmt::format("Nothing is ordered, although it may run out: with orders of {} from {}, each for about {} days, selling a unit costs {} "
                  "beside the goods, most of it for {}; missing its sale costs {}. Drop the item, or agree on better terms.",
                  quantity, best.offer->supplier_id, days, serve, most.en, miss),
      fmt::format(
          "可能断货，但不订货：若向{}每次订购{}件（约可售{}天），每件除货款外的成本为{}（主要为{}），高于缺货损失{}。请考虑停售，或商定更"
          "好的条件。",
          best.offer->supplier_id, quantity, days, serve, most.zh, miss)};
}

decisions::Proposal order_of(const std::vector<Judged>& judged, const std::vector<std::pair<const Offer*, Text>>& unusable_offers,
                             const Need& need, const PlanConfig& config, Instant now, double& waiting_loss) {
  const Judged& best = judged.front();
  decisions::Proposal p;
  p.kind = "purchase_order";
  p.item_id = need.item_id;
  p.location_id = need.location_id;
  p.supplier_id = best.offer->supplier_id;
  p.item_class = need.item_class;
  p.quantity = {Decimal::round(best.quantity), need.unit};
  p.unit_price = best.unit_price;
  p.amount = {best.unit_price * p.quantity.amount, best.offer->currency};
  p.expected_at = now + std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::duration<double, std::ratio<86400>>(best.offer->lead_time_days + best.offer->transit_days));
  double position = need.position.total().to_double();
  Benefit benefit = benefit_of(best, need, config);
  waiting_loss = benefit.waiting;

  p.evidence.inputs = Json{{"position", position_json(need.position)},
                           {"demand_mean", number(best.demand.mean(), 2)},
                           {"demand_sd", number(best.demand.sd(), 2)},
                           {"demand_days", number(best.lead_days + config.review_days())}};
  p.evidence.model = need.model;
  p.evidence.model_version = need.model_version;
  p.evidence.alternatives = alternatives_of(judged, unusable_offers, need);
  p.evidence.binding_constraints = binding_constraints(best, need);
  p.evidence.explanation = explain_order(best, need, p, benefit, config.service_level(need.item_class));
  p.evidence.figures = Json{{"sales_value", money(benefit.value)},
                            {"served_sales", money(benefit.served)},
                            {"served_units", number(benefit.served_units)},
                            {"lasts_days", number(benefit.days)},
                            {"lost_by_waiting", money(benefit.waiting)},
                            {"lost_units_by_waiting", number(benefit.waiting_units)},
                            {"transport", (best.offer->transport_per_unit * p.quantity.amount).text(2)},
                            {"currency", need.currency},
                            {"service_level", fmt::format("{}", config.service_level(need.item_class))},
                            {"reorder_point", number(best.policy.reorder_point)},
                            {"order_up_to", number(best.policy.order_up_to)},
                            {"safety_stock", number(best.policy.safety_stock)},
                            {"stock_out_risk_without", number((1 - best.demand.cdf(position)) * 100) + " %"}};
  return p;
}

// Judges every usable offer, best first; ties by supplier, so that the order of rows does not matter.
std::vector<Judged> judge_all(const Need& need, const PlanConfig& config, std::vector<std::pair<const Offer*, Text>>& unusable_offers) {
  std::vector<Judged> judged;
  for (const Offer& offer : need.offers) {
    if (std::optional<Text> why = unusable(offer, need))
      unusable_offers.emplace_back(&offer, std::move(*why));
    else
      judged.push_back(judge(offer, need, config));
  }
  std::ranges::sort(judged, [](const Judged& a, const Judged& b) {
    return std::tuple(a.per_unit(), a.offer->supplier_id) < std::tuple(b.per_unit(), b.offer->supplier_id);
  });
  return judged;
}

// Why quantities and amounts cannot be counted; nullopt when they can.
std::optional<Text> too_much(const Judged& best, const Need& need) {
  double most = std::max({best.policy.order_up_to, best.quantity, std::abs(need.position.total().to_double())});
  if (Decimal::holds(most) && Decimal::holds(most * best.unit_price.to_double())) return std::nullopt;
  return Text{
      fmt::format("Nothing is ordered: stock of up to {:.3g} {} at {} {} is more than amounts can hold (920 million million). Look at "
                  "the item's sales and prices.",
                  most, need.unit, best.unit_price.text(2), need.currency),
      fmt::format("不订货：库存水平达{:.3g} {}、单价{} {}，超出金额上限（920万亿）。请检查该商品的销量和价格。", most, need.unit,
                  best.unit_price.text(2), need.currency)};
}

}  // namespace

decisions::Proposal alert(std::string topic, const Need& need, Text text) {
  decisions::Proposal p;
  p.kind = "alert";
  p.topic = std::move(topic);
  p.item_id = need.item_id;
  p.location_id = need.location_id;
  p.item_class = need.item_class;
  p.quantity.unit = need.unit;
  p.evidence.inputs = Json{{"position", position_json(need.position)}};
  p.evidence.model = need.model;
  p.evidence.model_version = need.model_version;
  p.evidence.explanation = std::move(text);
  return p;
}

ItemPlan plan_item(const Need& need, const PlanConfig& config, Instant now) {
  ItemPlan plan;
  plan.service_level = config.service_level(need.item_class);
  plan.demand_per_day = need.demand.over(config.review_days()).mean() / config.review_days();
  bool stock_known = need.position.known || config.missing_stock == "zero";
  const auto days = static_cast<double>(need.demand.mean.size());
  bool wanted = !need.demand.empty() && need.demand.mean.back() > kLeastDemandPerDay * days;
  if (!wanted) return plan;
  if (!stock_known)
    plan.alerts.push_back(alert("no_stock", need,
                                {"There is demand, but no row in ops.stock says how much there is: nothing is ordered until one does.",
                                 "有需求，但 ops.stock 中没有库存记录：在补充记录之前不会订货。"}));

  std::vector<std::pair<const Offer*, Text>> unusable_offers;
  std::vector<Judged> judged = judge_all(need, config, unusable_offers);
  if (judged.empty()) {
    if (need.offers.empty()) {
      plan.alerts.push_back(alert("no_supplier", need,
                                  {"There is demand, but nobody supplies this item: add a row to ops.supplier_items.",
                                   "有需求，但没有供应商：请在 ops.supplier_items 中补充。"}));
    } else {
      const auto& [offer, why] = unusable_offers.front();
      plan.alerts.push_back(alert("bad_terms", need,
                                  {fmt::format("There is demand, but no supplier's terms can be used; {}: {}.", offer->supplier_id, why.en),
                                   fmt::format("有需求，但没有可用的供应条件；{}：{}。", offer->supplier_id, why.zh)}));
    }
    return plan;
  }
  const Judged& best = judged.front();
  if (std::optional<Text> why = too_much(best, need)) {
    plan.alerts.push_back(alert("beyond_limits", need, std::move(*why)));
    return plan;
  }
  plan.supplier_id = best.offer->supplier_id;
  plan.lead_time_days = best.lead_days;
  plan.lead_time_sd_days = best.lead_sd;
  plan.policy = best.policy;
  if (!stock_known || best.quantity <= 0) return plan;
  if (serving(best) < best.missed)
    plan.order = order_of(judged, unusable_offers, need, config, now, plan.waiting_loss);
  else
    plan.alerts.push_back(alert("not_worth_it", need, explain_not_worth_it(best, need)));
  return plan;
}

}  // namespace sinan::inventory

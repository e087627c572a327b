#include "operations/models/proposals.hpp"

#include <cmath>

namespace sinan::models {
namespace {

using decisions::Decision;
using decisions::Proposal;
using Stand = decisions::State;

const std::string kChange = "model_change";
const std::string kReview = "model_review";

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }
// Small probabilities, so that they stay readable.
std::string chance(double p) { return p < 0.0001 ? "less than 0.01 %" : fmt::format("{:.2f} %", 100 * p); }
std::string chance_zh(double p) { return p < 0.0001 ? "不到 0.01 %" : fmt::format("{:.2f} %", 100 * p); }

// Whether a decision since `at` waits, was answered or took effect; one that expired unanswered is proposed again.
bool settled(const std::vector<Decision>& known, const std::string& version, const std::string& at) {
  Result<Instant> since = parse_instant(at);
  return std::ranges::any_of(known, [&](const Decision& d) {
    return d.topic == version && since && d.created_at >= *since && d.state != Stand::kExpired && d.state != Stand::kSuperseded;
  });
}

Proposal change_of(const Test& test, const ModelVersion& champion, const ModelVersion& challenger) {
  double gain = 1 - test.challenger_loss / test.champion_loss;
  Proposal p;
  p.kind = kChange;
  p.topic = challenger.id;
  p.evidence.model = challenger.name;
  p.evidence.model_version = challenger.id;
  p.evidence.inputs = Json{{"test", to_json(test)}, {"champion", champion.id}, {"challenger", challenger.id}};
  p.evidence.figures = Json{{"loss_saved", percent(gain)},
                            {"wape_in_use", percent(test.champion_wape)},
                            {"wape_challenger", percent(test.challenger_wape)},
                            {"chance_of_luck", chance(test.p)},
                            {"days", std::to_string(test.days)}};
  Json better{{"loss", fmt::format("{:.4f}", test.challenger_loss)}, {"wape", percent(test.challenger_wape)}};
  Json worse{{"loss", fmt::format("{:.4f}", test.champion_loss)}, {"wape", percent(test.champion_wape)}};
  p.evidence.alternatives.push_back({title_of(challenger), {}, better, std::nullopt});
  p.evidence.alternatives.push_back(
      {title_of(champion), {}, worse, decisions::Text{"forecast the same days worse", "对相同日期的预测较差"}});
  p.evidence.explanation = {
      fmt::format("'{}' forecast the same items, places and days as '{}', which is in use, for {} days ({} to {}), and better: its "
                  "quantiles lost {} less, its error was {} of sales instead of {}. By luck alone this would happen with a chance of {}. "
                  "Once approved, the next cycle forecasts with it, and '{}' goes on beside it.",
                  challenger.name, champion.name, test.days, test.first_day, test.last_day, percent(gain), percent(test.challenger_wape),
                  percent(test.champion_wape), chance(test.p), champion.name),
      fmt::format("在 {} 天（{} 至 {}）里，“{}”与正在使用的“{}”预测了相同的商品、地点和日期，结果更好：分位数损失少 "
                  "{}，误差占销量 {}（原为 {}）。纯属运气的可能性为 {}。批准后，下一次循环改用它，“{}”继续并行对比。",
                  test.days, test.first_day, test.last_day, challenger.name, champion.name, percent(gain), percent(test.challenger_wape),
                  percent(test.champion_wape), chance_zh(test.p), champion.name)};
  return p;
}

Proposal review_of(const std::vector<Alarm>& alarms, const ModelVersion& version) {
  Proposal p;
  p.kind = kReview;
  p.topic = version.id;
  p.evidence.model = version.name;
  p.evidence.model_version = version.id;
  Json list = Json::array();
  std::string en;
  std::string zh;
  for (const Alarm& a : alarms) {
    list.push_back(to_json(a));
    decisions::Text words = class_words(a.demand_class);
    en += fmt::format("{}{}: off by {} of sales since {}, usually {}, {}", en.empty() ? "" : "; ", words.en, percent(a.now), a.since,
                      percent(a.usual), a.bias > 0 ? "mostly too high" : "mostly too low");
    zh += fmt::format("{}{}：自 {} 起误差占销量 {}（平常 {}），多为{}", zh.empty() ? "" : "；", words.zh, a.since, percent(a.now),
                      percent(a.usual), a.bias > 0 ? "偏高" : "偏低");
  }
  p.evidence.inputs = Json{{"alarms", std::move(list)}, {"version", version.id}};
  p.evidence.explanation = {
      fmt::format("Forecasts have become worse than they were: {}. Look for what changed (prices, promotions, assortment, a source that "
                  "stopped), or let a challenger with a shorter history run beside it. Once approved, the next cycle measures the version "
                  "anew and takes that as usual.",
                  en),
      fmt::format("预测比以前差：{}。请查找变化原因（价格、促销、品类、数据源中断），或让一个历史更短的挑战者并行运行。批准后，下一次循"
                  "环重新测量该版本，并以其为新的基准。",
                  zh)};
  return p;
}

}  // namespace

std::string title_of(const ModelVersion& version) { return fmt::format("{} ({})", version.id, version.name); }

decisions::Text class_words(const std::string& demand_class) {
  if (demand_class == "smooth") return {"steady demand", "平稳需求"};
  if (demand_class == "erratic") return {"demand of uneven size", "波动需求"};
  if (demand_class == "intermittent") return {"demand on few days", "间歇需求"};
  if (demand_class == "lumpy") return {"rare and uneven demand", "块状需求"};
  if (demand_class == "short") return {"new items", "新品"};
  if (demand_class == "dead") return {"items that no longer sell", "停销商品"};
  if (demand_class == "all") return {"all items", "全部商品"};
  return {demand_class, demand_class};
}

bool is_about_models(const Decision& decision) { return decision.kind == kChange || decision.kind == kReview; }

Result<std::vector<Proposal>> proposals(const Registry& registry, const decisions::Decisions& decisions) {
  std::vector<Proposal> out;
  SINAN_TRY(models::State state, registry.state());
  SINAN_TRY(std::vector<Run> runs, registry.runs(1));
  if (runs.empty() || runs.back().made.empty()) return out;
  const std::vector<RunVersion>& made = runs.back().made;
  const ModelVersion* champion = state.find(made.front().version);
  if (!champion) return out;
  SINAN_TRY(std::vector<Decision> changes, decisions.list({.kind = kChange}));
  const Test* best = nullptr;
  for (const RunVersion& m : made) {
    const Test* newest = nullptr;
    for (const Test& t : state.tests)
      if (t.champion == champion->id && t.challenger == m.version) newest = &t;
    if (!newest || !newest->better || settled(changes, m.version, newest->at)) continue;
    if (!best || newest->challenger_loss / newest->champion_loss < best->challenger_loss / best->champion_loss) best = newest;
  }
  // While a change waits, another must not be proposed beside it.
  bool waiting = std::ranges::any_of(changes, [](const Decision& d) { return d.state == Stand::kProposed; });
  const bool leads = !state.promotions.empty() && best && state.promotions.back().version == best->challenger;
  if (best && !waiting && !leads) out.push_back(change_of(*best, *champion, *state.find(best->challenger)));

  SINAN_TRY(std::vector<Decision> reviews, decisions.list({.kind = kReview}));
  std::vector<Alarm> alarms;
  for (const Alarm& a : state.alarms)
    if (a.version == champion->id && a.day > champion->measurement.day && !settled(reviews, a.version, a.at)) alarms.push_back(a);
  bool reviewing = champion->measure_again || std::ranges::any_of(reviews, [](const Decision& d) { return d.state == Stand::kProposed; });
  if (!alarms.empty() && !reviewing) out.push_back(review_of(alarms, *champion));
  return out;
}

Result<decisions::Effect> carry_out(Registry& registry, const Decision& decision) {
  const bool change = decision.kind == kChange;
  SINAN_TRY(bool fresh, change ? registry.promote(decision.topic, decision.id, decision.approver)
                               : registry.review(decision.topic, decision.id, decision.approver));
  return decisions::Effect{"models", fmt::format("{} {}", change ? "champion" : "measured anew", decision.topic), !fresh};
}

}  // namespace sinan::models

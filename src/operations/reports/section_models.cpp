// How good the forecasts are: the section on models, for whoever must trust them.
#include <fmt/format.h>

#include <cmath>

#include "operations/reports/numbers.hpp"
#include "operations/reports/page.hpp"

namespace sinan::reports {
namespace {

std::string share(double value) { return std::isfinite(value) ? percent(value) : std::string("–"); }

Text role_text(const std::string& role) {
  if (role == "champion") return {"in use", "使用中"};
  if (role == "next") return {"in use from the next cycle", "下一次循环启用"};
  return {"trial, beside it", "并行试算"};
}

Text chance_text(double p) {
  if (p < 0.0001) return {"less than 1 in 10,000", "不到万分之一"};
  if (p < 0.095) return {fmt::format("1 in {}", grouped(std::llround(1 / p))), fmt::format("约 1/{}", grouped(std::llround(1 / p)))};
  return {percent(p, 0), percent(p, 0)};
}

std::string summary_of(const ModelSection& m) {
  const ModelLine& used = m.lines.front();
  std::string name = escape(used.name);
  if (used.days == 0)
    return both_html(
        fmt::format("'{}' makes the forecasts. Before it was used it was tried on the past four weeks, and was off by <b>{}</b> "
                    "of sales. What its forecasts are worth shows when their days are over.",
                    name, share(used.wape_before)),
        fmt::format("当前使用“{}”。使用前在过去四周上试算，误差占销量 <b>{}</b>。待预测的日期过去后，此处将显示实际效果。", name,
                    share(used.wape_before)));
  return both_html(
      fmt::format("'{}' makes the forecasts. Over the last {} it was off by <b>{}</b> of sales; before it was used, on trial, by {}. Each "
                  "item, place and day counts by itself, so small items weigh on this number.",
                  name, counted(used.days, "day", "days"), share(used.wape_since), share(used.wape_before)),
      fmt::format("当前使用“{}”。最近 {} 天误差占销量 <b>{}</b>，使用前试算为 {}。按每个商品、地点、每一天分别计算，小商品会拉高该数值。",
                  name, used.days, share(used.wape_since), share(used.wape_before)));
}

std::string scorecard(const ModelSection& m) {
  TableHtml table({{{"Method", "方法"}},
                   {{"Off, on trial", "试算误差"}, Place::kNumber},
                   {{"Off, since", "实际误差"}, Place::kNumber},
                   {{"Days", "天数"}, Place::kNumber},
                   {{"In the 80% range", "落入 80% 区间"}, Place::kNumber},
                   {{"Took", "用时"}, Place::kNumber},
                   {{"Explained", "可解释"}, Place::kNumber}});
  for (const ModelLine& line : m.lines)
    table.row({fmt::format("<span class=\"name\">{}</span> <span class=\"kind\">{}</span><code class=\"id\">{}</code>", escape(line.name),
                           both(role_text(line.role)), escape(line.version)),
               share(line.wape_before), share(line.wape_since), grouped(line.days), share(line.inside80),
               line.seconds < 0.1 ? both({"< 0.1 s", "< 0.1 秒"}) : both(duration_text(line.seconds)), share(line.explained)});
  return table.finish() +
         fmt::format(
             "<p class=\"hint\">{}</p>",
             both_html("In the 80% range: near 80% is right; less means that stock for bad days is too small. Explained: the share of "
                       "the forecast whose parts can be named, as <code>sinan forecast --explain</code> shows them.",
                       "落入 80% 区间：接近 80% 为佳，偏低说明安全库存不足。可解释：可逐一列出组成部分的预测占比，如 <code>sinan "
                       "forecast --explain</code> 所示。"));
}

std::string contest_html(const ContestLine& c) {
  std::string first = escape(c.champion);
  std::string second = escape(c.challenger);
  if (c.days == 0)
    return both_html(fmt::format("'{}' forecasts the same as '{}' on trial; no day of it is over yet.", second, first),
                     fmt::format("“{}”与“{}”并行预测，尚无可比较的日期。", second, first));
  std::string size = percent(std::abs(c.gain));
  std::string out = both_html(fmt::format("On the same {}, '{}' missed by <b>{}</b> {} than '{}', over its whole range.",
                                          counted(c.days, "day", "days"), second, size, c.gain >= 0 ? "less" : "more", first),
                              fmt::format("在相同的 {} 天里，“{}”的偏差（含预测区间）比“{}”{} <b>{}</b>。", c.days, second, first,
                                          c.gain >= 0 ? "少" : "多", size));
  out += ' ';
  if (!c.decision.empty()) {
    Text chance = chance_text(c.p);
    out += both_html(
        fmt::format("That is more than luck (chance: {}). <b>Whether to change over waits for a person:</b> <code>sinan decisions "
                    "approve {}</code>",
                    chance.en, escape(c.decision)),
        fmt::format("这不只是运气（可能性：{}）。<b>是否更换等待审批：</b><code>sinan decisions approve {}</code>", chance.zh,
                    escape(c.decision)));
  } else if (c.won) {
    out += both({"That is more than luck; a person has answered whether to change over.", "这不只是运气；是否更换已有答复。"});
  } else {
    out += both({fmt::format("{} The next test comes after {} days.",
                             c.tested ? "That may be luck, or too little to matter." : "It is too early to tell.", c.next_test),
                 fmt::format("{}满 {} 天时再次检验。", c.tested ? "可能是运气，或差别太小。" : "尚不能下结论。", c.next_test)});
  }
  return out;
}

std::string drift_html(const ModelSection& m) {
  if (m.drift.empty()) return "";
  bool sure = std::ranges::any_of(m.drift, [](const DriftLine& d) { return d.sure.has_value(); });
  std::int64_t days = 0;
  for (const DriftLine& d : m.drift) days = std::max(days, d.days);
  if (days == 0) return "";
  if (!sure)
    return fmt::format(
        "<p>{}</p>",
        both({fmt::format("Forecasts are as good as when they were measured, as far as {} can tell.", counted(days, "day shows", "days")),
              fmt::format("据 {} 天的数据，预测与测量时一样好。", days)}));
  std::string out =
      fmt::format("<p><b>{}</b></p>", both({"Forecasts have become worse than when they were measured.", "预测比测量时变差了。"}));
  TableHtml table({{{"Demand", "需求"}},
                   {{"Usually off", "平常误差"}, Place::kNumber},
                   {{"Off now", "目前误差"}, Place::kNumber},
                   {{"Mostly", "多为"}, Place::kShort},
                   {{"Since", "始于"}, Place::kShort}});
  for (const DriftLine& d : m.drift) {
    if (!d.sure) continue;
    Text direction = std::abs(d.bias) < 0.05 ? Text{"both ways", "双向"} : d.bias > 0 ? Text{"too high", "偏高"} : Text{"too low", "偏低"};
    table.row({both(d.demand), share(d.usual), share(d.now), both(direction), d.since ? both(short_day_text(*d.since)) : "–"}, "bad");
  }
  out += table.finish();
  out += fmt::format(
      "<p class=\"advice\">{}</p>",
      both_html(
          "What to do: look for what changed then (prices, promotions, assortment, a season, a source that stopped). Let a method "
          "with a shorter history run beside it (<code>challengers:</code> in forecasts/). If this is the new usual, have it measured "
          "anew.",
          "建议：查找当时的变化（价格、促销、品类、季节、数据源中断）；在 forecasts/ 的 <code>challengers:</code> "
          "中加入历史更短的方法并行试算；若这是新的常态，请重新测量。"));
  if (!m.review.empty())
    out += fmt::format("<p class=\"hint\">{} <code>sinan decisions approve {}</code></p>", both({"To measure anew:", "重新测量："}),
                       escape(m.review));
  return out;
}

}  // namespace

std::string models_section(const ReportData& data) {
  const ModelSection& m = data.models;
  if (!m.known && m.problem.empty()) return "";
  std::string summary;
  std::string content;
  if (m.lines.empty()) {
    content = empty_html({"No model has forecast yet.", "尚无模型作出预测。"});
  } else {
    summary = summary_of(m);
    content = drift_html(m) + scorecard(m);
    for (const ContestLine& c : m.contests) content += fmt::format("<p>{}</p>", contest_html(c));
  }
  return section_html("models", {"How good the forecasts are", "预测质量"}, summary, content, m, data.lake_version);
}

}  // namespace sinan::reports

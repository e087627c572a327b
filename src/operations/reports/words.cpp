// The first sentences of the report.
#include <fmt/format.h>

#include "operations/reports/numbers.hpp"
#include "operations/reports/render.hpp"

namespace sinan::reports {
namespace {

void add(Text& out, const std::string& en, const std::string& zh) {
  if (!out.en.empty()) out.en += ' ';
  out.en += en;
  out.zh += zh;
}

bool only_orders(const DecisionGroup& group) {
  return std::all_of(group.lines.begin(), group.lines.end(), [](const DecisionLine& line) { return line.kind == "purchase_order"; });
}

void say_waiting(const ReportData& data, Text& out) {
  const DecisionGroup& waiting = data.decisions.waiting;
  if (waiting.count == 0) {
    add(out, "Nothing waits for you.", "没有需要您审批的事项。");
    return;
  }
  bool orders = only_orders(waiting);
  add(out, counted(waiting.count, orders ? "order waits" : "decision waits", orders ? "orders wait" : "decisions wait") + " for you.",
      fmt::format("{} {}等待您审批。", grouped(waiting.count), orders ? "份订单" : "项决策"));
}

void say_risk(const ReportData& data, Text& out) {
  const RiskSection& risk = data.risk;
  if (!risk.problem.empty()) return;
  if (risk.run_out_items == 0) {
    add(out, "No item runs out this week.", "本周没有商品会断货。");
    return;
  }
  std::string en = fmt::format("Stock will run out of {} this week", counted(risk.run_out_items, "item", "items"));
  std::string zh = fmt::format("本周将有 {} 种商品断货", grouped(risk.run_out_items));
  if (risk.run_out_covered == risk.run_out_items) {
    en += risk.run_out_items == 1 ? "; it is on order." : "; all are on order.";
    zh += "，均已下单。";
  } else if (risk.run_out_covered > 0) {
    en += fmt::format("; orders for {} are on their way.", grouped(risk.run_out_covered));
    zh += fmt::format("，其中 {} 种的订单已在途。", grouped(risk.run_out_covered));
  } else {
    en += "; nothing is on its way yet.";
    zh += "，尚无在途订单。";
  }
  add(out, en, zh);
}

}  // namespace

Text headline(const ReportData& data) {
  Text out;
  if (data.refused.stopped) {
    add(out, "Broken data stopped today's cycle; nothing was planned.", "数据质量问题中止了今天的循环，未生成计划。");
    return out;
  }
  if (data.run.status == "failed" || data.run.status == "source_down") {
    bool down = data.run.status == "source_down";
    add(out,
        down ? "A system could not be reached; what follows rests on older data."
             : "Today's cycle did not finish; what follows rests on older data.",
        down ? "有系统无法连接，以下内容基于较早的数据。" : "今天的循环未能完成，以下内容基于较早的数据。");
  }
  say_waiting(data, out);
  say_risk(data, out);
  return out;
}

Text lead(const ReportData& data) {
  Text out;
  if (data.run.status == "failed" || data.run.status == "stopped") add(out, data.run.message, data.run.message);
  const DecisionGroup& automatic = data.decisions.automatic;
  if (automatic.count > 0) {
    bool orders = only_orders(automatic);
    add(out,
        fmt::format("{} for {} {} within your rules.",
                    counted(automatic.count, orders ? "order" : "decision", orders ? "orders" : "decisions"), money_list(automatic.totals),
                    automatic.count == 1 ? "was placed" : "were placed"),
        fmt::format("系统已按您的规则自动执行 {} {}，合计 {}。", grouped(automatic.count), orders ? "份订单" : "项决策",
                    money_list(automatic.totals)));
  }
  if (data.decisions.failed.count > 0) {
    add(out,
        fmt::format("{} could not be written to its system and will be tried again.",
                    counted(data.decisions.failed.count, "approved order", "approved orders")),
        fmt::format("{} 份已批准的订单未能写入业务系统，将自动重试。", grouped(data.decisions.failed.count)));
  }
  if (data.forecast.wape) {
    add(out,
        fmt::format("Over the last {}, forecasts were {} off what was sold in total.", counted(data.forecast.days_compared, "day", "days"),
                    percent(*data.forecast.wape)),
        fmt::format("过去 {} 天，预测与实际销量的总偏差为 {}。", data.forecast.days_compared, percent(*data.forecast.wape)));
  }
  if (data.refused.rows_refused > 0) {
    add(out,
        fmt::format("{} held back because of broken data.",
                    data.refused.rows_refused == 1 ? "1 row is" : grouped(data.refused.rows_refused) + " rows are"),
        fmt::format("{} 行数据因质量问题被隔离。", grouped(data.refused.rows_refused)));
  }
  return out;
}

}  // namespace sinan::reports

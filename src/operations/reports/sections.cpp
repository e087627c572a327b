// What waits, what is at risk, what was decided, what it costs: the sections for whoever runs the business.
#include <fmt/format.h>

#include <cmath>

#include "operations/reports/chart.hpp"
#include "operations/reports/numbers.hpp"
#include "operations/reports/page.hpp"

namespace sinan::reports {
namespace {

Text kind_text(const std::string& kind) {
  if (kind == "purchase_order") return {"Order", "采购"};
  if (kind == "transfer") return {"Transfer", "调拨"};
  if (kind == "model_change") return {"Forecast model", "更换预测模型"};
  if (kind == "model_review") return {"Model review", "复核预测模型"};
  if (kind == "alert") return {"Alert", "预警"};
  return {kind, kind};
}

Text role_text(const std::string& role) {
  if (role == "owner") return {"owner", "负责人"};
  if (role == "manager") return {"manager", "经理"};
  if (role == "buyer") return {"buyer", "采购员"};
  return {role.empty() ? "owner" : role, role.empty() ? "负责人" : role};
}

std::string amount_html(const Money& amount) { return amount.currency.empty() ? std::string("–") : escape(money(amount)); }

std::string quantity_html(const Quantity& q) {
  if (q.unit.empty() && q.amount == Decimal()) return "–";  // of what has no quantity
  bool plain = q.unit.empty() || q.unit == "each" || q.unit == "pcs";
  return escape(quantity(q.amount.to_double())) + (plain ? "" : " <span class=\"unit\">" + escape(q.unit) + "</span>");
}

std::string what_html(const DecisionLine& line) {
  std::string_view arrow = line.supplier_id.empty() ? "" : "→ ";  // an alert goes from nowhere
  std::string where = line.location_id.empty() ? "" : fmt::format(" <span class=\"place\">{}{}</span>", arrow, escape(line.location_id));
  std::string from = line.supplier_id.empty()
                         ? ""
                         : fmt::format(" <span class=\"place\">{} {}</span>", both({"from", "供应商"}), escape(line.supplier_id));
  return name_html(line.item_name, line.item_id) + "<span class=\"route\">" + from + where + "</span>";
}

std::string reason_html(const DecisionLine& line) {
  std::string out = line.reason.empty() ? "" : both(line.reason);
  if (!line.error.empty()) out += fmt::format("<span class=\"problem\">{}</span>", escape(line.error));
  return out.empty() ? "–" : out;
}

// Which rules of the automation boundary decided, and where they stand.
std::string rules_html(const DecisionGroup& group) {
  std::string out;
  for (const RuleLine& rule : group.rules) {
    Text name = rule.name.empty() ? Text{"the default", "默认规则"} : Text{rule.name, rule.name};
    out += fmt::format("{}<b>{}</b>{} {}", out.empty() ? "" : " · ", both(name),
                       rule.place.empty() ? "" : fmt::format(" <code>{}</code>", escape(rule.place)), grouped(rule.count));
    if (!rule.totals.empty()) out += fmt::format(" ({})", escape(money_list(rule.totals)));
  }
  return out.empty() ? "" : fmt::format("<p class=\"hint\">{} {}</p>", both({"Decided by the rule:", "依据规则："}), out);
}

// Orders that the day's budget left out.
std::string left_out_html(const DecisionSection& decisions) {
  if (decisions.over_budget == 0) return "";
  std::string amount = decisions.left_out ? escape(money(*decisions.left_out)) : "";
  return fmt::format(
      "<p>{}</p>",
      both_html(fmt::format("<b>{}</b>{} left out: the budget of the day went to orders that lose more sales by waiting. They come up "
                            "again with the next day's.",
                            counted(decisions.over_budget, "order", "orders"),
                            (amount.empty() ? "" : " for " + amount) + (decisions.over_budget == 1 ? " is" : " are")),
                fmt::format("另有 <b>{}</b> 份订单{}未提出：当日预算已用于推迟损失更大的订单，次日再作考虑。",
                            grouped(decisions.over_budget), amount.empty() ? "" : "（" + amount + "）")));
}

Section without_rows(const DecisionSection& section) { return Section{section.origins, section.problem}; }

}  // namespace

std::string decisions_waiting_section(const ReportData& data) {
  const DecisionGroup& waiting = data.decisions.waiting;
  std::string summary;
  for (const auto& [role, count] : data.decisions.waiting_by_role) {
    Text who = role_text(role);
    summary += fmt::format("{}{}", summary.empty() ? "" : " · ",
                           both_html(fmt::format("<b>{}</b> for the {}", grouped(count), escape(who.en)),
                                     fmt::format("{}：<b>{}</b> 项", escape(who.zh), grouped(count))));
  }
  if (waiting.count > 0) summary += fmt::format(" · {}", escape(money_list(waiting.totals)));
  std::string content;
  if (waiting.count == 0) {
    content = empty_html({"Nothing waits for anyone. What your rules allow was done; the rest did not come up.",
                          "没有待审批事项。规则允许的决策已自动执行。"});
  } else {
    TableHtml table({{{"What", "事项"}},
                     {{"Why", "理由"}},
                     {{"Quantity", "数量"}, Place::kNumber},
                     {{"Amount", "金额"}, Place::kNumber},
                     {{"Who", "审批人"}, Place::kShort}});
    for (const DecisionLine& line : waiting.lines) {
      table.row({fmt::format("<span class=\"kind\">{}</span> {}<code class=\"id\">{}</code>", both(kind_text(line.kind)), what_html(line),
                             escape(line.id)),
                 reason_html(line), quantity_html(line.quantity), amount_html(line.amount), both(role_text(line.role))});
    }
    content = rules_html(waiting) + table.finish() +
              more_html(waiting.count - static_cast<std::int64_t>(waiting.lines.size()), "sinan decisions list --status proposed");
    content += fmt::format("<p class=\"hint\">{} <code>sinan decisions approve ID</code></p>", both({"To approve one:", "审批命令："}));
  }
  if (data.decisions.failed.count > 0) {
    TableHtml table(
        {{{"Approved, but not written yet", "已批准但未写入"}}, {{"What went wrong", "原因"}}, {{"Amount", "金额"}, Place::kNumber}});
    for (const DecisionLine& line : data.decisions.failed.lines)
      table.row({what_html(line), reason_html(line), amount_html(line.amount)}, "bad");
    content += table.finish();
  }
  return section_html("waiting", {"Waiting for a person", "等待审批"}, summary, content, without_rows(data.decisions), data.lake_version);
}

std::string risk_section(const ReportData& data) {
  const RiskSection& risk = data.risk;
  std::string content;
  std::string summary;
  if (risk.run_out_lines == 0) {
    content = empty_html({"Nothing runs out before new stock can arrive.", "在新货到达之前，没有商品会断货。"});
  } else {
    summary =
        both_html(fmt::format("<b>{}</b> in a warehouse will run out before new stock can arrive, <b>{}</b> this week{}.",
                              counted(risk.run_out_lines, "item", "items"), counted(risk.run_out_items, "item", "items"),
                              risk.at_stake ? fmt::format("; sales worth <b>{}</b> are at stake", escape(money(*risk.at_stake))) : ""),
                  fmt::format("<b>{}</b> 个商品/仓库组合将在补货到达前断货，其中本周涉及 <b>{}</b> 种商品{}。", grouped(risk.run_out_lines),
                              grouped(risk.run_out_items),
                              risk.at_stake ? fmt::format("，可能损失销售额 <b>{}</b>", escape(money(*risk.at_stake))) : ""));
    TableHtml table({{{"Item", "商品"}},
                     {{"On hand", "现有"}, Place::kNumber},
                     {{"Sells a day", "日销"}, Place::kNumber},
                     {{"Lasts (line: new stock)", "可售天数（竖线：到货）"}, Place::kShort},
                     {{"Runs out", "断货日"}, Place::kShort},
                     {{"On order", "在途"}, Place::kNumber},
                     {{"At stake", "风险金额"}, Place::kNumber}});
    for (const RiskLine& line : risk.run_out) {
      Text days{decimal(line.cover_days, 0) + (std::lround(line.cover_days) == 1 ? " day" : " days"), decimal(line.cover_days, 0) + " 天"};
      std::string arrival = line.on_order > 0 ? escape(quantity(line.on_order)) : std::string("–");
      if (line.on_order <= 0 && line.decided) arrival = both({"placed now", "刚下单"});
      if (line.next_arrival) arrival += fmt::format(" <span class=\"unit\">{}</span>", both(short_day_text(*line.next_arrival)));
      table.row({name_html(line.item_name, line.item_id) + fmt::format(" <span class=\"place\">{}</span>", escape(line.location_id)),
                 escape(quantity(line.on_hand)), escape(quantity(line.daily_demand)),
                 cover_bar(line.cover_days, line.lead_time_days) + both(days), line.runs_out_on ? both(day_text(*line.runs_out_on)) : "–",
                 arrival, line.at_stake ? escape(money(*line.at_stake)) : "–"},
                line.on_order > 0 || line.decided ? "" : "bad");
    }
    content = table.finish() + more_html(risk.run_out_lines - static_cast<std::int64_t>(risk.run_out.size()),
                                         "sinan query \"SELECT * FROM ops.stock_policies WHERE position < reorder_point\"");
  }
  return section_html("risk", {"At risk of running out", "断货风险"}, summary, content, risk, data.lake_version);
}

std::string surplus_section(const ReportData& data) {
  const RiskSection& risk = data.risk;
  std::string content;
  std::string summary;
  if (risk.surplus_lines == 0) {
    content = empty_html({"No item has more stock than its plan wants.", "没有库存超出计划的商品。"});
  } else {
    summary = both_html(fmt::format("<b>{}</b> hold more than the plan wants{}.", counted(risk.surplus_lines, "item-place", "item-places"),
                                    risk.tied_up ? fmt::format("; <b>{}</b> are tied up", escape(money(*risk.tied_up))) : ""),
                        fmt::format("<b>{}</b> 个商品/仓库组合超出计划库存{}。", grouped(risk.surplus_lines),
                                    risk.tied_up ? fmt::format("，占用资金 <b>{}</b>", escape(money(*risk.tied_up))) : ""));
    TableHtml table({{{"Item", "商品"}},
                     {{"On hand", "现有"}, Place::kNumber},
                     {{"Lasts", "可售天数"}, Place::kNumber},
                     {{"Tied up", "占用资金"}, Place::kNumber}});
    for (const SurplusLine& line : risk.surplus) {
      std::string days = line.cover_days > 999 ? "> 999" : decimal(line.cover_days, 0);
      table.row({name_html(line.item_name, line.item_id) + fmt::format(" <span class=\"place\">{}</span>", escape(line.location_id)),
                 escape(quantity(line.on_hand)), both({days + " days", days + " 天"}), escape(money(line.tied_up))});
    }
    content = table.finish();
  }
  return section_html("surplus", {"More than needed", "库存积压"}, summary, content, {risk.surplus_origins, risk.problem},
                      data.lake_version);
}

std::string forecast_section(const ReportData& data) {
  const ForecastSection& f = data.forecast;
  std::string content;
  std::string summary;
  if (f.days.size() < 2) {
    content = empty_html({"There is no sales history to forecast from yet.", "尚无可用于预测的销售历史。"});
  } else {
    summary =
        both_html(fmt::format("All items together, units a day. <b>{}</b> forecast, {} ahead.",
                              counted(f.series, "item-place", "item-places"), counted(f.horizon_days, "day", "days")),
                  fmt::format("全部商品合计，每日件数。共预测 <b>{}</b> 个商品/仓库组合，向前 {} 天。", grouped(f.series), f.horizon_days));
    content = forecast_chart(f.days, data.day, {960, 280, "wide"}) + forecast_chart(f.days, data.day, {360, 240, "narrow"});
    content += fmt::format(
        "<p class=\"legend\"><span class=\"key actual\"></span>{} <span class=\"key forecast\"></span>{} <span class=\"key "
        "band\"></span>{}</p>",
        both({"sold", "实际销量"}), both({"forecast (mean)", "预测（均值）"}), both({"8 of 10 days fall in here", "80% 区间"}));
  }
  if (f.wape) {
    content += fmt::format(
        "<p>{}</p>",
        both_html(fmt::format(
                      "Earlier forecasts against what happened in the {} since: <b>{}</b> off in total (WAPE over items, places and days).",
                      counted(f.days_compared, "day", "days"), percent(*f.wape)),
                  fmt::format("此前预测与其后 {} 天实际相比：总偏差 <b>{}</b>（按商品、仓库、日期计算的 WAPE）。", f.days_compared,
                              percent(*f.wape))));
  } else if (f.days.size() >= 2) {
    content += empty_html({"No earlier forecast can be compared with what happened yet; from the next cycle on it will be here.",
                           "尚无可与实际比较的历史预测，下一次循环起将在此显示。"});
  }
  if (!f.worst.empty()) {
    TableHtml table({{{"Furthest off", "偏差最大"}},
                     {{"Forecast", "预测"}, Place::kNumber},
                     {{"Sold", "实际"}, Place::kNumber},
                     {{"Difference", "差异"}, Place::kNumber}});
    for (const ForecastError& e : f.worst) {
      double difference = e.actual - e.forecast;
      table.row({name_html(e.item_name, e.item_id) + fmt::format(" <span class=\"place\">{}</span>", escape(e.location_id)),
                 escape(quantity(e.forecast)), escape(quantity(e.actual)), (difference > 0 ? "+" : "") + escape(quantity(difference))});
    }
    content += table.finish();
  }
  if (!f.models.empty()) {
    std::string models;
    for (const auto& [model, count] : f.models)
      models += fmt::format("{}<code>{}</code> {}", models.empty() ? "" : " · ", escape(model), grouped(count));
    content += fmt::format("<p class=\"hint\">{} {}</p>", both({"Models in use:", "所用模型："}), models);
  }
  return section_html("forecast", {"Forecast against actual", "预测与实际"}, summary, content, f, data.lake_version);
}

std::string automatic_section(const ReportData& data) {
  const DecisionGroup& automatic = data.decisions.automatic;
  std::string content;
  std::string summary;
  if (automatic.count == 0) {
    content = empty_html({"Nothing was decided automatically today.", "今天没有自动执行的决策。"});
  } else {
    summary = both_html(
        fmt::format("<b>{}</b>, {} in total, each within the automation boundary.", counted(automatic.count, "decision", "decisions"),
                    escape(money_list(automatic.totals))),
        fmt::format("共 <b>{}</b> 项，合计 {}，均在自动化边界之内。", grouped(automatic.count), escape(money_list(automatic.totals))));
    TableHtml table({{{"What", "事项"}},
                     {{"Why", "理由"}},
                     {{"Quantity", "数量"}, Place::kNumber},
                     {{"Amount", "金额"}, Place::kNumber},
                     {{"State", "状态"}, Place::kShort}});
    for (const DecisionLine& line : automatic.lines) {
      table.row({fmt::format("<span class=\"kind\">{}</span> {}", both(kind_text(line.kind)), what_html(line)), reason_html(line),
                 quantity_html(line.quantity), amount_html(line.amount),
                 line.state == "executed" ? both({"placed", "已执行"})
                 : line.state == "failed" ? both({"failed", "失败"})
                                          : both({"approved", "已批准"})},
                line.state == "failed" ? "bad" : "");
    }
    content = rules_html(automatic) + table.finish() +
              more_html(automatic.count - static_cast<std::int64_t>(automatic.lines.size()),
                        fmt::format("sinan decisions list --run {}", data.run.id));
  }
  if (data.decisions.forbidden.count > 0) {
    content +=
        fmt::format("<p>{}</p>", both_html(fmt::format("<b>{}</b> forbidden by policy and not placed ({}).",
                                                       counted(data.decisions.forbidden.count, "decision was", "decisions were"),
                                                       escape(money_list(data.decisions.forbidden.totals))),
                                           fmt::format("另有 <b>{}</b> 项被策略禁止（{}）。", grouped(data.decisions.forbidden.count),
                                                       escape(money_list(data.decisions.forbidden.totals)))));
  }
  content += left_out_html(data.decisions);
  if (data.decisions.alerts.count > 0) {
    TableHtml table({{{"Alert", "预警"}}, {{"Why", "原因"}}});
    for (const DecisionLine& line : data.decisions.alerts.lines) table.row({what_html(line), reason_html(line)});
    content += table.finish() + more_html(data.decisions.alerts.count - static_cast<std::int64_t>(data.decisions.alerts.lines.size()),
                                          "sinan decisions list --kind alert");
  }
  return section_html("automatic", {"Decided automatically", "自动决策"}, summary, content, without_rows(data.decisions),
                      data.lake_version);
}

std::string cost_section(const ReportData& data) {
  const CostSection& cost = data.cost;
  if (!cost.month_to_date) {
    return section_html(
        "cost", {"Cost and budget", "成本与预算"}, "",
        empty_html(cost.known ? Text{"No orders were placed this month.", "本月尚无采购订单。"}
                              : Text{"This workspace does not tell what was ordered: it has no ops.purchase_orders. What Sinan "
                                     "orders stands under the decisions.",
                                     "本工作区没有 ops.purchase_orders，因此无从得知采购金额；司南下的订单见各项决策。"}),
        cost, data.lake_version);
  }
  std::string summary = both_html(fmt::format("Ordered this month: <b>{}</b>", escape(money(*cost.month_to_date))),
                                  fmt::format("本月已下单：<b>{}</b>", escape(money(*cost.month_to_date))));
  if (cost.last_month && cost.last_month->amount > Decimal()) {
    double ratio = cost.month_to_date->amount.to_double() / cost.last_month->amount.to_double() - 1;
    std::string change = (ratio >= 0 ? "+" : "") + percent(ratio, 0);
    summary += both_html(fmt::format(" ({} against the same days of last month, {})", escape(change), escape(money(*cost.last_month))),
                         fmt::format("（较上月同期 {}，上月同期为 {}）", escape(change), escape(money(*cost.last_month))));
  }
  std::string content;
  if (cost.budget && cost.budget->amount > Decimal()) {
    double share = cost.month_to_date->amount.to_double() / cost.budget->amount.to_double();
    content +=
        fmt::format("<p>{}</p>{}",
                    both_html(fmt::format("<b>{}</b> of the month's budget of {} is used.", percent(share, 0), escape(money(*cost.budget))),
                              fmt::format("已使用本月预算 {} 的 <b>{}</b>。", escape(money(*cost.budget)), percent(share, 0))),
                    share_bar(share, share > 1 ? "low" : "enough"));
  } else {
    content += empty_html(
        {"No budget is set for purchasing; reports/daily.yaml may give one.", "未设置采购预算，可在 reports/daily.yaml 中设置。"});
  }
  if (!cost.suppliers.empty()) {
    double most = cost.suppliers.front().amount.amount.to_double();
    TableHtml table(
        {{{"Supplier", "供应商"}}, {{"Orders", "订单数"}, Place::kNumber}, {{"Ordered this month", "本月金额"}, Place::kNumber}});
    for (const SpendLine& line : cost.suppliers) {
      table.row({name_html({line.supplier_name, line.supplier_name}, line.supplier_id) +
                     share_bar(most > 0 ? line.amount.amount.to_double() / most : 0, "enough"),
                 grouped(line.orders), escape(money(line.amount))});
    }
    content += table.finish();
  }
  return section_html("cost", {"Cost and budget", "成本与预算"}, summary, content, cost, data.lake_version);
}

}  // namespace sinan::reports

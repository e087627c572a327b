// Sudden demand: the section for whoever must find out why, and whether stock will last.
#include <fmt/format.h>

#include "operations/reports/numbers.hpp"
#include "operations/reports/page.hpp"

namespace sinan::reports {
namespace {

std::string summary_of(const BurstSection& b) {
  const std::int64_t all = b.bursts + b.promotions;
  std::string en =
      fmt::format("<b>{}</b> sold far more in the last week than their past lets expect", counted(all, "item-place", "item-places"));
  std::string zh = fmt::format("最近一周有 <b>{}</b> 个商品-地点的销量远高于以往水平", grouped(all));
  if (b.promotions > 0) {
    en += fmt::format("; {} of them during a promotion", grouped(b.promotions));
    zh += fmt::format("，其中 {} 个正值促销", grouped(b.promotions));
  }
  if (b.outliers > 0) {
    en += fmt::format(". {} single {} more, over the next day, {} not listed", grouped(b.outliers), b.outliers == 1 ? "day" : "days",
                      b.outliers == 1 ? "is" : "are");
    zh += fmt::format("。另有 {} 个仅持续一天，未列出", grouped(b.outliers));
  }
  return both_html(en + ".", zh + "。");
}

Text kind_text(const BurstLine& line) {
  if (line.promotion) return {"promotion", "促销"};
  return line.running ? Text{"still running", "仍在持续"} : Text{"over", "已结束"};
}

}  // namespace

std::string bursts_section(const ReportData& data) {
  const BurstSection& b = data.bursts;
  if (!b.known && b.problem.empty()) return "";
  std::string summary;
  std::string content;
  if (b.lines.empty()) {
    content = empty_html({"Nothing was sold suddenly more than expected in the last week.", "最近一周没有需求突增。"});
  } else {
    summary = summary_of(b);
    TableHtml table({{{"Item", "商品"}},
                     {{"Since", "始于"}, Place::kShort},
                     {{"Sold", "销量"}, Place::kNumber},
                     {{"Expected", "预期"}, Place::kNumber},
                     {{"Times", "倍数"}, Place::kNumber},
                     {{"Sure", "把握"}, Place::kNumber},
                     {{"State", "状态"}, Place::kShort}});
    for (const BurstLine& line : b.lines)
      table.row({name_html(line.item_name, line.item_id) + fmt::format(" <span class=\"place\">{}</span>", escape(line.location_id)),
                 both(short_day_text(line.first)), quantity(line.demand), quantity(line.expected),
                 line.expected > 0 ? "×" + decimal(line.demand / line.expected, 1) : std::string("–"),
                 line.confidence >= 0.995 ? std::string("&gt;99%") : percent(line.confidence, 0), both(kind_text(line))});
    content = table.finish();
    const std::int64_t left = b.bursts + b.promotions - static_cast<std::int64_t>(b.lines.size());
    content += more_html(left, "sinan query 'SELECT * FROM ops.demand_bursts WHERE confidence >= 0.5'");
    content +=
        fmt::format("<p class=\"hint\">{}</p>",
                    both({"Sure: the chance that this is not just luck, at most. What to do where no promotion explains it: look for the "
                          "cause (a large customer, a campaign, a competitor without stock) before it decides on the next order.",
                          "把握：并非偶然的概率上限。若无促销解释：请先查明原因（大客户、营销活动、竞争对手缺货），再决定下一次订货。"}));
  }
  return section_html("bursts", {"Sudden demand", "需求突增"}, summary, content, b, data.lake_version);
}

}  // namespace sinan::reports

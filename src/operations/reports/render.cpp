#include "operations/reports/render.hpp"

#include <fmt/format.h>

#include "operations/reports/numbers.hpp"
#include "operations/reports/page.hpp"
#include "platform/secrets/secrets.hpp"

namespace sinan::reports {
namespace {

// RFC 4648, of hexadecimal digits.
std::string base64_of_hex(std::string_view hex) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<unsigned> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<unsigned>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = bytes[i] << 16U | (left > 1 ? bytes[i + 1] : 0) << 8U | (left > 2 ? bytes[i + 2] : 0);
    for (std::size_t k = 0; k < 4; ++k) out += k <= left ? kAlphabet[group >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

// One number that matters, with what it means; a link to its section.
std::string tile(const std::string& section, const Text& label, const std::string& value_html, const Text& note, std::string_view mood) {
  return fmt::format(
      "<a class=\"tile {}\" href=\"#{}\"><span class=\"label\">{}</span><span class=\"value\">{}</span><span "
      "class=\"note\">{}</span></a>\n",
      mood, section, both(label), value_html, both(note));
}

std::string tiles(const ReportData& data) {
  const DecisionGroup& waiting = data.decisions.waiting;
  const DecisionGroup& automatic = data.decisions.automatic;
  std::string out = "<nav class=\"tiles\" aria-label=\"Summary\">\n";
  out += tile("waiting", {"Waiting", "待审批"}, grouped(waiting.count), {money_list(waiting.totals), money_list(waiting.totals)},
              waiting.count > 0 ? "act" : "");
  if (data.risk.problem.empty()) {
    Text note = data.risk.at_stake ? Text{money(*data.risk.at_stake) + " at stake", "风险 " + money(*data.risk.at_stake)}
                                   : Text{"items in places", "商品/仓库"};
    out += tile("risk", {"Run out too soon", "补货前断货"}, grouped(data.risk.run_out_lines), note,
                data.risk.run_out_items > data.risk.run_out_covered ? "bad" : "");
  }
  out += tile("automatic", {"Automatic", "自动执行"}, grouped(automatic.count),
              {money_list(automatic.totals), money_list(automatic.totals)}, "");
  if (data.forecast.wape) {
    out += tile("forecast", {"Forecast error", "预测误差"}, percent(*data.forecast.wape), {"WAPE, items and days", "WAPE"}, "");
  } else if (data.forecast.series > 0) {
    out += tile("forecast", {"Forecasts", "预测"}, grouped(data.forecast.series), {"items in places", "商品/仓库"}, "");
  }
  if (data.risk.tied_up) {
    Text value = short_money(*data.risk.tied_up);
    out += tile("surplus", {"More than needed", "积压"}, both(value),
                {counted(data.risk.surplus_lines, "item-place", "item-places"), grouped(data.risk.surplus_lines) + " 处"}, "");
  }
  Text judged = data.refused.rows_judged > 0 ? Text{share_of(data.refused.rows_refused, data.refused.rows_judged) + " of all rows",
                                                    "占 " + share_of(data.refused.rows_refused, data.refused.rows_judged)}
                                             : Text{"rows held back", "被隔离行"};
  out += tile("refused", {"Refused", "被拒绝"}, grouped(data.refused.rows_refused), judged, data.refused.stopped ? "bad" : "");
  return out + "</nav>\n";
}

std::string head(const ReportData& data) {
  Text day = long_day_text(data.day);
  return fmt::format(
      "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<title>{} · {}</title>\n<style>{}</style>\n</head>\n",
      data.language == "zh" ? "zh-Hans" : "en", base64_of_hex(secrets::sha256(style_sheet())), escape(data.company),
      escape(data.language == "zh" ? day.zh : day.en), style_sheet());
}

std::string masthead(const ReportData& data) {
  Text first = headline(data);
  Text second = lead(data);
  std::string out =
      fmt::format("<header>\n<p class=\"eyebrow\"><span class=\"company\">{}</span><span class=\"date\">{}</span></p>\n<h1>{}</h1>\n",
                  escape(data.company), both(long_day_text(data.day)), both(first));
  if (!second.empty()) out += fmt::format("<p class=\"lead\">{}</p>\n", both(second));
  if (data.run.dry_run) {
    out += fmt::format("<p class=\"dry\">{}</p>\n",
                       both({"A dry run: this was only worked out; nothing was ordered or written.", "试运行：仅推演，未下单，未写入。"}));
  }
  return out + "</header>\n";
}

// Kept with the page, it shows when somebody puts back an old record together with its old head.
std::string chain_end_html(const DecisionSection& decisions) {
  if (!decisions.end) return "";
  std::string hash = fmt::format("<code>{}</code>", escape(decisions.end->hash));
  return fmt::format("<p>{}</p>",
                     both_html(fmt::format("The record of decisions ends at number {} with {}; <code>sinan decisions verify</code> proves "
                                           "all before it.",
                                           grouped(decisions.end->number), hash),
                               fmt::format("决策记录截至第 {} 条，校验值 {}；可用 <code>sinan decisions verify</code> 验证全部记录。",
                                           grouped(decisions.end->number), hash)));
}

}  // namespace

std::string content_security_policy() {
  return fmt::format("default-src 'none'; style-src 'sha256-{}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
                     base64_of_hex(secrets::sha256(style_sheet())));
}

std::string render_html(const ReportData& data) {
  bool zh = data.language == "zh";
  std::string out = head(data);
  out += fmt::format(
      "<body>\n<input class=\"switch\" type=\"radio\" name=\"lang\" id=\"lang-en\"{}><input class=\"switch\" type=\"radio\" name=\"lang\" "
      "id=\"lang-zh\"{}>\n"
      "<div class=\"page\">\n<p class=\"languages\"><label for=\"lang-en\" lang=\"en\">English</label><label for=\"lang-zh\" "
      "lang=\"zh-Hans\">中文</label></p>\n",
      zh ? "" : " checked", zh ? " checked" : "");
  out += masthead(data) + tiles(data) + "<main>\n";
  out += decisions_waiting_section(data) + risk_section(data) + bursts_section(data) + forecast_section(data) + models_section(data) +
         automatic_section(data) + surplus_section(data) + cost_section(data) + refused_section(data) + read_section(data) +
         golden_section(data) + assumptions_section(data) + run_section(data);
  out += "</main>\n";
  std::string made = time_text(data.generated_at, data.zone) + " " + data.zone.name();
  out += fmt::format("<footer>{}<p>{}</p></footer>\n</div>\n</body>\n</html>\n", chain_end_html(data.decisions),
                     both_html(fmt::format("Written by Sinan {} at {}. Data as of lake version {}. Times are in {}; days are cut there.",
                                           escape(data.version), escape(made), data.lake_version, escape(data.zone.name())),
                               fmt::format("由司南 Sinan {} 生成于 {}。数据截至数据湖版本 {}。时间为 {} 时区，并以此划分日期。",
                                           escape(data.version), escape(made), data.lake_version, escape(data.zone.name()))));
  return out;
}

}  // namespace sinan::reports

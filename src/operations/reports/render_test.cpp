#include "operations/reports/render.hpp"

#include <gtest/gtest.h>

#include "operations/reports/chart.hpp"
#include "operations/reports/html.hpp"
#include "operations/reports/numbers.hpp"
#include "operations/reports/page.hpp"
#include "operations/reports/render_sample.hpp"

namespace sinan::reports {
namespace {

// Every element that opens closes, in order; void elements aside. Attributes are quoted by construction.
std::string unbalanced(const std::string& html) {
  static const std::set<std::string> kVoid{"meta", "input", "br"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    if (html[at + 1] == '!') continue;
    bool closing = html[at + 1] == '/';
    std::size_t begin = at + 1 + (closing ? 1 : 0);
    std::size_t end = html.find_first_of(" \n/>", begin);
    std::string name = html.substr(begin, end - begin);
    bool self_closing = html[html.find('>', at) - 1] == '/';
    if (closing) {
      if (open.empty() || open.back() != name) return "closes " + name + " near " + html.substr(at > 80 ? at - 80 : 0, 120);
      open.pop_back();
    } else if (!kVoid.contains(name) && !self_closing) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "never closes " + open.back();
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t out = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++out;
  return out;
}

TEST(Headline, SaysWhatWaitsAndWhatRunsOutInPlainWords) {
  ReportData data = sample_report();
  EXPECT_EQ(headline(data).en, "3 orders wait for you. Stock will run out of 12 items this week; orders for 9 are on their way.");
  EXPECT_EQ(headline(data).zh, "3 份订单等待您审批。本周将有 12 种商品断货，其中 9 种的订单已在途。");
  data.decisions.waiting = {};
  data.risk.run_out_items = 1;
  data.risk.run_out_covered = 1;
  EXPECT_EQ(headline(data).en, "Nothing waits for you. Stock will run out of 1 item this week; it is on order.");
  data.risk.run_out_items = 0;
  EXPECT_EQ(headline(data).en, "Nothing waits for you. No item runs out this week.");
  data.run.status = "source_down";
  EXPECT_TRUE(headline(data).en.starts_with("A system could not be reached"));
  data.refused.stopped = true;
  EXPECT_EQ(headline(data).en, "Broken data stopped today's cycle; nothing was planned.");
}

TEST(Render, ThePageIsWholeAndCarriesNothingForeign) {
  std::string html = render_html(sample_report());
  EXPECT_EQ(unbalanced(html), "");
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("style=\""), std::string::npos) << "the content security policy allows the style sheet only";
  for (std::string_view loads : {"src=", "url(", "@import", "http://", "https://", "onload", "javascript:"}) {
    EXPECT_EQ(html.find(loads), std::string::npos) << loads;
  }
  EXPECT_NE(html.find("Gasket set &lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  EXPECT_EQ(html.find("\xE2\x80\xAE"), std::string::npos) << "a text that reads from right to left could mislead";
  EXPECT_EQ(count(html, "lang=\"en\">"), count(html, "lang=\"zh-Hans\">") + (html.find("<html lang=\"en\">") != std::string::npos ? 1 : 0))
      << "what stands in one language stands in the other";
}

TEST(Render, EverySectionNamesItsQueries) {
  std::string html = render_html(sample_report());
  for (std::string_view query :
       {"sinan decisions list --run cycle-20260301-1 --json", "FROM ops.stock_policies\nWHERE position &lt; reorder_point",
        "SELECT ds, sum(yhat) FROM ops.forecasts", "sinan runs show cycle-20260301-1 --json"}) {
    EXPECT_NE(html.find(query), std::string::npos) << query;
  }
  EXPECT_NE(html.find("lake version 41"), std::string::npos);
}

TEST(Render, NamesTheRulesWhatTheBudgetLeftOutAndTheEndOfTheRecord) {
  ReportData data = sample_report();
  data.decisions.automatic.rules = {{"small <orders>", "policies/people.yaml:16:7", 40, {eur(9000)}}, {"", "", 7, {}}};
  data.decisions.over_budget = 825;
  data.decisions.left_out = eur(277664);
  data.decisions.end = ChainEndLine{5230, std::string(64, 'a')};
  std::string html = render_html(data);
  EXPECT_EQ(unbalanced(html), "");
  for (const std::string& words : {std::string("small &lt;orders&gt;"), std::string("policies/people.yaml:16:7</code> 40 (€9,000)"),
                                   std::string("the default"), std::string("<b>825 orders</b> for €277,664 are left out"),
                                   std::string("ends at number 5,230 with <code>") + std::string(64, 'a')}) {
    EXPECT_NE(html.find(words), std::string::npos) << words;
  }
}

TEST(Render, AnArrowGoesFromASupplierToAPlace) {
  ReportData data = sample_report();
  data.decisions.waiting.lines.resize(1);
  EXPECT_NE(render_html(data).find("S-17</span> <span class=\"place\">→ hamburg</span>"), std::string::npos);
  data.decisions.waiting.lines[0].supplier_id.clear();
  EXPECT_NE(render_html(data).find("<span class=\"route\"> <span class=\"place\">hamburg</span>"), std::string::npos);
}

TEST(Render, SaysHowGoodTheForecastsAreAndWhatWaitsForSomebody) {
  ReportData data = sample_report();
  std::string section = models_section(data);
  EXPECT_NE(section.find("it was off by <b>30.1%</b> of sales"), std::string::npos);
  EXPECT_NE(section.find("误差占销量 <b>30.1%</b>"), std::string::npos);
  EXPECT_NE(section.find("missed by <b>8.1%</b> less than"), std::string::npos);
  EXPECT_NE(section.find("少 <b>8.1%</b>"), std::string::npos);
  EXPECT_NE(section.find("chance: 1 in 476"), std::string::npos);
  EXPECT_NE(section.find("sinan decisions approve k7m2qxab-1071"), std::string::npos);
  EXPECT_NE(section.find("Forecasts have become worse"), std::string::npos);
  EXPECT_EQ(count(section, "demand on few days"), 0U) << "only what is sure is said";
  data.models.drift[0].sure.reset();
  data.models.contests[0].decision.clear();
  data.models.contests[0].won = false;
  section = models_section(data);
  EXPECT_NE(section.find("as good as when they were measured"), std::string::npos);
  EXPECT_NE(section.find("The next test comes after 56 days"), std::string::npos);
  data.models.lines.clear();
  EXPECT_NE(models_section(data).find("No model has forecast yet."), std::string::npos);
}

TEST(Render, SaysWhatWasSoldSuddenly) {
  ReportData data = sample_report();
  std::string section = bursts_section(data);
  for (const char* words : {"<b>10 item-places</b> sold far more", "9 of them during a promotion", "1 single day more", "×4.5", "99%",
                            "still running", "有 <b>10</b> 个商品-地点", "其中 9 个正值促销", "仍在持续", "8 more"})
    EXPECT_NE(section.find(words), std::string::npos) << words;
  data.bursts.lines[0].expected = 0;
  EXPECT_EQ(bursts_section(data).find("×4.5"), std::string::npos);
  data.bursts.lines.clear();
  EXPECT_NE(bursts_section(data).find("Nothing was sold suddenly"), std::string::npos);
  data.bursts.known = false;
  EXPECT_EQ(bursts_section(data), "") << "before the first forecast";
}

TEST(Render, AStepThatWaitsForPeopleLeadsToWhatWaitsInBothLanguages) {
  ReportData data = sample_report();
  data.run.steps = {
      {.id = "act", .task = "execute_decisions", .status = "done", .attempts = 1, .message = "33 decisions wait", .waiting = true}};
  std::string page = render_html(data);
  EXPECT_NE(page.find("<code>act</code>"), std::string::npos);
  EXPECT_NE(page.find("见<a href=\"#waiting\">等待审批</a>"), std::string::npos);
  EXPECT_EQ(page.find("33 decisions wait"), std::string::npos);
}

TEST(Render, AReasonThatExamplesShareIsSaidOnce) {
  ReportData data;
  Text reason{"goods that were taken back", "退货"};
  data.refused.rules = {{"retail.lines", "returned", 2, true, {{"C1", reason}, {"C2", reason}}, {"Mend it.", "请更正。"}}};
  std::string html = render_html(data);
  EXPECT_EQ(unbalanced(html), "");
  EXPECT_EQ(count(html, "goods that were taken back"), 1U);
  EXPECT_NE(html.find("<code>C1</code> · <code>C2</code>"), std::string::npos);
  data.refused.rules[0].examples[1].second.en = "goods that came back";
  EXPECT_EQ(count(render_html(data), "goods that were taken back"), 1U);
  EXPECT_EQ(count(render_html(data), "goods that came back"), 1U);
}

TEST(Render, TilesLeadToSectionsThatExist) {
  std::string html = render_html(sample_report());
  std::size_t links = 0;
  for (std::size_t at = html.find("href=\"#"); at != std::string::npos; at = html.find("href=\"#", at + 1), ++links) {
    std::string id = html.substr(at + 7, html.find('"', at + 7) - at - 7);
    EXPECT_NE(html.find("<section id=\"" + id + "\">"), std::string::npos) << id;
  }
  EXPECT_GE(links, 5U);
}

TEST(Render, WhatIsAtStakeStandsBesideTheNumberOfItsOwnLines) {
  ReportData data = sample_report();
  data.risk.run_out_lines = 394;
  data.risk.run_out_items = 350;
  std::string page = render_html(data);
  std::size_t tile = page.find("href=\"#risk\"");
  ASSERT_NE(tile, std::string::npos);
  EXPECT_NE(page.substr(tile, page.find("</a>", tile) - tile).find("394"), std::string::npos);
  EXPECT_NE(page.find("<b>350 items</b> this week"), std::string::npos);
}

TEST(Render, AnEmptyDayIsDesignedToo) {
  ReportData data;
  data.company = "Quiet";
  data.read.known = true;
  std::string html = render_html(data);
  EXPECT_EQ(unbalanced(html), "");
  for (std::string_view words : {"Nothing was refused today", "Nothing waits for anyone", "Nothing runs out before new stock can arrive",
                                 "Nothing was decided automatically today", "Nothing had changed in any source"}) {
    EXPECT_NE(html.find(words), std::string::npos) << words;
  }
}

TEST(Render, ANumberThatCouldNotBeReadSaysWhy) {
  ReportData data = sample_report();
  data.forecast.problem = "there is no table ops.forecasts";
  std::string html = render_html(data);
  EXPECT_NE(html.find("These numbers could not be read:"), std::string::npos);
  EXPECT_NE(html.find("there is no table ops.forecasts"), std::string::npos);
}

TEST(Render, ThePolicyAllowsTheStyleSheetByItsHash) {
  // sha256 of the empty text in base64 is published in RFC-style test vectors: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=.
  std::string policy = content_security_policy();
  std::size_t at = policy.find("sha256-");
  ASSERT_NE(at, std::string::npos);
  std::string hash = policy.substr(at + 7, 44);
  EXPECT_EQ(hash.back(), '=');
  EXPECT_EQ(policy[at + 7 + 44], '\'');
  EXPECT_NE(render_html(sample_report()).find("style-src 'sha256-" + hash + "'"), std::string::npos);
}

TEST(Numbers, AreWrittenAsPeopleReadThem) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1234), "−1,234");
  EXPECT_EQ(decimal(-0.04, 1), "0.0");
  EXPECT_EQ(decimal(1234.56, 1), "1,234.6");
  EXPECT_EQ(decimal(kMissing, 1), "–");
  EXPECT_EQ(quantity(14), "14");
  EXPECT_EQ(quantity(16.5), "16.5");
  EXPECT_EQ(quantity(120.4), "120");
  EXPECT_EQ(share_of(1, 100000), "<0.1%");
  EXPECT_EQ(share_of(0, 10), "0%");
  EXPECT_EQ(share_of(1, 8), "12.5%");
  EXPECT_EQ(money(eur(1234.5)), "€1,234");
  EXPECT_EQ(money(eur(12.5)), "€12.50");
  EXPECT_EQ(money(eur(-12.5)), "−€12.50");
  EXPECT_EQ(money({Decimal::whole(5), "SEK"}), "SEK 5.00");
  EXPECT_EQ(short_money(eur(1234567)).en, "€1.2M");
  EXPECT_EQ(short_money(eur(1234567)).zh, "€123万");
  EXPECT_EQ(short_money(eur(148900)).en, "€149k");
  EXPECT_EQ(short_money(eur(148900)).zh, "€15万");
  EXPECT_EQ(money_list({}), "–");
}

TEST(Numbers, DaysInBothLanguages) {
  Date day = parse_date("2026-03-01").value();
  EXPECT_EQ(day_text(day).en, "Sun 1 Mar");
  EXPECT_EQ(day_text(day).zh, "3月1日 周日");
  EXPECT_EQ(long_day_text(day).en, "Sunday, 1 March 2026");
  EXPECT_EQ(duration_text(65).en, "1 min 5 s");
  EXPECT_EQ(duration_text(0.25).en, "0.2 s");
  EXPECT_EQ(time_text(parse_instant("2026-07-01T22:30:00Z").value(), Zone::find("Asia/Shanghai").value()), "2026-07-02 06:30");
}

TEST(Chart, TicksAreRoundAndCoverTheMaximum) {
  EXPECT_EQ(nice_ticks(0), (std::vector<double>{0, 1}));
  EXPECT_EQ(nice_ticks(10), (std::vector<double>{0, 2.5, 5, 7.5, 10}));
  EXPECT_EQ(nice_ticks(8200), (std::vector<double>{0, 2500, 5000, 7500, 10000}));
  for (double maximum : {0.013, 1.0, 3.7, 99.0, 12345.0, 7e9}) {
    auto ticks = nice_ticks(maximum);
    EXPECT_GE(ticks.back(), maximum * 0.999);
    EXPECT_GE(ticks.size(), 3U) << maximum;
    EXPECT_LE(ticks.size(), 6U) << maximum;
  }
}

TEST(Chart, AMissingDayBreaksTheLine) {
  std::vector<DayPoint> days;
  for (int i = 0; i < 5; ++i) days.push_back({Date{std::chrono::days{i}}, i == 2 ? kMissing : 10.0 + i, kMissing, kMissing, kMissing});
  std::string svg = forecast_chart(days, Date{std::chrono::days{4}}, {400, 200, "wide"});
  std::size_t at = svg.find("class=\"actual\" d=\"");
  std::string path = svg.substr(at, svg.find("\"/>", at) - at);
  EXPECT_EQ(count(path, "M"), 2U);
  EXPECT_EQ(unbalanced(svg), "");
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(forecast_chart({}, Date{}, {400, 200, "wide"}), "");
}

TEST(Html, ForeignTextStaysText) {
  EXPECT_EQ(escape("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  EXPECT_EQ(escape_lines("a\nb<"), "a\nb&lt;");
  EXPECT_EQ(both({"same", "same"}), "same");
  EXPECT_EQ(both({"only", ""}), "only");
}

}  // namespace
}  // namespace sinan::reports

// What was read, refused and joined, on what assumptions, and how the run went: the sections for whoever looks after the data.
#include <fmt/format.h>

#include "operations/reports/chart.hpp"
#include "operations/reports/numbers.hpp"
#include "operations/reports/page.hpp"

namespace sinan::reports {
namespace {

Text status_text(const std::string& status) {
  static const std::map<std::string, Text> kTexts{{"done", {"done", "完成"}},
                                                  {"running", {"running", "进行中"}},
                                                  {"waiting", {"waiting for people", "等待审批"}},
                                                  {"stopped", {"stopped", "已中止"}},
                                                  {"failed", {"failed", "失败"}},
                                                  {"source_down", {"a source is down", "数据源不可用"}},
                                                  {"skipped", {"skipped", "已跳过"}},
                                                  {"ignored", {"failed, ignored", "失败（忽略）"}},
                                                  {"pending", {"not started", "未开始"}},
                                                  {"interrupted", {"interrupted", "已中断"}},
                                                  {"cancelled", {"cancelled", "已取消"}}};
  auto it = kTexts.find(status);
  return it == kTexts.end() ? Text{status, status} : it->second;
}

std::string change(std::int64_t value, std::string_view sign) {
  return value == 0 ? std::string("<span class=\"zero\">0</span>") : fmt::format("{}{}", sign, grouped(value));
}

// Keys with their reasons; a reason that they share is said once.
std::string examples_html(const std::vector<std::pair<std::string, Text>>& examples) {
  bool shared = examples.size() > 1 && std::ranges::all_of(examples, [&](const auto& example) {
                  return example.second.en == examples.front().second.en && example.second.zh == examples.front().second.zh;
                });
  std::string out;
  for (const auto& [key, reason] : examples) {
    if (!shared) {
      out += fmt::format("<span class=\"example\"><code>{}</code> {}</span>", escape(key), both(reason));
    } else {
      out += fmt::format("{}<code>{}</code>", out.empty() ? "" : " · ", escape(key));
    }
  }
  return shared ? fmt::format("<span class=\"example\">{}<br>{}</span>", both(examples.front().second), out) : out;
}

// What there is to say of a step beyond its bar in the chart; empty when all went well at once.
std::string step_note(const StepLine& step) {
  std::string told;
  if (step.attempts > 1) told += ", " + both({fmt::format("{} attempts", step.attempts), fmt::format("{} 次尝试", step.attempts)});
  if (step.waiting) {
    told += ": " + both_html("see <a href=\"#waiting\">Waiting for a person</a>", "见<a href=\"#waiting\">等待审批</a>");
  } else if (!step.message.empty()) {
    told += ": " + escape(step.message);
  }
  if (told.empty()) return "";
  return fmt::format("<li><code>{}</code> {}{}</li>", escape(step.id), both(status_text(step.waiting ? "waiting" : step.status)), told);
}

}  // namespace

std::string read_section(const ReportData& data) {
  std::string content;
  std::string summary;
  if (data.read.lines.empty()) {
    content = empty_html(data.read.known ? Text{"Nothing had changed in any source.", "各数据源均无变化。"}
                                         : Text{"No source was read in this run.", "本次运行未读取数据源。"});
  } else {
    std::int64_t read = 0;
    std::int64_t changed = 0;
    for (const ReadLine& line : data.read.lines) {
      read += line.rows_read;
      changed += line.inserted + line.changed + line.deleted;
    }
    summary = both_html(fmt::format("<b>{}</b> read from {}; <b>{}</b> of them were new, changed or gone.", counted(read, "row", "rows"),
                                    counted(static_cast<std::int64_t>(data.read.lines.size()), "table", "tables"), grouped(changed)),
                        fmt::format("从 {} 张表读取 <b>{}</b> 行，其中 <b>{}</b> 行为新增、变更或删除。", data.read.lines.size(),
                                    grouped(read), grouped(changed)));
    TableHtml table({{{"Table", "表"}},
                     {{"Read", "读取"}, Place::kNumber},
                     {{"New", "新增"}, Place::kNumber},
                     {{"Changed", "变更"}, Place::kNumber},
                     {{"Gone", "删除"}, Place::kNumber},
                     {{"Took", "用时"}, Place::kNumber}});
    for (const ReadLine& line : data.read.lines) {
      std::string shown = line.source.empty() ? line.table : line.source + "." + line.table;
      std::string name = fmt::format("<code>{}</code>", escape(shown));
      if (!line.note.empty()) name += fmt::format("<span class=\"example\">{}</span>", escape(line.note));
      if (!line.problem.empty()) name += fmt::format("<span class=\"problem\">{}</span>", escape(line.problem));
      table.row({name, grouped(line.rows_read), change(line.inserted, "+"), change(line.changed, "~"), change(line.deleted, "−"),
                 both(duration_text(line.duration_s))},
                line.problem.empty() ? "" : "bad");
    }
    content = table.finish();
  }
  return section_html("read", {"What was read", "读取的数据"}, summary, content, data.read, data.lake_version);
}

std::string refused_section(const ReportData& data) {
  const RefusedSection& refused = data.refused;
  std::string content;
  std::string summary;
  if (refused.rules.empty()) {
    content = empty_html({"Nothing was refused today. Every row kept every rule.", "今天没有数据被拒绝，所有数据均符合规则。"});
  } else {
    summary = both_html(
        fmt::format("<b>{}</b> held back{}. They come in by themselves once they are mended in their source.",
                    refused.rows_refused == 1 ? "1 row is" : grouped(refused.rows_refused) + " rows are",
                    refused.rows_judged > 0 ? fmt::format(" ({} of {})", escape(share_of(refused.rows_refused, refused.rows_judged)),
                                                          grouped(refused.rows_judged))
                                            : ""),
        fmt::format("<b>{}</b> 行被隔离{}。在源系统修正后会自动进入。", grouped(refused.rows_refused),
                    refused.rows_judged > 0 ? fmt::format("（占 {} 行的 {}）", grouped(refused.rows_judged),
                                                          escape(share_of(refused.rows_refused, refused.rows_judged)))
                                            : ""));
    TableHtml table({{{"Rule", "规则"}}, {{"Rows", "行数"}, Place::kNumber}, {{"For example", "示例"}}, {{"What to do", "建议"}}});
    for (const RefusedRule& rule : refused.rules) {
      std::string examples = examples_html(rule.examples);
      table.row({fmt::format("<code>{}</code> <span class=\"place\">{}</span>{}", escape(rule.rule), escape(rule.table),
                             rule.warning ? fmt::format(" <span class=\"unit\">{}</span>", both({"warning only", "仅警告"})) : ""),
                 grouped(rule.rows), examples.empty() ? "–" : examples,
                 rule.recommendation.empty() ? "–" : fmt::format("<span class=\"advice\">{}</span>", both(rule.recommendation))});
    }
    content = table.finish();
  }
  return section_html("refused", {"What was refused, and why", "被拒绝的数据及原因"}, summary, content, refused, data.lake_version);
}

std::string golden_section(const ReportData& data) {
  std::string content;
  if (data.golden.entities.empty()) {
    content = empty_html({"This workspace keeps no golden records (entities/*.yaml).", "本工作区未配置主数据（entities/*.yaml）。"});
  } else {
    TableHtml table({{{"Entity", "实体"}},
                     {{"In the sources", "源记录"}, Place::kNumber},
                     {{"Golden records", "主数据"}, Place::kNumber},
                     {{"New", "新增"}, Place::kNumber},
                     {{"Values changed", "变更"}, Place::kNumber},
                     {{"Joined", "合并"}, Place::kNumber},
                     {{"Split", "拆分"}, Place::kNumber}});
    for (const GoldenEntity& entity : data.golden.entities) {
      table.row({escape(entity.entity), grouped(entity.source_records), fmt::format("<b>{}</b>", grouped(entity.records)),
                 change(entity.created, "+"), change(entity.changes, "~"), change(entity.merged, ""), change(entity.split, "")});
    }
    content = table.finish();
    std::string changes;
    for (const GoldenEntity& entity : data.golden.entities) {
      for (const auto& c : entity.examples) {
        changes += fmt::format("<li><code>{}</code> {}: <del>{}</del> → <ins>{}</ins> <span class=\"place\">{}</span></li>",
                               escape(c.golden_id), escape(c.attribute), c.before.empty() ? "∅" : escape(c.before),
                               c.after.empty() ? "∅" : escape(c.after), escape(c.source));
      }
    }
    if (!changes.empty()) content += "<ul class=\"changes\">" + changes + "</ul>";
  }
  return section_html("golden", {"Golden records", "主数据"}, "", content, data.golden, data.lake_version);
}

std::string assumptions_section(const ReportData& data) {
  if (data.assumptions.empty()) return "";
  std::string list;
  for (const Text& assumption : data.assumptions) list += fmt::format("<li>{}</li>", both(assumption));
  return section_html("assumptions", {"What this rests on", "假设"},
                      both({"The workspace states these assumptions; the numbers above are only as good as they are.",
                            "以下为工作区声明的假设，上述数字以其为前提。"}),
                      "<ul class=\"assumptions\">" + list + "</ul>", {}, data.lake_version);
}

std::string run_section(const ReportData& data) {
  const RunSection& run = data.run;
  std::string summary = both_html(fmt::format("Run <code>{}</code>, {}{}.", escape(run.id), escape(status_text(run.status).en),
                                              run.started_at ? ", started " + time_text(*run.started_at, data.zone) : ""),
                                  fmt::format("运行 <code>{}</code>，{}{}。", escape(run.id), escape(status_text(run.status).zh),
                                              run.started_at ? "，开始于 " + time_text(*run.started_at, data.zone) : ""));
  if (!run.message.empty()) summary += " " + escape(run.message);
  std::string content = steps_chart(run.steps, {960, 0, "wide"}) + steps_chart(run.steps, {360, 0, "narrow"});
  std::string notes;
  for (const StepLine& step : run.steps) notes += step_note(step);
  if (!notes.empty()) content += "<ul class=\"notes\">" + notes + "</ul>";
  return section_html("run", {"How the run went", "运行过程"}, summary, content, run, data.lake_version);
}

}  // namespace sinan::reports

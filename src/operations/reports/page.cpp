#include "operations/reports/page.hpp"

#include <fmt/format.h>

#include "operations/reports/numbers.hpp"

namespace sinan::reports {

namespace {

std::string_view css_of(Place place) {
  switch (place) {
    case Place::kNumber: return " class=\"num\"";
    case Place::kShort: return " class=\"short\"";
    case Place::kText: break;
  }
  return "";
}

}  // namespace

void TableHtml::row(std::vector<std::string> cells, std::string_view css) {
  rows_ += css.empty() ? "<tr>" : fmt::format("<tr class=\"{}\">", css);
  for (std::size_t i = 0; i < cells.size() && i < heads_.size(); ++i) {
    const ColumnHead& head = heads_[i];
    rows_ += fmt::format("<td{} data-en=\"{}\" data-zh=\"{}\">{}</td>", css_of(head.place), escape(head.title.en), escape(head.title.zh),
                         cells[i]);
  }
  rows_ += "</tr>\n";
}

std::string TableHtml::finish() const {
  std::string out = "<table class=\"cards\"><thead><tr>";
  for (const ColumnHead& head : heads_) out += fmt::format("<th scope=\"col\"{}>{}</th>", css_of(head.place), both(head.title));
  return out + "</tr></thead><tbody>\n" + rows_ + "</tbody></table>\n";
}

std::string section_html(const std::string& id, const Text& title, const std::string& summary_html, const std::string& content,
                         const Section& section, std::int64_t lake_version) {
  std::string out = fmt::format("<section id=\"{}\"><h2>{}</h2>\n", id, both(title));
  if (!section.problem.empty()) {
    out += fmt::format("<p class=\"problem\">{} {}</p>", both({"These numbers could not be read:", "无法读取这些数字："}),
                       escape(section.problem));
  } else {
    if (!summary_html.empty()) out += fmt::format("<p class=\"summary\">{}</p>\n", summary_html);
    out += content;
  }
  if (!section.origins.empty()) {
    out += fmt::format("<details class=\"origin\"><summary>{}</summary>\n", both({"Where these numbers come from", "数据来源"}));
    for (const Origin& origin : section.origins) {
      out += fmt::format("<p>{} · {}</p><pre tabindex=\"0\">{}</pre>\n", both(origin.what),
                         both({fmt::format("lake version {}", lake_version), fmt::format("数据湖版本 {}", lake_version)}),
                         escape_lines(origin.query));
    }
    out += "</details>";
  }
  return out + "</section>\n";
}

std::string empty_html(const Text& words) { return fmt::format("<p class=\"empty\">{}</p>\n", both(words)); }

std::string more_html(std::int64_t left, const std::string& command) {
  if (left <= 0) return "";
  return fmt::format("<p class=\"more\">{} <code>{}</code></p>\n",
                     both({fmt::format("and {} more:", grouped(left)), fmt::format("另有 {} 条：", grouped(left))}), escape(command));
}

}  // namespace sinan::reports

// The report of a check, for programs and for people.
#include "base/text.hpp"
#include "data/quality/quality.hpp"

namespace sinan::quality {
namespace {

Json to_json(const Text& text) { return Json{{"en", text.en}, {"zh", text.zh}}; }

Json to_json(const RuleResult& rule) {
  Json examples = Json::array();
  for (const Example& example : rule.examples) examples.push_back({{"key", example.key}, {"reason", to_json(example.reason)}});
  Json out{{"id", rule.id},
           {"kind", rule.kind},
           {"place", rule.place},
           {"severity", name_of(rule.severity)},
           {"judged", rule.judged},
           {"broken", rule.broken},
           {"broken_percent", rule.broken_percent},
           {"verdict", name_of(rule.verdict)},
           {"examples", std::move(examples)}};
  if (!rule.recommendation.en.empty()) out["recommendation"] = to_json(rule.recommendation);
  if (!rule.advice.en.empty()) out["advice"] = to_json(rule.advice);
  if (!rule.error.empty()) out["error"] = rule.error;
  return out;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk: return "ok";
    case Verdict::kWarn: return "warn";
    case Verdict::kStop: return "stop";
  }
  broken("unknown verdict");
}

Json to_json(const Report& report) {
  Json tables = Json::array();
  for (const TableResult& table : report.tables) {
    Json rules = Json::array();
    for (const RuleResult& rule : table.rules) rules.push_back(to_json(rule));
    Json one{{"table", table.table},
             {"rows", table.rows},
             {"held_back", table.held_back},
             {"held_back_before", table.held_back_before},
             {"verdict", name_of(table.verdict)},
             {"seconds", table.seconds},
             {"rules", std::move(rules)}};
    if (!table.note.en.empty()) one["note"] = to_json(table.note);
    if (!table.stop.en.empty()) one["stop"] = to_json(table.stop);
    tables.push_back(std::move(one));
  }
  return Json{{"run_id", report.run_id}, {"version", report.version}, {"verdict", name_of(report.verdict)}, {"tables", std::move(tables)}};
}

std::string to_text(const Report& report, std::string_view language) {
  bool zh = language == "zh";
  auto pick = [&](const Text& text) { return visible(zh ? text.zh : text.en); };
  std::string out;
  for (const TableResult& table : report.tables) {
    out +=
        zh ? fmt::format("{}  {}：{} 行，隔离 {} 行\n", name_of(table.verdict), visible(table.table), table.rows, table.held_back)
           : fmt::format("{:<4}  {}: {} rows, {} held back\n", name_of(table.verdict), visible(table.table), table.rows, table.held_back);
    if (!table.note.en.empty()) out += "      " + pick(table.note) + "\n";
    for (const RuleResult& rule : table.rules)
      if (!rule.recommendation.en.empty()) out += fmt::format("      {}: {}\n", name_of(rule.verdict), pick(rule.recommendation));
  }
  return out;
}

}  // namespace sinan::quality

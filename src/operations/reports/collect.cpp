#include "operations/reports/collect.hpp"

#include <fmt/format.h>

#include "operations/reports/reading.hpp"

namespace sinan::reports {
namespace {

Text text_of(const Json& json) {
  if (json.is_string()) return {json.get<std::string>(), ""};
  if (!json.is_object()) return {};
  return {json.value("en", ""), json.value("zh", "")};
}

// A number of a step's output; outputs of older runs may lack it.
template <typename T>
T value_of(const Json& object, const char* key, T fallback) {
  auto it = object.find(key);
  if (it == object.end() || !it->is_number()) return fallback;
  return it->get<T>();
}

std::string string_of(const Json& object, const char* key) {
  auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

const Json& list_of(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  if (!object.is_object()) return kNone;
  auto it = object.find(key);
  return it != object.end() && it->is_array() ? *it : kNone;
}

const Json* output_of(const CollectContext& context, const std::string& task) {
  auto it = context.outputs.find(task);
  return it == context.outputs.end() || !it->second.is_object() ? nullptr : &it->second;
}

Origin run_origin(const CollectContext& context, const std::string& step, const std::string& step_zh) {
  return {{step, step_zh}, fmt::format("sinan runs show {} --json", context.run.id)};
}

void collect_assumptions(const CollectContext& context, ReportData& data) {
  Diagnostics ignored;  // `sinan check` reports them
  for (const YamlNode& node : read_report_config(*context.workspace, ignored).assumptions)
    data.assumptions.push_back(text_of(node.to_json()));
  std::erase_if(data.assumptions, [](const Text& text) { return text.empty(); });
}

}  // namespace

const Shape<ReportConfig>& shape_of(const ReportConfig*) {
  static const auto shape =
      Shape<ReportConfig>("report", "The daily report.")
          .optional("assumptions", &ReportConfig::assumptions, "What the numbers rest on, repeated in the report: texts, or {en, zh}")
          .optional("budget", &ReportConfig::budget, "Budget for purchasing per month, in the workspace's currency", {{}, 0, {}})
          .optional("rows", &ReportConfig::rows, "Lines shown per table", {{}, 1, 100})
          .check([](const ReportConfig& config, const YamlNode&, Diagnostics& out) {
            for (const YamlNode& node : config.assumptions) {
              bool map = node.kind == YamlNode::Kind::kMap && (node.find("en") || node.find("zh"));
              if (node.kind != YamlNode::Kind::kScalar && !map) {
                out.add(node.place, "assumption", "an assumption is a text, or a map with en and zh", "write it in quotes");
              }
            }
          });
  return shape;
}

ReportConfig read_report_config(const Workspace& workspace, Diagnostics& diagnostics) {
  for (auto& [file, config] : workspace.read_section<ReportConfig>("reports", diagnostics)) {
    if (file->name == "daily") return std::move(config);
    diagnostics.add({file->shown_path}, "file_name", fmt::format("there is no report '{}'", file->name),
                    "the daily report is reports/daily.yaml");
  }
  return {};
}

void collect_reading(const CollectContext& context, ReportData& data) {
  data.read.origins = {run_origin(context, "The step that reads the sources", "读取数据源的步骤")};
  const Json* output = output_of(context, "sync_sources");
  data.read.known = output != nullptr;
  for (const StepLine& step : context.run.steps) {
    if (step.task == "sync_sources" && step.status == "failed") data.read.lines.push_back({.table = "*", .problem = step.message});
  }
  if (!output) return;
  for (const Json& table : list_of(*output, "tables")) {
    ReadLine line{.source = string_of(table, "source"), .table = string_of(table, "table")};
    line.rows_read = value_of<std::int64_t>(table, "rows_read", 0);
    line.inserted = value_of<std::int64_t>(table, "inserted", 0);
    line.changed = value_of<std::int64_t>(table, "changed", 0);
    line.deleted = value_of<std::int64_t>(table, "deleted", 0);
    line.duration_s = value_of<double>(table, "duration_ms", 0) / 1000;
    for (const Json& note : list_of(table, "notes")) {
      if (note.is_string()) line.note += (line.note.empty() ? "" : "; ") + note.get<std::string>();
    }
    data.read.lines.push_back(std::move(line));
  }
}

void collect_refused(const CollectContext& context, ReportData& data) {
  RefusedSection& refused = data.refused;
  refused.origins = {run_origin(context, "The step that checks quality", "质量检查步骤"),
                     {{"The rows themselves", "被隔离的行"}, "SELECT * FROM quality.quarantine"}};
  const Json* output = output_of(context, "check_quality");
  if (!output) return;
  refused.stopped = string_of(*output, "verdict") == "stop";
  for (const Json& table : list_of(*output, "tables")) {
    refused.rows_judged += value_of<std::int64_t>(table, "rows", 0);
    refused.rows_refused += value_of<std::int64_t>(table, "held_back", 0);
    for (const Json& rule : list_of(table, "rules")) {
      std::int64_t broken = value_of<std::int64_t>(rule, "broken", 0);
      std::string error = string_of(rule, "error");
      if (broken == 0 && error.empty()) continue;
      RefusedRule line{.table = string_of(table, "table"), .rule = string_of(rule, "id"), .rows = broken};
      line.warning = string_of(rule, "severity") == "warn";
      for (const Json& example : list_of(rule, "examples")) {
        if (line.examples.size() < 3) line.examples.emplace_back(string_of(example, "key"), text_of(example.value("reason", Json())));
      }
      line.recommendation = error.empty() ? text_of(rule.value("advice", Json())) : Text{error, error};
      refused.rules.push_back(std::move(line));
    }
  }
  std::stable_sort(refused.rules.begin(), refused.rules.end(), [](const RefusedRule& a, const RefusedRule& b) { return a.rows > b.rows; });
}

// master.<entity>, its links and its history; columns as data/master writes them.
void collect_golden(const Reader& reader, ReportData& data) {
  auto tables = reader.context().fabric->lake().tables(reader.context().version);
  if (!tables) {
    data.golden.problem = tables.error().text();
    return;
  }
  std::string run = literal(reader.context().run.id);
  for (const lake::TableVersion& table : *tables) {
    if (!table.name.starts_with("master.") || table.name.ends_with("_links") || table.name.ends_with("_history")) continue;
    GoldenEntity entity{.entity = table.name.substr(7), .records = table.rows};
    for (const lake::TableVersion& other : *tables) {
      if (other.name == table.name + "_links") entity.source_records = other.rows;
    }
    std::string counts = fmt::format("SELECT change, count(DISTINCT golden_id), count(*) FROM {}_history WHERE run_id = {} GROUP BY change",
                                     table.name, run);
    std::string examples = fmt::format(
        "SELECT golden_id, attribute, old_value, new_value, source FROM {}_history WHERE run_id = {} AND change = 'changed' ORDER BY "
        "golden_id, attribute LIMIT 5",
        table.name, run);
    Status read = reader.each(counts, [&](const RowView& row) {
      std::string change = row.text(0);
      if (change == "created") entity.created = row.integer(1);
      if (change == "changed") entity.changes = row.integer(2);
      if (change == "merged") entity.merged = row.integer(1);
      if (change == "split") entity.split = row.integer(1);
    });
    if (read) {
      read = reader.each(examples, [&](const RowView& row) {
        entity.examples.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)});
      });
    }
    if (!read) data.golden.problem = read.error().text();
    data.golden.origins.push_back({{"Changes of " + entity.entity, entity.entity + " 的变更"}, counts});
    data.golden.entities.push_back(std::move(entity));
  }
}

// While the report is written the run has no outcome yet; a failure or a stop before it is one already.
void settle_run(RunSection& run) {
  std::erase_if(run.steps, [](const StepLine& step) { return step.task == "write_report"; });
  if (run.status != "running") return;
  for (const StepLine& step : run.steps) {
    if (step.status == "stopped") run.status = "stopped";
    if (step.status != "failed") continue;
    run.status = "failed";
    run.message = fmt::format("{}: {}", step.id, step.message);
    return;
  }
}

Result<ReportData> collect(const CollectContext& context) {
  const Settings& settings = context.workspace->settings();
  ReportData data;
  data.company = settings.name;
  data.language = settings.language;
  data.currency = settings.currency;
  data.zone = context.workspace->zone();
  data.day = data.zone.day_of(context.now);
  data.generated_at = context.generated_at;
  data.lake_version = context.version;
  data.version = context.sinan_version;
  data.run = context.run;
  settle_run(data.run);
  data.run.origins = {run_origin(context, "This run", "本次运行")};
  Reader reader(context);
  collect_reading(context, data);
  collect_refused(context, data);
  collect_assumptions(context, data);
  using Collector = void (*)(const Reader&, ReportData&);
  for (Collector collector :
       {&collect_golden, &collect_decisions, &collect_risk, &collect_bursts, &collect_forecast, &collect_models, &collect_cost}) {
    if (context.cancel) SINAN_CHECK(context.cancel->check());
    collector(reader, data);
  }
  return data;
}

}  // namespace sinan::reports

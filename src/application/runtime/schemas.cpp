// JSON Schemas of the workspace's files, put together from the descriptions that the readers use.
#include "application/runtime/runtime.hpp"
#include "automation/workflow/definition.hpp"
#include "operations/reports/collect.hpp"

namespace sinan::runtime {
namespace {

template <typename T>
Json schema_of() {
  return shape_of(static_cast<const T*>(nullptr)).schema();
}

// What editors make of YAML: a key with nothing behind it is null, and the reader takes that for a map without keys.
void allow_empty_maps(Json& schema) {
  if (schema.is_object() && schema.value("type", Json()) == "object" && !schema.contains("required"))
    schema["type"] = Json::array({"object", "null"});
  if (schema.is_structured())
    for (Json& part : schema) allow_empty_maps(part);
}

// The options of a step are those of its task.
Json workflow_schema() {
  Json out = schema_of<workflow::Workflow>();
  Json& step = out["properties"]["steps"]["items"];
  Json names = Json::array();
  Json cases = Json::array();
  auto tasks = tasks::make_tasks(nullptr);
  for (const auto& task : tasks) {
    names.push_back(task->info().name);
    cases.push_back(Json{{"if", {{"properties", {{"task", {{"const", task->info().name}}}}}}},
                         {"then", {{"properties", {{"with", task->info().options_schema}}}}}});
  }
  step["properties"]["task"]["enum"] = std::move(names);
  step["allOf"] = std::move(cases);
  return out;
}

Json policy_schema() {
  Json properties{{"users", identity::users_schema()},
                  {"roles", identity::roles_schema()},
                  {"permissions", identity::permissions_schema()},
                  {"tables", fabric::policy_schema()},
                  {"automation", schema_of<decisions::AutomationPolicy>()}};
  return Json{{"type", "object"},
              {"description", "People, what they may see and do, and which decisions need whom."},
              {"properties", std::move(properties)},
              {"additionalProperties", false}};
}

}  // namespace

std::map<std::string, Json> schemas() {
  std::map<std::string, Json> out{
      {"sinan", schema_of<Settings>()},      {"sources", sources::config_schema()},           {"entities", master::config_schema()},
      {"quality", quality::config_schema()}, {"forecasts", demand::config_schema()},          {"plans", inventory::plan_schema()},
      {"policies", policy_schema()},         {"reports", schema_of<reports::ReportConfig>()}, {"workflows", workflow_schema()}};
  for (auto& [kind, schema] : out) {
    allow_empty_maps(schema);
    schema["$schema"] = "http://json-schema.org/draft-07/schema#";
    schema["title"] = kind == "sinan" ? "sinan.yaml" : kind + "/*.yaml";
  }
  return out;
}

}  // namespace sinan::runtime

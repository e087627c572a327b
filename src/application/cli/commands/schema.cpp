// `sinan schema`: JSON Schemas of the workspace's files, for editors.
#include "application/cli/command.hpp"
#include "application/runtime/runtime.hpp"
#include "base/text.hpp"
#include "base/whole_file.hpp"

namespace sinan::cli {
namespace {

Status write_schemas(const std::map<std::string, Json>& schemas, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (const auto& [kind, schema] : schemas) SINAN_CHECK(write_whole_file(folder / (kind + ".json"), dump_pretty(schema) + "\n"));
  return {};
}

Result<int> run_schema(Invocation& invocation) {
  auto schemas = runtime::schemas();
  std::string kind = invocation.text("kind");
  if (!kind.empty()) {
    auto wanted = schemas.extract(kind);
    if (wanted.empty()) {
      std::vector<std::string> kinds;
      for (const auto& [name, unused] : schemas) kinds.push_back(name);
      return fail(ErrorCode::kNotFound, fmt::format("there is no kind of file '{}'; {}", visible(kind), near_or_all(kind, kinds)));
    }
    schemas.clear();
    schemas.insert(std::move(wanted));
  }
  if (invocation.has("output")) {
    SINAN_CHECK(write_schemas(schemas, invocation.path("output")));
    return 0;
  }
  if (!kind.empty()) {
    invocation.print_json(schemas.begin()->second);
    return 0;
  }
  Json all = Json::object();
  for (auto& [name, schema] : schemas) all[name] = std::move(schema);
  invocation.print_json(all);
  return 0;
}

}  // namespace

CommandInfo schema() {
  return {
      .name = "schema",
      .summary = "JSON Schemas of the workspace's files, so that editors complete and check them",
      .details = "They come from the descriptions that `sinan check` reads by.",
      .options =
          {{.name = "kind", .value = "KIND", .summary = "sinan (for sinan.yaml), or a folder: sources, quality, …", .positional = true},
           {.name = "output", .value = "DIR", .summary = "Write DIR/KIND.json for each"}},
      .examples = {"sinan schema sources", "sinan schema --output .schemas"},
      .run = run_schema,
  };
}

}  // namespace sinan::cli

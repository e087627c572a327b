#include "application/runtime/policies.hpp"

namespace sinan::runtime {

Result<std::filesystem::path> find_workspace(const std::filesystem::path& directory) {
  auto root = Workspace::find(directory);
  if (!root)
    return fail(ErrorCode::kInvalidInput,
                "there is no workspace here or above (no sinan.yaml); make one with `sinan init`, or name one with -C DIR",
                directory.string());
  std::error_code error;
  auto real = std::filesystem::weakly_canonical(*root, error);
  return error ? *root : real;
}

// policies/*.yaml have several readers, one a key; what none of them reads is a mistake.
void check_policy_keys(const Workspace& workspace, Diagnostics& diagnostics) {
  const std::vector<std::string> known{"users", "roles", "permissions", "tables", "automation"};
  for (const WorkspaceFile* file : workspace.files("policies")) {
    if (!file->yaml) continue;
    for (const YamlNode::Entry& entry : file->yaml->entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      auto near = nearest(entry.key, known);
      diagnostics.add(entry.key_place, "unknown_key", fmt::format("policies have no key '{}'", entry.key),
                      near ? fmt::format("did you mean '{}'?", *near) : fmt::format("they may have: {}", fmt::join(known, ", ")));
    }
  }
}

}  // namespace sinan::runtime

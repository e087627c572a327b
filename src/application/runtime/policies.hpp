// What opening and checking a workspace share. Internal to application/runtime.
#pragma once

#include "base/workspace.hpp"

namespace sinan::runtime {

// The workspace at or above a folder; the error says how to make one.
Result<std::filesystem::path> find_workspace(const std::filesystem::path& directory);

// policies/*.yaml have several readers, one a key; what none of them reads is a mistake.
void check_policy_keys(const Workspace& workspace, Diagnostics& diagnostics);

}  // namespace sinan::runtime

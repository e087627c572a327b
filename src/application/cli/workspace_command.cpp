#include "application/cli/workspace_command.hpp"

namespace sinan::cli {

Result<std::unique_ptr<runtime::Runtime>> open_workspace(const Invocation& invocation) {
  return runtime::Runtime::open({invocation.directory, invocation.state_dir, invocation.now, invocation.as_user});
}

}  // namespace sinan::cli

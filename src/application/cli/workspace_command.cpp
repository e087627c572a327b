#include "application/cli/workspace_command.hpp"

namespace sinan::cli {

runtime::OpenOptions open_options(const Invocation& invocation) {
  return {invocation.directory, invocation.state_dir, invocation.now, invocation.as_user};
}

Result<std::unique_ptr<runtime::Runtime>> open_workspace(const Invocation& invocation) {
  return runtime::Runtime::open(open_options(invocation));
}

}  // namespace sinan::cli

// What commands that act on a workspace share: opening it as the command line says.
#pragma once

#include "application/cli/command.hpp"
#include "application/runtime/runtime.hpp"

namespace sinan::cli {

runtime::OpenOptions open_options(const Invocation& invocation);
Result<std::unique_ptr<runtime::Runtime>> open_workspace(const Invocation& invocation);

}  // namespace sinan::cli

// What commands that act on a workspace share: opening it as the command line says, and the proof of its records.
#pragma once

#include "application/cli/command.hpp"
#include "application/runtime/runtime.hpp"

namespace sinan::cli {

runtime::OpenOptions open_options(const Invocation& invocation);
// `permission`: one that who asks must have (identity.hpp); empty: the command says itself who may see what.
Result<std::unique_ptr<runtime::Runtime>> open_workspace(const Invocation& invocation, std::string_view permission = {});

// The same for commands that make the state of --state where there is none.
Result<std::unique_ptr<runtime::Runtime>> begin_workspace(const Invocation& invocation, std::string_view permission = {});

// Prints what a proof of an audit chain found; the exit code: 1 when it is not whole.
int say_verification(Invocation& invocation, const audit::Verification& verification);

}  // namespace sinan::cli

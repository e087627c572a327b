// What was wrong with a command line, in the words of its help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace sinan::cli {

// The line that could not be parsed: what was wrong, the nearest word where one is unknown, and whose --help tells more.
std::string usage_message(CLI::App& app, const CLI::ParseError& error);

}  // namespace sinan::cli

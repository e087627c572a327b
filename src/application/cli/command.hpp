// A command of the command line: one file in commands/, one line in commands.inc. Parsing and help come from its info.
#pragma once

#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace sinan::cli {

struct OptionInfo {
  std::string name;     // "horizon"; typed as --horizon, or by place if `positional`
  std::string value;    // what it takes, for help: "N", "FILE"; empty: a flag
  std::string summary;  // one line
  bool required = false;
  bool repeated = false;  // may be given several times
  bool positional = false;
  char short_name = 0;  // 'o' for -o
  std::vector<std::string> allowed = {};
};

// What was typed, and the world to answer in. Valid while the command runs.
class Invocation {
 public:
  bool flag(const std::string& name) const { return values_.contains(name); }
  bool has(const std::string& name) const { return values_.contains(name); }
  // The text given, or `fallback`.
  std::string text(const std::string& name, const std::string& fallback = {}) const;
  std::vector<std::string> texts(const std::string& name) const;
  // A file or folder, as seen from `directory`; empty if none or an empty text was given.
  std::filesystem::path path(const std::string& name) const;
  // Errors name the option; a number below `least` is one.
  Result<std::int64_t> integer(const std::string& name, std::int64_t fallback,
                               std::int64_t least = std::numeric_limits<std::int64_t>::min()) const;
  Result<double> number(const std::string& name, double fallback) const;

  // Global options.
  std::filesystem::path directory;                 // -C, or the current folder
  std::optional<std::filesystem::path> state_dir;  // --state
  std::optional<Instant> now;                      // --now
  std::string as_user;                             // --as; empty: owner
  bool json = false;                               // --json
  const CancelToken* cancel = nullptr;             // SIGINT, SIGTERM

  // Data goes to standard output; on a terminal control characters and escape codes in it become visible.
  void print(std::string_view text) const;
  void print_json(const Json& json) const;
  // Messages for people go to standard error; text from elsewhere is made visible() by the caller.
  void say(std::string_view message) const;
  bool error_is_terminal() const;
  bool output_is_terminal() const;
  // A progress bar on a terminal; silent elsewhere.
  Progress progress(const std::string& label) const;

  std::map<std::string, std::vector<std::string>> values_;
};

struct CommandInfo {
  std::string name;     // "decisions list"
  std::string summary;  // one line
  std::string details;  // more, for its --help; may be empty
  std::vector<OptionInfo> options;
  std::vector<std::string> examples;
  // The exit code: 0 done, 1 the answer is "no"; errors map to 2, 3, 70 or 130 by their code.
  Result<int> (*run)(Invocation& invocation);
};

// In the order of help.
const std::vector<CommandInfo>& commands();

// Runs a command line; returns the process's exit code. Never throws.
int run(int argc, char** argv);

}  // namespace sinan::cli

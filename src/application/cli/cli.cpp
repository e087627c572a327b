// Parses the command line from the commands' descriptions, runs one, and turns errors into messages and exit codes.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "application/cli/command.hpp"
#include "application/cli/usage.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"

namespace sinan::cli {

#define SINAN_COMMAND(name) CommandInfo name();
#include "application/cli/commands.inc"
#undef SINAN_COMMAND

const std::vector<CommandInfo>& commands() {
  static const std::vector<CommandInfo> kCommands{
#define SINAN_COMMAND(name) name(),
#include "application/cli/commands.inc"
#undef SINAN_COMMAND
  };
  return kCommands;
}

std::string Invocation::text(const std::string& name, const std::string& fallback) const {
  auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? fallback : found->second.back();
}

std::vector<std::string> Invocation::texts(const std::string& name) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::filesystem::path Invocation::path(const std::string& name) const {
  const std::string given = text(name);
  if (given.empty()) return {};
  return directory == "." ? std::filesystem::path(given) : directory / given;
}

namespace {

template <typename T>
Result<T> parse_number(const Invocation& invocation, const std::string& name, T fallback, std::string_view what) {
  if (!invocation.has(name)) return fallback;
  std::string text = invocation.text(name);
  T value{};
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size())
    return fail(ErrorCode::kInvalidInput, fmt::format("--{} takes {}, not '{}'", name, what, visible(text)));
  return value;
}

}  // namespace

Result<std::int64_t> Invocation::integer(const std::string& name, std::int64_t fallback, std::int64_t least) const {
  SINAN_TRY(auto value, parse_number<std::int64_t>(*this, name, fallback, "a whole number"));
  if (has(name) && value < least)
    return fail(ErrorCode::kInvalidInput, fmt::format("--{} takes a whole number from {}, not {}", name, least, value));
  return value;
}
Result<double> Invocation::number(const std::string& name, double fallback) const {
  return parse_number<double>(*this, name, fallback, "a number");
}

namespace {

// Why standard output could not be written; 0 as long as it could.
int& output_error() {
  static int error = 0;
  return error;
}

// A reader of messages that has gone away is no error.
void tell(std::string_view message) { (void)!std::fwrite(message.data(), 1, message.size(), stderr); }

// Text for a terminal: lines stay lines, and nothing in them can drive it.
std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    std::size_t end = std::min(text.find('\n', begin), text.size());
    out += visible(text.substr(begin, end - begin));
    if (end < text.size()) out += '\n';
    begin = end + 1;
  }
  return out;
}

}  // namespace

void Invocation::print(std::string_view out) const {
  std::string safe;
  if (output_is_terminal()) out = safe = harmless(out);
  if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size() && output_error() == 0) output_error() = errno;
}
void Invocation::print_json(const Json& value) const { print(dump_pretty(value) + "\n"); }
void Invocation::say(std::string_view message) const { tell(fmt::format("{}\n", message)); }
bool Invocation::error_is_terminal() const { return ::isatty(STDERR_FILENO) != 0; }
bool Invocation::output_is_terminal() const { return ::isatty(STDOUT_FILENO) != 0; }

Progress Invocation::progress(const std::string& label) const {
  if (!error_is_terminal() || json) return {};
  return [label, shown = -1](std::uint64_t done, std::uint64_t total) mutable {
    int percent = total == 0 ? 100 : static_cast<int>(done * 100 / total);
    if (percent == shown) return;
    shown = percent;
    std::string bar(static_cast<std::size_t>(percent / 5), '#');
    tell(fmt::format("\r{} [{:<20}] {:3}%{}", label, bar, percent, percent == 100 ? "\n" : ""));
    std::fflush(stderr);
  };
}

namespace {

CancelToken& interrupted() {
  static CancelToken token;
  return token;
}

extern "C" void on_signal(int) {
  // A second signal ends at once.
  if (interrupted().cancelled()) ::_exit(130);
  interrupted().cancel();
}

void handle_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
}

// The parser of one command, and where its values land.
struct Parser {
  const CommandInfo* info;
  CLI::App* app;
  std::map<std::string, std::vector<std::string>> texts;
  std::map<std::string, bool> flags;
};

struct Globals {
  std::string directory = ".";
  std::string state;
  std::string now;
  std::string as_user;
  bool json = false;
};

void add_options(Parser& parser) {
  for (const OptionInfo& option : parser.info->options) {
    std::string names = option.positional ? option.name : "--" + option.name;
    if (option.short_name) names = fmt::format("-{},{}", option.short_name, names);
    CLI::Option* added = nullptr;
    if (option.value.empty()) {
      added = parser.app->add_flag(names, parser.flags[option.name], option.summary);
    } else {
      added = parser.app->add_option(names, parser.texts[option.name], option.summary)->type_name(option.value);
      if (option.repeated)
        added->take_all();
      else
        added->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
      if (option.repeated && !option.positional) added->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      if (!option.positional) added->allow_extra_args(false);  // what follows its value is not its own
      if (!option.allowed.empty()) added->check(CLI::IsMember(option.allowed));
    }
    if (option.required) added->required();
  }
}

// What the first words of commands of two words are for.
std::string group_summary(const std::string& word) {
  static const std::map<std::string, std::string> kSummaries{
      {"runs", "What ran: list, show"},
      {"decisions", "What is proposed and done, and why: list, show, approve, reject, verify"},
      {"models", "Which models forecast, and what they were worth: list, show, compare, verify"},
      {"demo", "The example company: create, advance by days"},
  };
  auto found = kSummaries.find(word);
  return found == kSummaries.end() ? word : found->second;
}

// "decisions list" becomes a subcommand of a subcommand.
CLI::App* place_in_tree(CLI::App& root, const CommandInfo& info) {
  CLI::App* parent = &root;
  std::string name = info.name;
  while (true) {
    std::size_t space = name.find(' ');
    std::string word = name.substr(0, space);
    auto same_name = parent->get_subcommands([&](CLI::App* candidate) { return candidate->get_name() == word; });
    CLI::App* child = same_name.empty() ? nullptr : same_name.front();
    if (!child) {
      child = parent->add_subcommand(word, space == std::string::npos ? info.summary : group_summary(word));
      child->fallthrough();
    }
    if (space == std::string::npos) return child;
    child->require_subcommand(1);
    parent = child;
    name = name.substr(space + 1);
  }
}

Result<Invocation> make_invocation(const Globals& globals, Parser& parser) {
  Invocation out;
  out.directory = globals.directory;
  if (!globals.state.empty()) out.state_dir = globals.state;
  if (!globals.now.empty()) {
    auto now = parse_instant(globals.now);
    if (!now) return fail(std::move(now.error()).within("--now takes a time"));
    out.now = *now;
  }
  out.as_user = globals.as_user;
  out.json = globals.json;
  out.cancel = &interrupted();
  for (auto& [name, values] : parser.texts)
    if (!values.empty()) out.values_[name] = std::move(values);
  for (auto& [name, set] : parser.flags)
    if (set) out.values_[name] = {};
  return out;
}

int report_error(const Error& error, bool json) {
  if (json) {
    Json out{{"error", {{"code", std::string(info(error.code).name)}, {"message", error.message}, {"place", error.place}}}};
    if (error.cause) out["error"]["cause"] = error.cause->text();
    tell(fmt::format("{}\n", dump(out)));
  } else {
    tell(fmt::format("sinan: {}\n", visible(error.text())));
  }
  return info(error.code).exit_code;
}

int run_command(const Globals& globals, Parser& parser) {
  auto invocation = make_invocation(globals, parser);
  if (!invocation) return report_error(invocation.error(), globals.json);
  auto code = parser.info->run(*invocation);
  if (std::fflush(stdout) != 0 && output_error() == 0) output_error() = errno;
  // A reader that has seen enough (`| head`) is no error.
  if (output_error() != 0 && output_error() != EPIPE)
    return report_error(
        {write_error_code(output_error(), ErrorCode::kPrecondition), "standard output cannot be written: is the disk full?"}, globals.json);
  if (!code) return report_error(code.error(), globals.json);
  return interrupted().cancelled() && *code == 0 ? 0 : *code;
}

int run_checked(int argc, char** argv) {
  CLI::App app{"Sinan: joins a company's data silos, predicts, plans, controls cost, and acts, with the evidence on record.", "sinan"};
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "sinan " SINAN_VERSION);
  Globals globals;
  app.add_option("-C", globals.directory, "Work in the workspace at or above DIR")->type_name("DIR");
  app.add_option("--state", globals.state, "Keep state in DIR instead of .sinan/")->type_name("DIR");
  app.add_option("--now", globals.now, "Take TIME as the present")->type_name("TIME");
  app.add_option("--as", globals.as_user, "Act as USER (the owner may)")->type_name("USER");
  app.add_flag("--json", globals.json, "Answer in JSON");

  std::vector<std::unique_ptr<Parser>> parsers;
  for (const CommandInfo& info : commands()) {
    auto& parser = *parsers.emplace_back(std::make_unique<Parser>(Parser{&info, place_in_tree(app, info), {}, {}}));
    add_options(parser);
    std::string footer = info.details;
    for (const std::string& example : info.examples) footer += (footer.empty() ? "" : "\n") + ("Example: " + example);
    parser.app->footer(footer);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    bool help = error.get_exit_code() == 0;  // --help, --version
    if (help && app.remaining(true).empty()) return app.exit(error);
    tell(usage_message(app, error));
    return 2;
  }
  for (auto& parser : parsers)
    if (parser->app->parsed() && parser->app->get_subcommands().empty()) return run_command(globals, *parser);
  return 2;
}

}  // namespace

int run(int argc, char** argv) {
  handle_signals();
  try {
    return run_checked(argc, argv);
  } catch (const std::exception& error) {
    tell(fmt::format("sinan: this is a bug of ours: {}\n", visible(error.what())));
    return 70;
  }
}

}  // namespace sinan::cli

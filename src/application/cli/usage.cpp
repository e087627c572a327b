#include "application/cli/usage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

#include "base/text.hpp"
#include "base/yaml.hpp"

namespace sinan::cli {
namespace {

// "a, b or c".
std::string choices(std::vector<std::string> words) {
  if (words.size() < 2) return words.empty() ? "" : words.front();
  std::string last = std::move(words.back());
  words.pop_back();
  return fmt::format("{} or {}", fmt::join(words, ", "), last);
}

std::vector<std::string> commands_of(CLI::App& at) {
  std::vector<std::string> out;
  for (CLI::App* child : at.get_subcommands([](CLI::App*) { return true; })) out.push_back(child->get_name());
  return out;
}

// Of the command and of those that it belongs to.
std::vector<std::string> options_of(CLI::App& at) {
  std::vector<std::string> out;
  for (CLI::App* app = &at; app; app = app->get_parent())
    for (const CLI::Option* option : app->get_options([](CLI::Option*) { return true; }))
      if (!option->get_positional() && std::ranges::find(out, option->get_name()) == out.end()) out.push_back(option->get_name());
  return out;
}

// "--reason TEXT", and for what has no dashes "DIR".
std::string shown(CLI::App& at, const std::string& name) {
  for (CLI::App* app = &at; app; app = app->get_parent()) {
    const CLI::Option* option = app->get_option_no_throw(name);
    if (!option) continue;
    std::string value = option->get_type_name();
    value.resize(std::min(value.find(':'), value.size()));  // its allowed words follow
    if (option->get_positional()) return value.empty() ? name : value;
    return value.empty() ? name : name + " " + value;
  }
  return name;
}

std::string unknown_word(CLI::App& app, CLI::App& at) {
  std::vector<std::string> rest = app.remaining(true);
  auto dashed = std::ranges::find_if(rest, [](const std::string& text) { return text.starts_with('-'); });
  auto plain = std::ranges::find_if(rest, [](const std::string& text) { return !text.starts_with('-'); });
  auto names = commands_of(at);
  if (!names.empty() && plain != rest.end())
    return fmt::format("there is no command '{}'; {}", visible(*plain), near_or_all(*plain, names));
  if (dashed != rest.end()) {
    std::string word = dashed->substr(0, dashed->find('='));
    return fmt::format("there is no option '{}'; {}", visible(word), near_or_all(word, options_of(at)));
  }
  return rest.empty() ? "a word is too many" : fmt::format("'{}' is too much: the command takes no more words", visible(rest.front()));
}

std::string in_plain_words(CLI::App& app, CLI::App& at, const CLI::ParseError& error) {
  static const std::regex kRequired("^(\\S+) is required$");
  static const std::regex kTooMany("^(\\S+): At Most (\\d+) required but received (\\d+)$");
  static const std::regex kNoValue("^(\\S+): \\d+ required ([^:\\s]+)\\S* missing$");
  static const std::regex kNotAmong("^(\\S+): ([\\s\\S]*) not in \\{([^{}]*)\\}$");
  std::string said = error.what();
  std::smatch found;
  // A word that nobody knows explains what is then missing.
  auto rest = app.remaining(true);
  bool unknown = std::ranges::any_of(rest, [&](const std::string& text) { return text.starts_with('-') || !commands_of(at).empty(); });
  if (unknown) return unknown_word(app, at);
  if (said == "A subcommand is required") return fmt::format("a command is missing; there are: {}", fmt::join(commands_of(at), ", "));
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) return unknown_word(app, at);
  if (std::regex_match(said, found, kRequired)) return shown(at, found[1]) + " is missing";
  if (std::regex_match(said, found, kTooMany))
    return fmt::format("{} can be given once only, not {} times", shown(at, found[1]), found[3].str());
  if (std::regex_match(said, found, kNoValue)) return fmt::format("{} needs {} after it", found[1].str(), found[2].str());
  if (std::regex_match(said, found, kNotAmong)) {
    std::vector<std::string> allowed(1);
    for (char c : found[3].str())
      if (c == ',')
        allowed.emplace_back();
      else
        allowed.back() += c;
    return fmt::format("{} takes {}, not '{}'", found[1].str(), choices(std::move(allowed)), visible(found[2].str()));
  }
  return visible(said);
}

}  // namespace

std::string usage_message(CLI::App& app, const CLI::ParseError& error) {
  CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  std::string command = at->get_name();
  for (CLI::App* outer = at->get_parent(); outer; outer = outer->get_parent()) command = outer->get_name() + " " + command;
  return fmt::format("sinan: {}\nRun '{} --help' for the options.\n", in_plain_words(app, *at, error), command);
}

}  // namespace sinan::cli

#include "data/catalog/catalog.hpp"

#include <fmt/ranges.h>

#include "base/text.hpp"

namespace sinan::catalog {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kSource: return "source";
    case Kind::kLake: return "lake";
    case Kind::kView: return "view";
  }
  broken("a kind of table is one of Kind");
}

std::string fold(std::string_view name) { return lowercase(name); }

bool same_name(std::string_view a, std::string_view b) { return a.size() == b.size() && fold(a) == fold(b); }

bool matches(std::string_view pattern, std::string_view name) {
  std::string p = fold(pattern);
  std::string n = fold(name);
  // Greedy with one point of return: linear for a single star, quadratic at worst.
  std::size_t i = 0;
  std::size_t j = 0;
  std::size_t star = std::string::npos;
  std::size_t resume = 0;
  while (j < n.size()) {
    if (i < p.size() && p[i] == '*') {
      star = i++;
      resume = j;
    } else if (i < p.size() && p[i] == n[j]) {
      ++i, ++j;
    } else if (star != std::string::npos) {
      i = star + 1;
      j = ++resume;
    } else {
      return false;
    }
  }
  while (i < p.size() && p[i] == '*') ++i;
  return i == p.size();
}

int rank(std::string_view pattern) {
  auto stars = std::ranges::count(pattern, '*');
  return stars == 0 ? 1'000'000 : static_cast<int>(pattern.size()) - static_cast<int>(stars);
}

std::string suggestion(std::string_view name, std::vector<std::string> candidates) {
  if (candidates.empty()) return {};
  if (auto near = nearest(name, candidates)) return fmt::format("did you mean '{}'?", *near);
  // Who names a schema looks for something in it.
  std::size_t shown = 12;
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
    std::vector<std::string> same;
    for (const std::string& candidate : candidates)
      if (candidate.size() > dot && candidate[dot] == '.' && same_name(std::string_view(candidate).substr(0, dot), name.substr(0, dot)))
        same.push_back(candidate);
    if (!same.empty()) {
      candidates = std::move(same);
      shown = 60;
    }
  }
  std::ranges::sort(candidates);
  const std::size_t more = candidates.size() > shown ? candidates.size() - shown : 0;
  candidates.resize(candidates.size() - more);
  return fmt::format("there are: {}{}", fmt::join(candidates, ", "), more ? fmt::format(" and {} more: sinan tables", more) : "");
}

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  auto from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

// The comment at the head of the file, as one line.
std::string head_comment(std::string_view text) {
  std::string out;
  while (text.starts_with("--")) {
    auto end = text.find('\n');
    auto line = trimmed(text.substr(2, end == std::string_view::npos ? end : end - 2));
    if (!out.empty() && !line.empty()) out += ' ';
    out += line;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

std::vector<View> read_views(const Workspace& workspace, Diagnostics& diagnostics) {
  std::vector<View> out;
  for (const WorkspaceFile* file : workspace.files("model")) {
    Place place{file->shown_path, 0, 0};
    std::string_view sql = trimmed(file->text);
    while (sql.ends_with(';')) sql = trimmed(sql.substr(0, sql.size() - 1));
    if (sql.empty()) {
      diagnostics.add(place, "empty_view", fmt::format("{} holds no SELECT", file->shown_path), "write one SELECT, or remove the file");
      continue;
    }
    out.push_back({"ops." + fold(file->name), std::string(sql), head_comment(trimmed(file->text)), place});
  }
  std::ranges::sort(out, {}, &View::name);
  return out;
}

}  // namespace sinan::catalog

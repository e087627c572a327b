// For tests: what is wrong with a file of a workspace, by whoever reads it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/workspace.hpp"

namespace sinan {

// "line:column code" of each mistake of a workspace with this file alone, such as "sources/x.yaml", by place; `read(workspace,
// diagnostics)` reads it. Each has a hint.
template <typename Read>
std::vector<std::string> mistakes_in(const std::filesystem::path& file, const std::string& yaml, const Read& read) {
  const auto root = std::filesystem::temp_directory_path() / fmt::format("sinan-mistakes-{}", ::getpid());
  std::filesystem::create_directories((root / file).parent_path());
  std::ofstream(root / "sinan.yaml") << "name: Test\n";
  std::ofstream(root / file) << yaml;
  Diagnostics diagnostics;
  auto workspace = Workspace::open(root, diagnostics);
  read(*workspace, diagnostics);
  std::filesystem::remove_all(root);
  std::vector<std::string> out;
  for (const Diagnostic& d : diagnostics.sorted()) {
    out.push_back(fmt::format("{}:{} {}", d.place.line, d.place.column, d.code));
    EXPECT_FALSE(d.hint.empty()) << d.message;
  }
  return out;
}

}  // namespace sinan

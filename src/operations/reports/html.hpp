// Writing HTML: every foreign text is escaped, control and bidirectional characters become visible, both languages stand side by side.
#pragma once

#include <string>
#include <string_view>

#include "base/svg.hpp"
#include "operations/reports/report_data.hpp"

namespace sinan::reports {

// For element content and quoted attributes.
inline std::string escape(std::string_view text) { return escape_markup(text); }
// The same, but line ends stay; for SQL.
std::string escape_lines(std::string_view text);

// <span class="en" lang="en">…</span><span class="zh" lang="zh-Hans">…</span>, escaped; one span when both are equal.
std::string both(const Text& text);
// The same for texts that are HTML already.
std::string both_html(const std::string& en, const std::string& zh);

// A long name may break anywhere; ids stay readable.
std::string name_html(const Text& name, std::string_view id);

}  // namespace sinan::reports

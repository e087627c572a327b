#include "operations/reports/html.hpp"

#include <fmt/format.h>

namespace sinan::reports {

std::string escape_lines(std::string_view text) {
  std::string out;
  while (true) {
    std::size_t end = text.find('\n');
    out += escape(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string both_html(const std::string& en, const std::string& zh) {
  if (en == zh) return en;
  return fmt::format("<span class=\"en\" lang=\"en\">{}</span><span class=\"zh\" lang=\"zh-Hans\">{}</span>", en, zh);
}

std::string both(const Text& text) {
  const std::string& en = text.en.empty() ? text.zh : text.en;
  const std::string& zh = text.zh.empty() ? text.en : text.zh;
  return both_html(escape(en), escape(zh));
}

std::string name_html(const Text& name, std::string_view id) {
  if (name.empty() || name.en == id) return fmt::format("<span class=\"name\">{}</span>", escape(id));
  return fmt::format("<span class=\"name\">{}</span> <span class=\"id\">{}</span>", both(name), escape(id));
}

}  // namespace sinan::reports

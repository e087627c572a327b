#include "operations/demand/files/tree_plot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/svg.hpp"
#include "base/text.hpp"
#include "operations/demand/files/forecast_plot.hpp"

namespace sinan::demand {
namespace {

using Node = forecasting::Surrogate::Node;
using Categories = std::map<std::string, std::vector<std::string>>;

constexpr double kColumn = 288;  // from a question to the next
constexpr double kRow = 44;      // from an answer to the next
constexpr double kTop = 84;      // room for the heading
constexpr double kLeft = 12;
constexpr double kAnswer = 190;  // room for the last answer
constexpr std::size_t kMostLetters = 34;
constexpr std::size_t kMostTexts = 3;  // of categories in a question
constexpr double kZero = 1e-30;        // trees part what is zero from what is more a hair above it

constexpr std::string_view kStyle =
    ".plot .branch,.plot .way{fill:none;stroke-width:1.2}.plot .way{stroke-width:3}.plot .strong{font-weight:600}";

std::string shortened(const std::string& text) {
  const std::string shown = visible(text);
  std::size_t letters = 0;
  for (std::size_t at = 0; at < shown.size(); ++at)
    if ((static_cast<unsigned char>(shown[at]) & 0xC0) != 0x80 && ++letters > kMostLetters) return shown.substr(0, at) + "…";
  return shown;
}

// What sends a row up.
std::string question(const Node& node, const Categories& categories) {
  const std::string& what = node.feature;
  if (node.codes.empty()) return fmt::format("{} ≤ {:.3g}?", shortened(what), std::abs(node.threshold) < kZero ? 0 : node.threshold);
  auto texts = categories.find(node.driver);
  std::vector<std::string> names;
  for (int code : node.codes) {
    const bool named = texts != categories.end() && static_cast<std::size_t>(code) < texts->second.size();
    names.push_back(named ? shortened(texts->second[static_cast<std::size_t>(code)]) : std::to_string(code));
  }
  const std::size_t more = names.size() > kMostTexts ? names.size() - kMostTexts : 0;
  names.resize(names.size() - more);
  return fmt::format("{} {}{}?", shortened(what), fmt::join(names, ", "), more > 0 ? fmt::format(" or {} more", more) : "");
}

class Drawing {
 public:
  Drawing(const forecasting::Surrogate& tree, const Categories& categories) : tree_(tree), categories_(categories), y_(tree.nodes.size()) {
    place(0, 0);
  }

  double width() const { return kLeft + static_cast<double>(depth_) * kColumn + kAnswer; }
  double height() const { return kTop + static_cast<double>(leaves_) * kRow; }

  void draw(Svg& svg) const { draw(svg, 0, 0); }

 private:
  // Answers one below the other, questions in the middle of theirs. Recursion: a tree has few leaves.
  double place(int at, int depth) {
    const Node& node = tree_.nodes[static_cast<std::size_t>(at)];
    depth_ = std::max(depth_, depth);
    double& y = y_[static_cast<std::size_t>(at)];
    if (node.left < 0) return y = kTop + kRow * (0.5 + static_cast<double>(leaves_++));
    const double upper = place(node.left, depth + 1);
    const double lower = place(node.right, depth + 1);
    return y = (upper + lower) / 2;
  }

  void draw(Svg& svg, int at, int depth) const {
    const Node& node = tree_.nodes[static_cast<std::size_t>(at)];
    const double x = kLeft + depth * kColumn, y = y_[static_cast<std::size_t>(at)];
    if (node.left < 0) {
      svg.text(x + 6, y + 4, "start", node.chosen ? "strong" : "words", fmt::format("× {:.3g}", std::exp(node.score)));
      svg.text(x + 64, y + 4, "start", "soft", fmt::format("{:.0f} % of forecasts", 100 * node.share));
      return;
    }
    for (int child : {node.left, node.right}) {
      const Node& next = tree_.nodes[static_cast<std::size_t>(child)];
      const double to = y_[static_cast<std::size_t>(child)];
      svg.path(fmt::format("M{} {}V{}H{}", svg_number(x), svg_number(y), svg_number(to), svg_number(x + kColumn)),
               next.chosen ? "way" : "branch");
      svg.text(x + 6, to + (child == node.left ? -5 : 14), "start", "soft", child == node.left ? "yes" : "no");
      draw(svg, child, depth + 1);
    }
    svg.text(x + 8, y + 4, "start", node.chosen ? "strong" : "words", question(node, categories_));
  }

  const forecasting::Surrogate& tree_;
  const Categories& categories_;
  std::vector<double> y_;
  int depth_ = 0;
  int leaves_ = 0;
};

}  // namespace

std::string draw_tree(const forecasting::Surrogate& tree, const std::string& series, const Categories& categories) {
  const Drawing drawing(tree, categories);
  const double width = std::max(drawing.width(), 560.0);
  Svg svg(width, drawing.height(), "plot", "Decision tree that imitates the trees", SvgPlace::kOwnFile);
  svg.style(plot_style() + std::string(kStyle));
  svg.rect(0, 0, width, drawing.height(), "paper");
  svg.text(kLeft, 22, "start", "title", "What the trees say, in one small tree");
  svg.text(kLeft, 42, "start", "soft",
           fmt::format("demand against the usual level of each series; it follows {:.0f} % of what differs in {} forecasts; marked: {}",
                       100 * std::max(0.0, tree.fidelity), tree.rows, shortened(series)));
  svg.text(kLeft, 60, "start", "soft",
           "“against”: the logarithm of the ratio (-0.05: 5 % less); the difference where a driver is not always above zero");
  drawing.draw(svg);
  return std::move(svg).finish();
}

}  // namespace sinan::demand

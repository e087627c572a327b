// The picture of a surrogate tree: its words, its marked way, foreign text escaped, everything inside the picture.
#include "operations/demand/files/tree_plot.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>

namespace sinan::demand {
namespace {

forecasting::Surrogate sample() {
  forecasting::Surrogate out;
  out.rows = 500;
  out.fidelity = 0.8;
  out.nodes.resize(5);
  out.nodes[0] = {.feature = "price", .driver = "price", .threshold = 2.5, .left = 1, .right = 2, .share = 1, .chosen = true};
  out.nodes[1] = {.score = std::log(2), .share = 0.25};
  out.nodes[2] = {.feature = "shop", .driver = "shop", .codes = {0, 2}, .left = 3, .right = 4, .share = 0.75, .chosen = true};
  out.nodes[3] = {.score = 0, .share = 0.5, .chosen = true};
  out.nodes[4] = {.score = std::log(0.5), .share = 0.25};
  return out;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t out = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++out;
  return out;
}

TEST(TreePlot, AsksInWordsAndMarksTheWayOfTheSeries) {
  const std::string svg = draw_tree(sample(), "tea", {{"shop", {"north", "south", "west"}}});
  for (const char* words : {"price ≤ 2.5?", "shop north, west?", "× 2", "× 1", "× 0.5", "25 % of forecasts", "80 %", "500", "tea"})
    EXPECT_NE(svg.find(words), std::string::npos) << words;
  EXPECT_EQ(count(svg, "class=\"way\""), 2U);
  EXPECT_EQ(count(svg, "class=\"branch\""), 2U);
}

TEST(TreePlot, AHairAboveZeroIsZero) {
  forecasting::Surrogate tree = sample();
  tree.nodes[0].threshold = 1.0000000180025095e-35;
  EXPECT_NE(draw_tree(tree, "tea", {}).find("price ≤ 0?"), std::string::npos);
}

TEST(TreePlot, ForeignTextIsText) {
  forecasting::Surrogate tree = sample();
  tree.nodes[0].feature = "<script>alert(1)</script> and much more of it 茶叶价格茶叶价格茶叶价格";
  const std::string svg = draw_tree(tree, "</svg><b>\x1b", {{"shop", {"\"'<i>", "b", "c"}}});
  for (const char* bad : {"<script", "</svg><b>", "<i>", "\x1b"}) EXPECT_EQ(svg.find(bad), std::string::npos) << bad;
  EXPECT_EQ(count(svg, "</svg>"), 1U);
}

TEST(TreePlot, NothingLiesOutside) {
  const std::string svg = draw_tree(sample(), "tea", {});
  std::smatch box;
  ASSERT_TRUE(std::regex_search(svg, box, std::regex("viewBox=\"0 0 ([0-9.]+) ([0-9.]+)\"")));
  const std::regex place("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\"");
  for (auto at = std::sregex_iterator(svg.begin(), svg.end(), place); at != std::sregex_iterator(); ++at) {
    EXPECT_LT(std::stod((*at)[1]), std::stod(box[1]) - 60);
    EXPECT_LT(std::stod((*at)[2]), std::stod(box[2]));
  }
}

}  // namespace
}  // namespace sinan::demand

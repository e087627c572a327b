// Trees laid out for asking many rows at once: what LightGBM predicts, bit for bit, in a fraction of its time for the rows of one series.
//
// The rows of a series ahead of one origin are alike in nearly all columns, so they go down a tree together and part only where a split
// lies between them. LightGBM asks all trees for one row after the other, and prepares each call anew.
#pragma once

#include "intelligence/learning/boosting.hpp"

namespace sinan::learning {

// Const after reading; several threads may ask at once.
class FlatTrees {
 public:
  // A model's text; kCorrupt when it cannot be read.
  static Result<FlatTrees> read(std::string_view model);

  // `cells`: rows × width, which is the model's; one value per row into `out`.
  void predict(std::span<const float> cells, std::size_t width, std::span<double> out) const;
  // How many trees the raw score is the mean of; 1: it is their sum.
  double averaged() const { return average_ ? static_cast<double>(roots_.size()) : 1; }

 private:
  // A row goes left where its cell is `threshold` or less, or missing and `missing_left`; or where its code is one of `codes`.
  struct Node {
    float threshold = 0;
    std::int32_t column = -1;  // −1: a leaf
    std::int32_t left = 0, right = 0;
    bool missing_left = false;
    std::int32_t codes = -1;  // −1: not by category
    double value = 0;         // of a leaf
  };
  class Block;

  void add(const std::vector<TreeNode>& tree);
  void descend(std::size_t root, const Block& block, std::span<double> sums) const;
  // Of the rows of `some`, those that go left.
  std::uint64_t left_of(const Node& node, const Block& block, std::uint64_t some) const;

  std::vector<Node> nodes_;
  std::vector<std::vector<bool>> codes_;  // whether each code goes left
  std::vector<std::size_t> roots_;
  bool average_ = false;      // of a forest
  bool exponential_ = false;  // the way from the raw score
};

}  // namespace sinan::learning

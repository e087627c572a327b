// Trees laid out for asking: what LightGBM predicts, bit for bit, in a fraction of its time for the few rows of a series.
//
// LightGBM asks tree after tree for one row, and prepares each call anew. Here the nodes of all trees lie in one array, and several rows go
// down a tree together, so that the processor need not wait for one of them.
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

 private:
  // A row goes left where its cell is `threshold` or less, or missing and `missing_left`; a leaf leads to itself.
  struct Node {
    float threshold = 0;
    std::uint32_t column : 30 = 0;
    std::uint32_t missing_left : 1 = 0;
    std::uint32_t by_category : 1 = 0;  // then left where `codes` of its place say so
    std::int32_t left = 0, right = 0;
  };

  void add(const std::vector<TreeNode>& tree);
  std::size_t next(std::size_t at, const float* row) const;

  std::vector<Node> nodes_;
  std::vector<double> values_;            // of the nodes that are leaves
  std::vector<std::vector<bool>> codes_;  // of the nodes that ask for a category: whether each goes left
  std::vector<std::size_t> roots_;
  bool average_ = false;      // of a forest
  bool exponential_ = false;  // the way from the raw score
};

}  // namespace sinan::learning

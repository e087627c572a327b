// A model of trees as LightGBM writes it.
#pragma once

#include "intelligence/learning/boosting.hpp"

namespace sinan::learning {

struct ModelText {
  std::vector<std::vector<TreeNode>> trees;
  bool average = false;      // the raw score is the mean of the trees, not their sum
  bool exponential = false;  // what is predicted is e to the power of the raw score, not the score itself
};

// kCorrupt: it cannot be read.
Result<ModelText> read_model(std::string_view model);

}  // namespace sinan::learning

// A tree as LightGBM writes it.
#pragma once

#include "intelligence/learning/boosting.hpp"

namespace sinan::learning {

// Tree t of a model's text; kInvalidInput: there is none; kCorrupt: it cannot be read.
Result<std::vector<TreeNode>> read_tree(std::string_view model, std::size_t t);

}  // namespace sinan::learning

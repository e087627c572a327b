#include "intelligence/learning/flat_trees.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "intelligence/learning/tree_text.hpp"

namespace sinan::learning {
namespace {

constexpr std::size_t kTogether = 8;  // rows that go down a tree

// The largest single that is not above; a single cell is at or below one where it is at or below the other.
float rounded_down(double threshold) {
  const auto near = static_cast<float>(threshold);
  return static_cast<double>(near) > threshold ? std::nextafter(near, -std::numeric_limits<float>::infinity()) : near;
}

}  // namespace

Result<FlatTrees> FlatTrees::read(std::string_view model) {
  FlatTrees out;
  SINAN_TRY(const ModelText text, read_model(model));
  out.average_ = text.average;
  out.exponential_ = text.exponential;
  for (const std::vector<TreeNode>& tree : text.trees) out.add(tree);
  return out;
}

void FlatTrees::add(const std::vector<TreeNode>& tree) {
  const std::size_t root = nodes_.size();
  roots_.push_back(root);
  for (const TreeNode& from : tree) {
    const std::size_t at = nodes_.size();
    Node& node = nodes_.emplace_back();
    values_.push_back(from.value);
    codes_.emplace_back();
    if (from.column < 0) {
      node.left = node.right = static_cast<std::int32_t>(at);
      continue;
    }
    node.column = static_cast<std::uint32_t>(from.column);
    node.threshold = rounded_down(from.threshold);
    node.missing_left = from.missing_left;
    node.left = static_cast<std::int32_t>(root) + from.left;
    node.right = static_cast<std::int32_t>(root) + from.right;
    node.by_category = from.by_category;
    for (int code : from.categories) {
      codes_[at].resize(std::max(codes_[at].size(), static_cast<std::size_t>(code) + 1));
      codes_[at][static_cast<std::size_t>(code)] = true;
    }
  }
}

std::size_t FlatTrees::next(std::size_t at, const float* row) const {
  const Node& node = nodes_[at];
  const float x = row[node.column];
  bool left = (x <= node.threshold) | (std::isnan(x) & (node.missing_left != 0));
  if (node.by_category) {
    const std::vector<bool>& codes = codes_[at];
    left = x >= 0 && x < static_cast<float>(codes.size()) && codes[static_cast<std::size_t>(x)];
  }
  return static_cast<std::size_t>(left ? node.left : node.right);
}

void FlatTrees::predict(std::span<const float> cells, std::size_t width, std::span<double> out) const {
  std::array<std::size_t, kTogether> at{};
  for (std::size_t first = 0; first < out.size(); first += kTogether) {
    const std::size_t rows = std::min(kTogether, out.size() - first);
    const std::span<double> sums = out.subspan(first, rows);
    std::ranges::fill(sums, 0.0);
    for (std::size_t root : roots_) {
      at.fill(root);
      for (bool moved = true; moved;) {
        moved = false;
        for (std::size_t k = 0; k < rows; ++k) {
          const std::size_t then = next(at[k], cells.data() + (first + k) * width);
          moved |= then != at[k];
          at[k] = then;
        }
      }
      for (std::size_t k = 0; k < rows; ++k) sums[k] += values_[at[k]];
    }
    if (average_)
      for (double& sum : sums) sum /= static_cast<double>(roots_.size());
    if (exponential_)
      for (double& sum : sums) sum = std::exp(sum);
  }
}

}  // namespace sinan::learning
